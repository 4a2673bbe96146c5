/* ledgertidy_posix.c - nobody tells when a namespace ends, and its number never
 * comes again. Each would leave 40 KB in memory until the next boot.
 */
#include "ledgertidy_posix.h"

#include "disk_posix.h"
#include "ledgernames_posix.h"
#include "platform.h"
#include "runtimedir_posix.h"

static bool is_of(const char* name, struct portres__netns netns) {
  return portres__ledgerfile_is_current(name) &&
         portres__netns_is_same(portres__ledgerfile_netns(name), netns);
}

void portres__ledgertidy(struct portres__netns own) {
  struct portres__ledgernames names;
  int dir;

  if (portres__runtimedir_open(false, &dir) != PORTRES_OK) {
    return;
  }
  portres__ledgernames_read(dir, &names);
  for (size_t i = 0; i < names.count; i++) {
    if (!is_of(names.list[i], own)) {
      portres__ledgerfile_retire(dir, names.list[i]);
    }
  }
  portres__ledgernames_free(&names);
  portres__disk->close(dir);
}
