#include "shapes.h"

int wmain(int argc, wchar_t* const argv[]) {
  return say(L"const array", argc > 1 ? argv[1] : L"none");
}
