#include "fake.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
  MAX_GRANTS = 64,
  MAX_SOCKETS = 256,
  MAX_ROWS = 4096,
  FIRST_SOCKET = 1000,
  ACQUIRE = 0x64,
  RELEASE = 0x65,
  ASSOCIATE = 0x66
};

struct grant {
  int protocol;
  USHORT start;
  USHORT count;
  uint64_t token;
  SOCKET owner; /* 0: persistent, or of another process */
  bool is_ours;
  bool is_persistent;
};

struct fake_socket {
  int type; /* 0: closed */
  int protocol;
};

struct row {
  int protocol;
  int family;
  USHORT port;
  DWORD pid;
};

struct fake fake;
static struct grant grants[MAX_GRANTS];
static int grant_count;
static struct fake_socket sockets[MAX_SOCKETS];
static struct row rows[MAX_ROWS];
static int row_count;
static uint64_t next_token;
static int allocations_until_failure;

int fake_WSAIoctl(SOCKET s,
                  DWORD code,
                  LPVOID in,
                  DWORD in_size,
                  LPVOID out,
                  DWORD out_size,
                  LPDWORD written,
                  LPWSAOVERLAPPED overlapped,
                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int fake_getsockopt(
    SOCKET s, int level, int option, char* value, int* value_len);
SOCKET fake_socket(int family, int type, int protocol);
HMODULE fake_LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags);
FARPROC fake_GetProcAddress(HMODULE library, LPCSTR name);
BOOL fake_FreeLibrary(HMODULE library);
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __wrap_malloc(size_t size);
void* __wrap_calloc(size_t count, size_t size);

void fake_reset(void) {
  memset(&fake, 0, sizeof fake);
  memset(sockets, 0, sizeof sockets);
  grant_count = 0;
  row_count = 0;
  next_token = 0x8877665544332211;
  allocations_until_failure = 0;
  SetEnvironmentVariableA("PORTRES_SCOPE", NULL);
}

/* Memory */

void fake_fail_allocation(int nth) {
  allocations_until_failure = nth;
}

static bool is_allowed(void) {
  return allocations_until_failure == 0 || --allocations_until_failure != 0;
}

void* __wrap_malloc(size_t size) {
  return is_allowed() ? __real_malloc(size) : NULL;
}

void* __wrap_calloc(size_t count, size_t size) {
  return is_allowed() ? __real_calloc(count, size) : NULL;
}

/* Sockets */

SOCKET fake_open(int type, int protocol) {
  for (int i = 0; i < MAX_SOCKETS; i++) {
    if (sockets[i].type == 0) {
      sockets[i].type = type;
      sockets[i].protocol = protocol;
      fake.open_sockets++;
      return (SOCKET)FIRST_SOCKET + (SOCKET)i;
    }
  }
  abort();
}

static struct fake_socket* find_socket(SOCKET s) {
  if (s < FIRST_SOCKET || s >= FIRST_SOCKET + MAX_SOCKETS ||
      sockets[s - FIRST_SOCKET].type == 0) {
    return NULL;
  }
  return &sockets[s - FIRST_SOCKET];
}

static int fail(DWORD code) {
  SetLastError(code);
  return SOCKET_ERROR;
}

SOCKET fake_socket(int family, int type, int protocol) {
  fake.misuses += family != AF_INET;
  fake.counts[FAKE_SOCKET]++;
  if (fake.errors[FAKE_SOCKET]) {
    SetLastError(fake.errors[FAKE_SOCKET]);
    return INVALID_SOCKET;
  }
  return fake_open(type, protocol);
}

int fake_getsockopt(
    SOCKET s, int level, int option, char* value, int* value_len) {
  const struct fake_socket* found = find_socket(s);
  WSAPROTOCOL_INFOW info = {0};
  fake.counts[FAKE_GETSOCKOPT]++;
  fake.misuses += level != SOL_SOCKET || option != SO_PROTOCOL_INFOW ||
                  *value_len != sizeof info;
  if (fake.errors[FAKE_GETSOCKOPT]) {
    return fail(fake.errors[FAKE_GETSOCKOPT]);
  }
  if (!found) {
    return fail(WSAENOTSOCK);
  }
  info.iAddressFamily = AF_INET;
  info.iSocketType = found->type;
  info.iProtocol = found->protocol;
  memcpy(value, &info, sizeof info);
  return 0;
}

/* Reservations */

static struct grant* add_grant(int protocol, USHORT start, USHORT count) {
  struct grant* grant = &grants[grant_count++];
  if (grant_count > MAX_GRANTS) {
    abort();
  }
  memset(grant, 0, sizeof *grant);
  grant->protocol = protocol;
  grant->start = start;
  grant->count = count;
  grant->token = next_token;
  next_token += 0x0101010101010101;
  return grant;
}

