/* winsock2.h - as much of Windows as src/win asks for, on another system, so
 * that it can be run there under sanitizers. The mingw build of the same
 * sources checks what is said here.
 */
#ifndef PORTRES_TESTS_SHIM_WINSOCK2_H
#define PORTRES_TESTS_SHIM_WINSOCK2_H

#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <wchar.h>

#define WINAPI
#define WSAAPI

typedef uint8_t UCHAR;
typedef uint16_t USHORT;
typedef uint32_t DWORD;
typedef uint32_t ULONG;
typedef unsigned long long ULONG64;
typedef int BOOL;
typedef void* PVOID;
typedef void* HANDLE;
typedef void* HMODULE;
typedef void* LPVOID;
typedef DWORD* PDWORD;
typedef DWORD* LPDWORD;
typedef ULONG64* PULONG64;
typedef const char* LPCSTR;
typedef char* LPSTR;
typedef const wchar_t* LPCWSTR;
typedef uintptr_t SOCKET;
typedef void* LPWSAOVERLAPPED;
typedef void* LPWSAOVERLAPPED_COMPLETION_ROUTINE;
typedef int (*FARPROC)(void);

#define FALSE 0
#define TRUE 1
#define INVALID_SOCKET (~(SOCKET)0)
#define SOCKET_ERROR (-1)
#define SO_PROTOCOL_INFOW 0x2005

typedef struct {
  int iAddressFamily;
  int iSocketType;
  int iProtocol;
  char other_members[360];
} WSAPROTOCOL_INFOW;

enum {
  NO_ERROR = 0,
  ERROR_ACCESS_DENIED = 5,
  ERROR_INVALID_HANDLE = 6,
  ERROR_NOT_ENOUGH_MEMORY = 8,
  ERROR_OUTOFMEMORY = 14,
  ERROR_SHARING_VIOLATION = 32,
  ERROR_NOT_SUPPORTED = 50,
  ERROR_INVALID_PARAMETER = 87,
  ERROR_DISK_FULL = 112,
  ERROR_CALL_NOT_IMPLEMENTED = 120,
  ERROR_INSUFFICIENT_BUFFER = 122,
  ERROR_MOD_NOT_FOUND = 126,
  ERROR_PROC_NOT_FOUND = 127,
  ERROR_OPERATION_ABORTED = 995,
  ERROR_IO_INCOMPLETE = 996,
  ERROR_IO_PENDING = 997,
  ERROR_NOACCESS = 998,
  ERROR_NOT_FOUND = 1168,
  ERROR_PRIVILEGE_NOT_HELD = 1314,
  ERROR_FILE_CORRUPT = 1392,
  ERROR_NO_SYSTEM_RESOURCES = 1450,
  WSAEINTR = 10004,
  WSAEACCES = 10013,
  WSAEFAULT = 10014,
  WSAEINVAL = 10022,
  WSAEMFILE = 10024,
  WSAEINPROGRESS = 10036,
  WSAENOTSOCK = 10038,
  WSAEOPNOTSUPP = 10045,
  WSAEADDRINUSE = 10048,
  WSAEADDRNOTAVAIL = 10049,
  WSAENETDOWN = 10050,
  WSAENOBUFS = 10055,
  WSANOTINITIALISED = 10093
};

typedef pthread_mutex_t SRWLOCK;
#define SRWLOCK_INIT PTHREAD_MUTEX_INITIALIZER
#define AcquireSRWLockExclusive(lock) ((void)pthread_mutex_lock(lock))
#define ReleaseSRWLockExclusive(lock) ((void)pthread_mutex_unlock(lock))

#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x800

/* The fakes of fake.c, and the rest of shim.c. */
#define WSAIoctl fake_WSAIoctl
#define getsockopt fake_getsockopt
#define socket fake_socket
#define closesocket fake_closesocket
#define LoadLibraryExW fake_LoadLibraryExW
#define GetProcAddress fake_GetProcAddress
#define FreeLibrary fake_FreeLibrary

int WSAIoctl(SOCKET s,
             DWORD code,
             LPVOID in,
             DWORD in_size,
             LPVOID out,
             DWORD out_size,
             LPDWORD written,
             LPWSAOVERLAPPED overlapped,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int getsockopt(SOCKET s, int level, int option, char* value, int* value_len);
SOCKET socket(int family, int type, int protocol);
int closesocket(SOCKET s);
HMODULE LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags);
FARPROC GetProcAddress(HMODULE library, LPCSTR name);
BOOL FreeLibrary(HMODULE library);

DWORD GetLastError(void);
void SetLastError(DWORD code);
int WSAGetLastError(void);
DWORD GetCurrentProcessId(void);
ULONG64 GetTickCount64(void);
void Sleep(DWORD duration_ms);
DWORD GetEnvironmentVariableA(LPCSTR name, LPSTR value, DWORD value_size);
BOOL SetEnvironmentVariableA(LPCSTR name, LPCSTR value);
int rand_s(unsigned* out);

#endif
