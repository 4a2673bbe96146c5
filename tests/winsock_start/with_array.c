#include "shapes.h"

int wmain(int argc, WCHAR* argv[], WCHAR* envp[]) {
  return argc > 1 && envp[0] != NULL ? say(L"environment", argv[1]) : 1;
}
