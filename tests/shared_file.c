/* The file of a ledger is made where the file system has no files without a
 * name, too. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "disk_posix.h"
#include "shared_support.h"

static unsigned refusals;

static int open_named(int dir, const char* name, int flags, mode_t mode) {
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    refusals++;
    errno = EOPNOTSUPP;
    return -1;
  }
  return portres__disk_real.open(dir, name, flags, mode);
}

static void check_named(void) {
  struct portres__disk disk = portres__disk_real;
  shared_clear();
  refusals = 0;
  disk.open = open_named;
  portres__disk = &disk;
  struct contract_block block = shared_block(IPPROTO_TCP, 2);
  contract_end(&block);
  portres__disk = &portres__disk_real;
  assert_int_equal(refusals, 1);
  assert_non_null(shared_ledger());
}

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  table_add_one(
      "given a file system that has no files without a name, then there is a "
      "ledger, and nothing beside it",
      check_named);
  return contract_run("shared_file");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
