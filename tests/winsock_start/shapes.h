/* What each program of this folder does: say which wmain it is, and what it was
 * given. */
#include <windows.h>

#include <stdio.h>
#include <wchar.h>

static inline int say(const wchar_t* shape, const wchar_t* argument) {
  wprintf(L"%s: %s %u\n", shape, argument, (unsigned)wcslen(argument));
  return 3;
}
