/* print_cxx.h - the narrow calls of print.h in C++, and std for the macros.
 *
 * A template's parameters fit better than an ellipsis. The arguments go on by
 * value, so that a small structure is passed as Windows code passes it.
 */
#ifndef PORTRES_WS_PRINT_CXX_H
#define PORTRES_WS_PRINT_CXX_H

extern "C++" {

template <class... A>
inline int printf(const char* format, A... arguments) {
  return portres_ws_printf(format, arguments...);
}

template <class... A>
inline int fprintf(FILE* stream, const char* format, A... arguments) {
  return portres_ws_fprintf(stream, format, arguments...);
}

template <class... A>
inline int sprintf(char* text, const char* format, A... arguments) {
  return portres_ws_sprintf(text, format, arguments...);
}

template <class... A>
inline int snprintf(char* text,
                    size_t count,
                    const char* format,
                    A... arguments) {
  return portres_ws_snprintf(text, count, format, arguments...);
}

template <size_t Count, class... A>
inline int sprintf_s(char (&text)[Count], const char* format, A... arguments) {
  return sprintf_s(static_cast<char*>(text), Count, format, arguments...);
}

template <size_t Count, class... A>
inline int swprintf_s(wchar_t (&text)[Count],
                      const wchar_t* format,
                      A... arguments) {
  return swprintf_s(static_cast<wchar_t*>(text), Count, format, arguments...);
}

namespace std {
using ::portres_ws_fputws;
using ::portres_ws_fwprintf;
using ::portres_ws_swprintf;
using ::portres_ws_vfprintf;
using ::portres_ws_vfwprintf;
using ::portres_ws_vprintf;
using ::portres_ws_vswprintf;
using ::portres_ws_vwprintf;
using ::portres_ws_wprintf;
}  // namespace std

}  // extern "C++"

#endif
