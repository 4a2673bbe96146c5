/* shim.c - the parts of Windows that are no fakes, by what is here instead. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <winsock2.h>

static _Thread_local DWORD last_error;

DWORD GetLastError(void) {
  return last_error;
}

void SetLastError(DWORD code) {
  last_error = code;
}

int WSAGetLastError(void) {
  return (int)last_error;
}

DWORD GetCurrentProcessId(void) {
  return (DWORD)getpid();
}

ULONG64 GetTickCount64(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (ULONG64)now.tv_sec * 1000 + (ULONG64)now.tv_nsec / 1000000;
}

void Sleep(DWORD duration_ms) {
  struct timespec duration = {duration_ms / 1000,
                              (long)(duration_ms % 1000) * 1000000};
  nanosleep(&duration, NULL);
}

DWORD GetEnvironmentVariableA(LPCSTR name, LPSTR value, DWORD value_size) {
  const char* found = getenv(name);
  size_t found_len = found ? strlen(found) : 0;
  if (found_len >= value_size) {
    return (DWORD)found_len + 1;
  }
  if (found) {
    memcpy(value, found, found_len + 1);
  }
  return (DWORD)found_len;
}

BOOL SetEnvironmentVariableA(LPCSTR name, LPCSTR value) {
  return (value ? setenv(name, value, 1) : unsetenv(name)) == 0;
}

int rand_s(unsigned* out) {
  return getrandom(out, sizeof *out, 0) == sizeof *out ? 0 : EINVAL;
}