static void remove_grant(struct grant* grant) {
  *grant = grants[--grant_count];
}

int fake_closesocket(SOCKET s) {
  struct fake_socket* found = find_socket(s);
  if (!found) {
    fake.misuses++;
    return fail(WSAENOTSOCK);
  }
  for (int i = grant_count - 1; i >= 0; i--) {
    if (grants[i].owner == s) {
      remove_grant(&grants[i]);
    }
  }
  found->type = 0;
  fake.open_sockets--;
  return 0;
}

static bool is_taken(int protocol, unsigned start, unsigned count) {
  for (int i = 0; i < grant_count; i++) {
    if (grants[i].protocol == protocol &&
        start < (unsigned)grants[i].start + grants[i].count &&
        grants[i].start < start + count) {
      return true;
    }
  }
  return false;
}

static unsigned first_fit(int protocol, unsigned count) {
  for (unsigned start = 49152; start + count - 1 <= 65535; start++) {
    if (!is_taken(protocol, start, count)) {
      return start;
    }
  }
  return 0;
}

static struct grant* find_token(int protocol, uint64_t token) {
  for (int i = 0; i < grant_count; i++) {
    if (grants[i].protocol == protocol && grants[i].token == token) {
      return &grants[i];
    }
  }
  return NULL;
}

void fake_reserve(int protocol, USHORT start, USHORT count) {
  add_grant(protocol, start, count);
}

void fake_restart(void) {
  for (int i = 0; i < grant_count; i++) {
    if (grants[i].is_persistent) {
      grants[i].token ^= 1;
    }
  }
}

/* Control codes */

/* By bytes: the start big-endian, the count little-endian, four bytes that
 * nobody sets, the token little-endian. */
static void write_instance(unsigned char* out, const struct grant* grant) {
  USHORT count = fake.gives_count ? fake.gives_count : grant->count;
  out[0] = (unsigned char)(grant->start >> 8);
  out[1] = (unsigned char)grant->start;
  out[2] = (unsigned char)count;
  out[3] = (unsigned char)(count >> 8);
  memset(out + 4, 0xcc, 4);
  for (int i = 0; i < 8; i++) {
    uint64_t token = fake.gives_no_token ? 0 : grant->token;
    out[8 + i] = (unsigned char)(token >> (8 * i));
  }
}

static int ioctl_acquire(SOCKET s,
                         const unsigned char* in,
                         DWORD in_size,
                         unsigned char* out,
                         DWORD out_size,
                         LPDWORD written) {
  int protocol = find_socket(s)->protocol;
  unsigned start = in_size == 4 ? in[0] << 8 | in[1] : 0;
  unsigned count = in_size == 4 ? in[3] << 8 | in[2] : 0;
  bool is_wildcard = start == 0;
  if (in_size != 4 || out_size != 16 || !out) {
    fake.misuses++;
    return fail(WSAEINVAL);
  }
  start = is_wildcard ? first_fit(protocol, count) : start;
  if (start == 0) {
    return fail(WSAENOBUFS);
  }
  if (!is_wildcard && is_taken(protocol, start, count)) {
    return fail(WSAEADDRINUSE);
  }
  struct grant* grant = add_grant(protocol, (USHORT)start, (USHORT)count);
  grant->owner = s;
  grant->is_ours = true;
  write_instance(out, grant);
  *written = 16;
  return 0;
}

static int ioctl_token(SOCKET s,
                       DWORD code,
                       const unsigned char* in,
                       DWORD in_size,
                       const void* out,
                       DWORD out_size) {
  uint64_t token = 0;
  if (in_size != 8 || out || out_size) {
    fake.misuses++;
    return fail(WSAEINVAL);
  }
  for (int i = 0; i < 8; i++) {
    token |= (uint64_t)in[i] << (8 * i);
  }
  struct grant* grant = find_token(find_socket(s)->protocol, token);
  if (!grant || !grant->is_ours ||
      (grant->is_persistent && (code & 0xff) == RELEASE)) {
    return fail(WSAEINVAL);
  }
  if ((code & 0xff) == RELEASE) {
    remove_grant(grant);
  }
  return 0;
}

static enum fake_call call_of(DWORD code) {
  if ((code & 0xff) == ACQUIRE) {
    return FAKE_ACQUIRE;
  }
  return (code & 0xff) == ASSOCIATE ? FAKE_ASSOCIATE : FAKE_RELEASE;
}

