/* link_dlopen.c - loads libportres late, by dlopen(argv[1]), and uses it.
 *
 * argv[2] is "local" or "global"; argv[3] may be "promise", which calls
 * portres_use_calls() before anything else. Prints one line per step.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <portres/calls.h>

typedef int (*acquire_fn)(int s,
                          struct portres_range want,
                          struct portres_reservation* out);
typedef int (*associate_fn)(int s, portres_token token);
typedef int (*bind_fn)(int s, const struct sockaddr* address, socklen_t len);
typedef void (*promise_fn)(void);
typedef const char* (*name_fn)(int status);

static void* symbol(void* library, const char* name) {
  void* const found = dlsym(library, name);
  if (found == NULL) {
    printf("missing %s\n", name);
  }
  return found;
}

int main(int argc, char** argv) {
  const int scope = strcmp(argv[2], "global") == 0 ? RTLD_GLOBAL : RTLD_LOCAL;
  void* const library = dlopen(argv[1], RTLD_NOW | scope);
  if (library == NULL) {
    puts(dlerror());
    return 1;
  }
  acquire_fn acquire;
  associate_fn associate;
  bind_fn bind_call;
  promise_fn promise;
  name_fn name;
  *(void**)&acquire = symbol(library, "portres_acquire");
  *(void**)&associate = symbol(library, "portres_associate");
  *(void**)&bind_call = symbol(library, "portres_bind");
  *(void**)&promise = symbol(library, "portres_use_calls");
  *(void**)&name = symbol(library, "portres_error_name");
  if (argc > 3) {
    promise();
  }

  struct portres_reservation block = {{0, 0}, 0};
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t length = sizeof(address);
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  const struct portres_range want = {0, 1};
  printf("acquire %s\n", name(acquire(s, want, &block)));
  const portres_token token = block.token != 0 ? block.token : 1;
  printf("associate %s\n", name(associate(s, token)));
  if (block.token != 0) {
    bind_call(s, (struct sockaddr*)&address, sizeof(address));
    getsockname(s, (struct sockaddr*)&address, &length);
    puts(ntohs(address.sin_port) == block.range.start ? "inside" : "OUTSIDE");
  }
  return 0;
}
