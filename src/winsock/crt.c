#include "portres_ws/crt.h"

#include <errno.h>
#include <limits.h>

/* A number out of range is no error of ours: errno stays, as in atoi. */
long long _wtoi64(const wchar_t* text) {
  int error = errno;
  long long value = wcstoll(text, NULL, 10);

  errno = error;
  return value;
}

int _wtoi(const wchar_t* text) {
  long long value = _wtoi64(text);

  if (value > INT_MAX) {
    return INT_MAX;
  }
  return value < INT_MIN ? INT_MIN : (int)value;
}

LONG _wtol(const wchar_t* text) {
  return _wtoi(text);
}

int _wcsicmp(const wchar_t* left, const wchar_t* right) {
  return wcscasecmp(left, right);
}

int _wcsnicmp(const wchar_t* left, const wchar_t* right, size_t count) {
  return wcsncasecmp(left, right, count);
}

wchar_t* _wcsdup(const wchar_t* text) {
  return wcsdup(text);
}
