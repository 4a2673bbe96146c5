/* A main() of its own, and a wmain() that nobody calls. */
#include "shapes.h"

int wmain(int argc, wchar_t** argv) {
  return say(L"wmain", argc > 1 ? argv[1] : L"none");
}

int main(void) {
  return say(L"main", L"none");
}
