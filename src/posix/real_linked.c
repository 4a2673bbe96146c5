/* real_linked.c - the static library: the linker's --wrap names libc's calls
 * __real_*; and the build without hooks, where they have their plain names. */
#include "libc_posix.h"
#include "real_posix.h"

#define DECLARE(result, name, parameters)                            \
  PORTRES__IF_##name(extern result linked_##name parameters __asm__( \
                         PORTRES_REAL_PREFIX PORTRES__SYMBOL_##name);)
#define MEMBER(result, name, parameters) \
  PORTRES__IF_##name(.name = linked_##name, )

PORTRES__REAL_CALLS(DECLARE)

struct portres__real_calls portres__real_calls = {PORTRES__REAL_CALLS(MEMBER)};
_Atomic bool portres__real_is_found = true;
_Atomic bool portres__real_bind_is_known = false;

void portres__real_find(void) {
}

/* By this name a program calls it; --wrap makes our hook of it. */
extern int program_bind(int,
                        const struct sockaddr*,
                        socklen_t) __asm__(PORTRES__SYMBOL_bind);

void portres__real_call_program_bind(const struct sockaddr* address) {
  program_bind(-1, address, 0);
}

/* A library that is part of the program is the first. */
bool portres__real_is_second(void) {
  return false;
}
