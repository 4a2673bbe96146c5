/* random_bsd.c - all four have arc4random_buf(), which cannot fail and which a
 * forked child shares no state of. */
#include <stdlib.h>

#include "platform.h"

bool portres__platform_random(void* out, size_t out_len) {
  arc4random_buf(out, out_len);
  return true;
}
