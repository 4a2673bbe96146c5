#include "shapes.h"

int wmain(int argc, const wchar_t* argv[]) {
  return say(L"const", argc > 1 ? argv[1] : L"none");
}
