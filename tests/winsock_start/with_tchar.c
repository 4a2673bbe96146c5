#define UNICODE
#define _UNICODE
#include "shapes.h"

#include <tchar.h>

int _tmain(int argc, TCHAR* argv[]) {
  return say(_T("tchar"), argc > 1 ? argv[1] : _T("none"));
}
