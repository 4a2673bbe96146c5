#include <time.h>

#include "portres_ws/winbase.h"

enum { PER_SECOND = 1000000000, PER_MILLISECOND = 1000000 };

static long long now(void) {
  struct timespec time;

  clock_gettime(CLOCK_MONOTONIC, &time);
  return (long long)time.tv_sec * PER_SECOND + time.tv_nsec;
}

ULONGLONG GetTickCount64(void) {
  return (ULONGLONG)(now() / PER_MILLISECOND);
}

DWORD GetTickCount(void) {
  return (DWORD)GetTickCount64();
}

BOOL QueryPerformanceCounter(LARGE_INTEGER* lpCount) {
  lpCount->QuadPart = now();
  return TRUE;
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER* lpFrequency) {
  lpFrequency->QuadPart = PER_SECOND;
  return TRUE;
}