/* NOLINTNEXTLINE(readability-function-size): it is Windows' signature. */
int fake_WSAIoctl(SOCKET s,
                  DWORD code,
                  LPVOID in,
                  DWORD in_size,
                  LPVOID out,
                  DWORD out_size,
                  LPDWORD written,
                  LPWSAOVERLAPPED overlapped,
                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
  enum fake_call call = call_of(code);
  fake.counts[call]++;
  fake.last_code = code;
  fake.misuses += code >> 8 != 0x980000 || overlapped || routine || !in;
  memset(fake.last_in, 0, sizeof fake.last_in);
  memcpy(fake.last_in, in, in_size < 8 ? in_size : 8);
  if (!written) {
    fake.misuses++;
    return fail(WSAEFAULT);
  }
  *written = 0;
  if (fake.errors[call]) {
    return fail(fake.errors[call]);
  }
  if (!find_socket(s)) {
    return fail(WSAENOTSOCK);
  }
  return call == FAKE_ACQUIRE
             ? ioctl_acquire(s, in, in_size, out, out_size, written)
             : ioctl_token(s, code, in, in_size, out, out_size);
}

/* iphlpapi.dll */

static USHORT swap(USHORT value) {
  return (USHORT)(value << 8 | value >> 8);
}

static ULONG start_call(enum fake_call call,
                        const char* function,
                        USHORT start_be) {
  fake.counts[call]++;
  fake.last_start_be = start_be;
  fake.last_function = function;
  return fake.errors[call];
}

static struct grant* find_persistent(int protocol, USHORT start, USHORT count) {
  for (int i = 0; i < grant_count; i++) {
    if (grants[i].is_persistent && grants[i].protocol == protocol &&
        grants[i].start == start && grants[i].count == count) {
      return &grants[i];
    }
  }
  return NULL;
}

static ULONG create(int protocol, USHORT start, USHORT count, PULONG64 token) {
  if (is_taken(protocol, start, count)) {
    return ERROR_SHARING_VIOLATION;
  }
  struct grant* grant = add_grant(protocol, start, count);
  grant->is_persistent = true;
  grant->is_ours = true;
  *token = grant->token;
  return NO_ERROR;
}

static ULONG erase(int protocol, USHORT start, USHORT count) {
  struct grant* grant = find_persistent(protocol, start, count);
  if (!grant) {
    return ERROR_NOT_FOUND;
  }
  remove_grant(grant);
  return NO_ERROR;
}

static ULONG lookup(int protocol, USHORT start, USHORT count, PULONG64 token) {
  const struct grant* grant = find_persistent(protocol, start, count);
  if (!grant) {
    return ERROR_NOT_FOUND;
  }
  *token = grant->token;
  return NO_ERROR;
}

static ULONG WINAPI create_tcp(USHORT start, USHORT count, PULONG64 token) {
  ULONG error = start_call(FAKE_CREATE, "create tcp", start);
  return error ? error : create(IPPROTO_TCP, swap(start), count, token);
}

static ULONG WINAPI create_udp(USHORT start, USHORT count, PULONG64 token) {
  ULONG error = start_call(FAKE_CREATE, "create udp", start);
  return error ? error : create(IPPROTO_UDP, swap(start), count, token);
}

static ULONG WINAPI delete_tcp(USHORT start, USHORT count) {
  ULONG error = start_call(FAKE_DELETE, "delete tcp", start);
  return error ? error : erase(IPPROTO_TCP, swap(start), count);
}

static ULONG WINAPI delete_udp(USHORT start, USHORT count) {
  ULONG error = start_call(FAKE_DELETE, "delete udp", start);
  return error ? error : erase(IPPROTO_UDP, swap(start), count);
}

static ULONG WINAPI lookup_tcp(USHORT start, USHORT count, PULONG64 token) {
  ULONG error = start_call(FAKE_LOOKUP, "lookup tcp", start);
  return error ? error : lookup(IPPROTO_TCP, swap(start), count, token);
}

static ULONG WINAPI lookup_udp(USHORT start, USHORT count, PULONG64 token) {
  ULONG error = start_call(FAKE_LOOKUP, "lookup udp", start);
  return error ? error : lookup(IPPROTO_UDP, swap(start), count, token);
}

/* Tables of ports */

void fake_bind(int protocol, int family, USHORT port, DWORD pid) {
  if (row_count == MAX_ROWS) {
    abort();
  }
  rows[row_count++] = (struct row){protocol, family, port, pid};
}

/* Of the documents: how long a row is, and where port and process lie. */
struct offsets {
  int protocol;
  int family;
  DWORD size;
  DWORD port;
  DWORD pid;
};

