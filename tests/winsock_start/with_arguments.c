#include "shapes.h"

int wmain(int argc, wchar_t** argv) {
  return say(L"arguments", argc > 1 ? argv[1] : L"none");
}
