/* imports.c - in a Windows program, where --wrap has the pointers of imported
 * functions be these. */
#include "fake.h"

int WSAAPI fake_WSAIoctl(SOCKET s,
                         DWORD code,
                         LPVOID in,
                         DWORD in_size,
                         LPVOID out,
                         DWORD out_size,
                         LPDWORD written,
                         LPWSAOVERLAPPED overlapped,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int WSAAPI
fake_getsockopt(SOCKET s, int level, int option, char* value, int* value_len);
SOCKET WSAAPI fake_socket(int family, int type, int protocol);
HMODULE WINAPI fake_LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags);
FARPROC WINAPI fake_GetProcAddress(HMODULE library, LPCSTR name);
WINBOOL WINAPI fake_FreeLibrary(HMODULE library);

#define IMPORT(name) __typeof__(&fake_##name) __wrap___imp_##name = fake_##name

/* The C library looks for functions of its own, too. */
extern __typeof__(&fake_GetProcAddress) __real___imp_GetProcAddress;

static FARPROC WINAPI find_function(HMODULE library, LPCSTR name) {
  return (void*)library == (void*)&fake
             ? fake_GetProcAddress(library, name)
             : __real___imp_GetProcAddress(library, name);
}

__typeof__(&fake_GetProcAddress) __wrap___imp_GetProcAddress = find_function;
IMPORT(WSAIoctl);
IMPORT(getsockopt);
IMPORT(socket);
IMPORT(closesocket);
IMPORT(LoadLibraryExW);
IMPORT(FreeLibrary);
