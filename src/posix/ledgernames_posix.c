#include "ledgernames_posix.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "disk_posix.h"

/* Names of ledgers all have one length, which there is room for. */
static bool add_name(struct portres__ledgernames* names, const char* name) {
  size_t room = names->room == 0 ? 8 : names->room * 2;
  void* list;

  if (names->count == names->room) {
    list = realloc(names->list, room * sizeof *names->list);
    if (list == NULL) {
      return false;
    }
    names->list = list;
    names->room = room;
  }
  memcpy(names->list[names->count++], name, strlen(name) + 1);
  return true;
}

static bool add_names(struct portres__ledgernames* names, DIR* stream) {
  const struct dirent* entry = readdir(stream);

  for (; entry != NULL; entry = readdir(stream)) {
    if (portres__ledgerfile_is_name(entry->d_name) &&
        !add_name(names, entry->d_name)) {
      return false;
    }
  }
  return true;
}

static int compare_names(const void* one, const void* other) {
  return strcmp(one, other);
}

/* By hand: of the libcs glibc alone has scandirat(). */
bool portres__ledgernames_read(int dir, struct portres__ledgernames* out) {
  int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = copy >= 0 ? fdopendir(copy) : NULL;
  bool is_read;

  *out = (struct portres__ledgernames){NULL, 0, 0};
  is_read = stream != NULL && add_names(out, stream);
  if (stream != NULL) {
    closedir(stream);
  } else if (copy >= 0) {
    portres__disk->close(copy);
  }
  if (out->count > 1) {
    qsort(out->list, out->count, sizeof *out->list, compare_names);
  }
  return is_read;
}

void portres__ledgernames_free(struct portres__ledgernames* names) {
  free(names->list);
}
