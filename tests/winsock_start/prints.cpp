// The C library's names in C++: which call is whose, and a structure among the
// arguments as Microsoft's samples pass it.
#include <winsock2.h>

#include <mstcpip.h>

#include <cstdio>
#include <iostream>
#include <string>

struct logger {
  int printf(const char* format) {
    return std::printf("%s", format);
  }
};

int wmain() {
  INET_PORT_RESERVATION_TOKEN token = {0x123456789abcdefULL};
  wchar_t wide[16];
  printf("token %I64d, %ws, %S\n", token, L"wide", L"too");
  wprintf(L"token %I64u, %hs, %s\n", token, "narrow", L"wide");
  wprintf(L"alone\n");
  printf("alone\n");
  std::printf("%zu\n", sizeof token);
  std::wprintf(L"%s\n", L"std");
  logger().printf("member\n");
  std::cout << "stream" << std::endl;
  fprintf(stdout, "%I64x\n", token);
  swprintf_s(wide, L"%s-%d", L"text", 1);
  std::fputws(wide, stdout);
  _putws(L"");
  std::cout << std::to_string(1.5) << std::endl;
  return swprintf(wide, 4, L"%s", L"too long") == -1 ? 0 : 1;
}
