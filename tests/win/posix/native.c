#include "native.h"
#undef socket
#undef accept
#undef bind
#undef connect
#undef listen
#undef getsockname
#undef getpeername
#undef getsockopt
#undef setsockopt
#undef recv
#undef recvfrom
#undef send
#undef sendto
#undef select
#undef shutdown

SOCKET portres_ws_socket(int family, int type, int protocol) {
  return socket(family, type, protocol);
}

SOCKET portres_ws_accept(SOCKET s, struct sockaddr* address, int* address_len) {
  return accept(s, address, address_len);
}

int portres_ws_bind(SOCKET s, const struct sockaddr* address, int address_len) {
  return bind(s, address, address_len);
}

int portres_ws_connect(SOCKET s,
                       const struct sockaddr* address,
                       int address_len) {
  return connect(s, address, address_len);
}

int portres_ws_listen(SOCKET s, int backlog) {
  return listen(s, backlog);
}

int portres_ws_getsockname(SOCKET s, struct sockaddr* name, int* name_len) {
  return getsockname(s, name, name_len);
}

int portres_ws_getpeername(SOCKET s, struct sockaddr* name, int* name_len) {
  return getpeername(s, name, name_len);
}

int portres_ws_getsockopt(
    SOCKET s, int level, int option, char* value, int* value_len) {
  return getsockopt(s, level, option, value, value_len);
}

int portres_ws_setsockopt(
    SOCKET s, int level, int option, const char* value, int value_len) {
  return setsockopt(s, level, option, value, value_len);
}

/* Windows' long has 32 bits, too, and is another type. */
int portres_ws_ioctlsocket(SOCKET s, long code, uint32_t* value) {
  return ioctlsocket(s, code, (u_long*)value);
}

int portres_ws_recv(SOCKET s, char* data, int size, int flags) {
  return recv(s, data, size, flags);
}

int portres_ws_recvfrom(SOCKET s,
                        char* data,
                        int size,
                        int flags,
                        struct sockaddr* from,
                        int* from_len) {
  return recvfrom(s, data, size, flags, from, from_len);
}

int portres_ws_send(SOCKET s, const char* data, int size, int flags) {
  return send(s, data, size, flags);
}

int portres_ws_sendto(SOCKET s,
                      const char* data,
                      int size,
                      int flags,
                      const struct sockaddr* to,
                      int to_len) {
  return sendto(s, data, size, flags, to, to_len);
}

int portres_ws_select(int unused,
                      fd_set* read,
                      fd_set* write,
                      fd_set* except,
                      const struct timeval* timeout) {
  return select(unused, read, write, except, (PTIMEVAL)timeout);
}

int portres_ws_shutdown(SOCKET s, int how) {
  return shutdown(s, how);
}

/* --- iphlpapi.dll --- */

typedef ULONG(WINAPI* with_token)(USHORT start, USHORT count, PULONG64 token);
typedef ULONG(WINAPI* without_token)(USHORT start, USHORT count);

/* The thread's last error is as it was: the functions do not use it. */
static FARPROC find(const char* name) {
  DWORD last_error = GetLastError();
  HMODULE library = LoadLibraryA("iphlpapi.dll");
  FARPROC found = library ? GetProcAddress(library, name) : NULL;
  SetLastError(last_error);
  return found;
}

static ULONG call_with(const char* name,
                       USHORT start,
                       USHORT count,
                       PULONG64 token) {
  with_token call = (with_token)find(name);
  return call ? call(start, count, token) : ERROR_NOT_SUPPORTED;
}

static ULONG call_without(const char* name, USHORT start, USHORT count) {
  without_token call = (without_token)find(name);
  return call ? call(start, count) : ERROR_NOT_SUPPORTED;
}

ULONG WINAPI native_create_tcp(USHORT start, USHORT count, PULONG64 token) {
  return call_with("CreatePersistentTcpPortReservation", start, count, token);
}

ULONG WINAPI native_create_udp(USHORT start, USHORT count, PULONG64 token) {
  return call_with("CreatePersistentUdpPortReservation", start, count, token);
}

ULONG WINAPI native_lookup_tcp(USHORT start, USHORT count, PULONG64 token) {
  return call_with("LookupPersistentTcpPortReservation", start, count, token);
}

ULONG WINAPI native_lookup_udp(USHORT start, USHORT count, PULONG64 token) {
  return call_with("LookupPersistentUdpPortReservation", start, count, token);
}

ULONG WINAPI native_delete_tcp(USHORT start, USHORT count) {
  return call_without("DeletePersistentTcpPortReservation", start, count);
}

ULONG WINAPI native_delete_udp(USHORT start, USHORT count) {
  return call_without("DeletePersistentUdpPortReservation", start, count);
}
