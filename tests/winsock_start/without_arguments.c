#include "shapes.h"

int wmain(void) {
  return say(L"nothing", L"none");
}
