/* link_two_engines.c - asks the engine linked in, and the one preloaded beside
 *                      it, how many reservations each holds.
 *
 * Prints "own N" and "preloaded N". With PORTRES_BLOCK of two ports it binds
 * three times: a second working engine would hold a block of its own.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <portres/portres.h>

#include "link_errno.h"

typedef int (*list_fn)(portres_list_cb callback, void* arg);

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

static void bind_and_print(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  const int rc = bind(s, (struct sockaddr*)&address, sizeof(address));
  puts(rc == 0 ? "bound" : link_errno_name(errno));
}

int main(void) {
  for (int i = 0; i < 3; ++i) {
    bind_and_print();
  }
  int own = 0;
  portres_list(count_one, &own);
  printf("own %d\n", own);

  void* const other = dlopen("libportres.so.0", RTLD_NOW | RTLD_NOLOAD);
  if (other == NULL) {
    puts("preloaded none");
    return 0;
  }
  list_fn list = NULL;
  *(void**)&list = dlsym(other, "portres_list");
  if (list == NULL || list == portres_list) {
    puts("preloaded same");
    return 0;
  }
  int preloaded = 0;
  list(count_one, &preloaded);
  printf("preloaded %d\n", preloaded);
  return 0;
}