static const struct offsets layouts[] = {{IPPROTO_TCP, AF_INET, 24, 8, 20},
                                         {IPPROTO_TCP, AF_INET6, 56, 20, 52},
                                         {IPPROTO_UDP, AF_INET, 12, 4, 8},
                                         {IPPROTO_UDP, AF_INET6, 28, 20, 24}};

static const struct offsets* find_layout(int protocol, int family) {
  for (int i = 0; i < 4; i++) {
    if (layouts[i].protocol == protocol && layouts[i].family == family) {
      return &layouts[i];
    }
  }
  fake.misuses++;
  return &layouts[0];
}

static DWORD fill_table(unsigned char* table, const struct offsets* layout) {
  DWORD count = 0;
  for (int i = 0; i < row_count; i++) {
    if (rows[i].protocol != layout->protocol ||
        rows[i].family != layout->family) {
      continue;
    }
    if (table) {
      unsigned char* row = table + 4 + (size_t)count * layout->size;
      DWORD port_be = swap(rows[i].port);
      memset(row, 0xee, layout->size);
      memcpy(row + layout->port, &port_be, 4);
      memcpy(row + layout->pid, &rows[i].pid, 4);
    }
    count++;
  }
  if (table) {
    memcpy(table, &count, 4);
  }
  return 4 + count * layout->size;
}

static DWORD get_table(
    PVOID table, PDWORD size, int protocol, ULONG family, ULONG reserved) {
  const struct offsets* layout = find_layout(protocol, (int)family);
  DWORD wanted = fill_table(NULL, layout);
  fake.misuses += reserved != 0;
  fake.counts[FAKE_TABLE]++;
  if (fake.errors[FAKE_TABLE]) {
    return fake.errors[FAKE_TABLE];
  }
  if (fake.growing_tables > 0) {
    fake.growing_tables--;
    *size += 100;
    return ERROR_INSUFFICIENT_BUFFER;
  }
  if (wanted > *size) {
    *size = wanted;
    return ERROR_INSUFFICIENT_BUFFER;
  }
  fill_table(table, layout);
  return NO_ERROR;
}

static DWORD WINAPI tcp_table(PVOID table,
                              PDWORD size,
                              BOOL is_sorted,
                              ULONG family,
                              int class_of_table,
                              ULONG reserved) {
  (void)is_sorted;
  fake.misuses += class_of_table != 5;
  return get_table(table, size, IPPROTO_TCP, family, reserved);
}

static DWORD WINAPI udp_table(PVOID table,
                              PDWORD size,
                              BOOL is_sorted,
                              ULONG family,
                              int class_of_table,
                              ULONG reserved) {
  (void)is_sorted;
  fake.misuses += class_of_table != 1;
  return get_table(table, size, IPPROTO_UDP, family, reserved);
}

typedef void (*any_function)(void);

static const struct {
  const char* name;
  any_function function;
} exports[] = {
    {"CreatePersistentTcpPortReservation", (any_function)create_tcp},
    {"CreatePersistentUdpPortReservation", (any_function)create_udp},
    {"DeletePersistentTcpPortReservation", (any_function)delete_tcp},
    {"DeletePersistentUdpPortReservation", (any_function)delete_udp},
    {"LookupPersistentTcpPortReservation", (any_function)lookup_tcp},
    {"LookupPersistentUdpPortReservation", (any_function)lookup_udp},
    {"GetExtendedTcpTable", (any_function)tcp_table},
    {"GetExtendedUdpTable", (any_function)udp_table},
};

/* The library's handle is any address of ours. */
HMODULE fake_LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags) {
  fake.misuses += wcscmp(name, L"iphlpapi.dll") != 0 || file ||
                  flags != LOAD_LIBRARY_SEARCH_SYSTEM32;
  if (fake.has_no_library) {
    SetLastError(ERROR_MOD_NOT_FOUND);
    return NULL;
  }
  fake.open_libraries++;
  return (HMODULE)(void*)&fake;
}

FARPROC fake_GetProcAddress(HMODULE library, LPCSTR name) {
  bool is_missing = fake.missing && (strcmp(fake.missing, "*") == 0 ||
                                     strcmp(fake.missing, name) == 0);
  fake.misuses += (void*)library != (void*)&fake;
  for (size_t i = 0; i < sizeof exports / sizeof exports[0]; i++) {
    if (!is_missing && strcmp(exports[i].name, name) == 0) {
      return (FARPROC)exports[i].function;
    }
  }
  SetLastError(ERROR_PROC_NOT_FOUND);
  return NULL;
}

BOOL fake_FreeLibrary(HMODULE library) {
  fake.misuses += (void*)library != (void*)&fake;
  fake.open_libraries--;
  return TRUE;
}
