/* store.c - ../../store_support.h where Windows keeps its reservations itself:
 * what wants their files ends. */
#include "../../store_support.h"

#include "missing.h"

int store_main(int argc, char** argv, int (*run)(int argc, char** argv)) {
  return run(argc, argv);
}

const char* store_dir(void) {
  posix_missing("Windows keeps its reservations itself");
  return NULL;
}

const char* store_path(const char* name) {
  (void)name;
  return store_dir();
}

void store_clear(void) {
  store_dir();
}
