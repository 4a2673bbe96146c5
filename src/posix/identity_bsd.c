/* identity_bsd.c - who a socket is, where the kernel does not tell: fstat() of
 * an inet socket has neither device nor inode on any BSD, and there is no
 * SO_COOKIE.
 *
 * So each socket that is asked about gets a number, kept by descriptor; a copy
 * gets the number of its original (dup and its kin), and a new descriptor has
 * none (descriptor_posix.c). A descriptor with an entry in the descriptor table
 * is the entry's socket, unless the kernel says that it is bound to another
 * port. What cannot be known: that a descriptor which came by a message is a
 * copy; and, while it is not bound, that one was closed and made anew behind
 * our back.
 */
#include "identity_posix.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "address_posix.h"
#include "endpoint.h"
#include "engine.h"
#include "fdtable_posix.h"
#include "process_posix.h"
#include "socket_posix.h"

_Atomic(_Atomic uint64_t*) portres__identity_pages[PORTRES__IDENTITY_PAGES];

static _Atomic uint64_t last;

static const size_t page_size =
    PORTRES__IDENTITY_PAGE * sizeof(_Atomic uint64_t);

static uint64_t fresh(void) {
  return atomic_fetch_add(&last, 1) + 1;
}

/* dup() comes here too and is async-signal-safe: mmap() rather than malloc().
 * NULL: no memory. */
static _Atomic uint64_t* place_of(int fd) {
  _Atomic(_Atomic uint64_t*)* page;
  _Atomic uint64_t* none = NULL;
  void* mapped;

  if ((unsigned)fd >= PORTRES__FDTABLE_END) {
    return NULL;
  }
  page = &portres__identity_pages[fd >> PORTRES__IDENTITY_PAGE_BITS];
  if (atomic_load(page) == NULL) {
    mapped = mmap(NULL, page_size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANON, -1, 0);
    if (mapped == MAP_FAILED) {
      return NULL;
    }
    if (!atomic_compare_exchange_strong(page, &none, mapped)) {
      munmap(mapped, page_size);
    }
  }
  return &atomic_load(page)[fd % PORTRES__IDENTITY_PAGE];
}

/* Without memory it is another one each time, and no copy is known. */
static uint64_t number_of(int fd) {
  _Atomic uint64_t* place = place_of(fd);
  uint64_t none = 0;
  uint64_t number;

  if (place == NULL) {
    return fresh();
  }
  number = atomic_load(place);
  if (number == 0) {
    number = fresh();
    if (!atomic_compare_exchange_strong(place, &none, number)) {
      number = none;
    }
  }
  return number;
}

void portres__identity_share(int fd, int new_fd) {
  _Atomic uint64_t* place;

  if (!portres__process_owns_tables()) {
    return;
  }
  place = place_of(new_fd);
  if (place != NULL) {
    atomic_store(place, number_of(fd));
  }
}

void portres__identity_clear(_Atomic uint64_t* identity) {
  if (portres__process_owns_tables()) {
    atomic_store(identity, 0);
  }
}

static bool is_socket(int fd) {
  struct stat status;

  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* A connection that was reset has no address on some: that says nothing. */
static bool is_bound_elsewhere(int fd, uint16_t port) {
  union portres__address address;
  socklen_t address_len = sizeof address;

  memset(&address, 0, sizeof address);
  return port != 0 && getsockname(fd, &address.any, &address_len) == 0 &&
         portres__address_port(&address.any) != port;
}

uint64_t portres__socket_identity(int s) {
  portres__handle handle = portres__fdtable_get(s);
  const struct portres__endpoint* endpoint;
  uint64_t identity;

  if (!is_socket(s)) {
    return 0;
  }
  if (handle == 0) {
    return number_of(s);
  }
  endpoint = portres__endpoint_peek(handle);
  identity = atomic_load(&endpoint->identity);
  /* If the entry has gone meanwhile, the endpoint may be another one by now. */
  return is_bound_elsewhere(s, portres__endpoint_port(endpoint)) ||
                 portres__fdtable_get(s) != handle
             ? fresh()
             : identity;
}
