/* start.c - main() of a program that has a wmain() instead.
 *
 * In a library of its own, which the linker opens only for a program without
 * a main(). In C++ the name of wmain says what parameters it has, so all the
 * usual ones are asked for; those that the program has not are NULL.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

typedef int start(int argc, wchar_t** argv, wchar_t** envp);

#define WEAK __attribute__((weak, visibility("default")))
extern start in_c __asm__("wmain") WEAK;
extern start in_cxx __asm__("_Z5wmainiPPw") WEAK;
extern start in_cxx_const __asm__("_Z5wmainiPPKw") WEAK;
extern start in_cxx_const_pointers __asm__("_Z5wmainiPKPw") WEAK;
extern start in_cxx_all_const __asm__("_Z5wmainiPKPKw") WEAK;
extern start in_cxx_with_environment __asm__("_Z5wmainiPPwS0_") WEAK;
extern start in_cxx_without_arguments __asm__("_Z5wmainv") WEAK;

static start* find_start(void) {
  start* const starts[] = {in_c,
                           in_cxx,
                           in_cxx_const,
                           in_cxx_const_pointers,
                           in_cxx_all_const,
                           in_cxx_with_environment,
                           in_cxx_without_arguments};

  for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
    if (starts[i] != NULL) {
      return starts[i];
    }
  }
  return NULL;
}

static wchar_t* widen(const char* text) {
  size_t length = strlen(text);
  wchar_t* wide = calloc(length + 1, sizeof *wide);

  if (wide != NULL) {
    portres__ws_text_widen(wide, length, text, length);
  }
  return wide;
}

/* As long as the process: on Windows too they are nobody's to free. Volatile,
 * or they would not be there for whoever looks for leaks. */
static wchar_t** volatile arguments;
static wchar_t** volatile environment;

static wchar_t** widen_all(char** texts) {
  size_t count = 0;
  wchar_t** wide;

  while (texts[count] != NULL) {
    count++;
  }
  wide = calloc(count + 1, sizeof *wide);
  for (size_t i = 0; i < count && wide != NULL; i++) {
    wide[i] = widen(texts[i]);
    if (wide[i] == NULL) {
      free(wide); /* the program ends */
      return NULL;
    }
  }
  return wide;
}

/* The environment's characters, so that the program's own wide output works;
 * numbers and all else stay as in C, where a program on Windows begins. */
int main(int argc, char** argv, char** envp) {
  start* wmain = find_start();

  setlocale(LC_CTYPE, "");
  arguments = widen_all(argv);
  environment = widen_all(envp);
  if (wmain == NULL || arguments == NULL || environment == NULL) {
    abort();
  }
  return wmain(argc, arguments, environment);
}
