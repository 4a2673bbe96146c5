/* Must fail: a skip under PORTRES_TEST_STRICT=1 is a failure. The variable is
 * set here rather than by meson, lest the launcher obey it, too. */
#include <stdlib.h>

#include "table.h"

static void skip_it(void) {
  table_skip("to see whether a strict run notices");
}

int main(void) {
  setenv("PORTRES_TEST_STRICT", "1", 1);
  table_add_one("given a strict run, when a row skips, then it fails", skip_it);
  return table_run("meta_skip");
}
