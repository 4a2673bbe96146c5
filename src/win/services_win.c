/* services_win.c - part 3 of platform.h. */
#define _CRT_RAND_S /* has stdlib.h declare rand_s() */

#include <winsock2.h>
/* These want the other first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "platform.h"

static SRWLOCK acquire_lock = SRWLOCK_INIT;
static SRWLOCK engine_lock = SRWLOCK_INIT;

void portres__platform_lock_acquire(void) {
  AcquireSRWLockExclusive(&acquire_lock);
}

void portres__platform_unlock_acquire(void) {
  ReleaseSRWLockExclusive(&acquire_lock);
}

void portres__platform_lock_engine(void) {
  AcquireSRWLockExclusive(&engine_lock);
}

void portres__platform_unlock_engine(void) {
  ReleaseSRWLockExclusive(&engine_lock);
}

/* WSAGetLastError() is GetLastError(), and both are what errno is elsewhere.
 * There are no signals and no cancellation to keep away. */
struct portres__platform_entry portres__platform_enter(void) {
  struct portres__platform_entry entry = {0, 0, {0}};

  entry.saved_errno = errno;
  entry.saved_signals[0] = GetLastError();
  return entry;
}

void portres__platform_leave(struct portres__platform_entry entry) {
  SetLastError((DWORD)entry.saved_signals[0]);
  errno = entry.saved_errno;
}

/* Nothing interrupts it. */
int portres__platform_pause(const struct portres__platform_entry* entry,
                            uint32_t duration_ms) {
  (void)entry;
  Sleep(duration_ms);
  return PORTRES_OK;
}

uint64_t portres__platform_now_ms(void) {
  return GetTickCount64();
}

/* What Windows does is wider than each of them. */
static volatile int chosen_scope; /* a word: read and written at once */

void portres__platform_choose_scope(enum portres_scope scope) {
  chosen_scope = (int)scope;
}

int portres__platform_default_scope(enum portres_scope* out) {
  char value[16] = "";
  DWORD value_len =
      GetEnvironmentVariableA("PORTRES_SCOPE", value, (DWORD)sizeof value);

  *out = (enum portres_scope)chosen_scope;
  if (*out != PORTRES_SCOPE_DEFAULT) {
    return PORTRES_OK;
  }
  *out = strcmp(value, "process") == 0  ? PORTRES_SCOPE_PROCESS
         : strcmp(value, "shared") == 0 ? PORTRES_SCOPE_SHARED
                                        : PORTRES_SCOPE_MACHINE;
  return value_len == 0 || *out != PORTRES_SCOPE_MACHINE ||
                 strcmp(value, "machine") == 0
             ? PORTRES_OK
             : PORTRES_EOPNOTSUPP;
}

bool portres__platform_random(void* out, size_t out_len) {
  unsigned char* at = out;
  unsigned value = 0;

  for (size_t i = 0; i < out_len; i++) {
    if (rand_s(&value) != 0) {
      return false;
    }
    at[i] = (unsigned char)value;
  }
  return true;
}

uint32_t portres__platform_pid(void) {
  return GetCurrentProcessId();
}
