/* real_next.c - the shared library: libc is what comes behind us. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "libc_posix.h"
#include "reach_posix.h"
#include "real_posix.h"

PORTRES__HOT struct portres__real_calls portres__real_calls;
PORTRES__HOT _Atomic bool portres__real_is_found;
PORTRES__HOT _Atomic bool portres__real_bind_is_known;

static const void* object_of(const void* address) {
  Dl_info info;
  return dladdr(address, &info) != 0 ? info.dli_fbase : NULL;
}

/* Where libc was linked before us, nothing comes behind us: then it is the
 * first one, unless that is ourselves. */
static void* find_libc(const char* name) {
  void* found = dlsym(RTLD_NEXT, name);

  if (found == NULL) {
    found = dlsym(RTLD_DEFAULT, name);
    if (found != NULL && object_of(found) == object_of(&portres__real_calls)) {
      found = NULL;
    }
  }
  return found;
}

/* dlsym() gives an object pointer; ISO C wants a detour to a function's. */
static void find(const char* name, void* call_out, size_t call_len) {
  void* found = find_libc(name);
  memcpy(call_out, &found, call_len);
}

/* A name that is not there would have dlsym() allocate for its complaint, which
 * an allocator that calls us while it starts (jemalloc in redis) waits for. */
#define FIND(result, name, parameters)                                       \
  PORTRES__IF_##name(find(PORTRES__SYMBOL_##name, &portres__real_calls.name, \
                          sizeof portres__real_calls.name);)

/* Whether the bind that was found is in one object with a call that nobody has
 * a reason to interpose. */
static bool is_bind_libcs(void) {
  const void* bind_found;

  memcpy(&bind_found, &portres__real_calls.bind, sizeof bind_found);
  return bind_found != NULL &&
         object_of(bind_found) == object_of(find_libc("labs"));
}

/* Two threads that come here at once write the same values. */
void portres__real_find(void) {
  PORTRES__REAL_CALLS(FIND)
  atomic_store(&portres__real_bind_is_known, is_bind_libcs());
  atomic_store_explicit(&portres__real_is_found, true, memory_order_release);
}

void portres__real_call_program_bind(const struct sockaddr* address) {
  int (*program_bind)(int, const struct sockaddr*, socklen_t);
  void* found = dlsym(RTLD_DEFAULT, PORTRES__SYMBOL_bind);

  if (found != NULL) {
    memcpy(&program_bind, &found, sizeof program_bind);
    program_bind(-1, address, 0);
  }
}

bool portres__real_is_second(void) {
  const void* first = dlsym(RTLD_DEFAULT, "portres_engine");
  return first != NULL && first != portres__reach_engine;
}
