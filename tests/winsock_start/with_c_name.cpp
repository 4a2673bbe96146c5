#include "shapes.h"

extern "C" int wmain(int argc, wchar_t* argv[]) {
  return say(L"extern C", argc > 1 ? argv[1] : L"none");
}
