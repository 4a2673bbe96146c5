/* random_linux.c - of the kernel's generator. */
#include <errno.h>
#include <sys/random.h>

#include "platform.h"

bool portres__platform_random(void* out, size_t out_len) {
  ssize_t got;

  do {
    got = getrandom(out, out_len, 0);
  } while (got < 0 && errno == EINTR);
  return got == (ssize_t)out_len;
}
