/* identity_posix.h - who a socket is: the BSDs do not tell, so we keep it. */
#ifndef PORTRES_IDENTITY_POSIX_H
#define PORTRES_IDENTITY_POSIX_H

#include <stdatomic.h>
#include <stdint.h>

enum {
  PORTRES__IDENTITY_PAGE_BITS = 10,
  PORTRES__IDENTITY_PAGE = 1 << PORTRES__IDENTITY_PAGE_BITS,
  PORTRES__IDENTITY_PAGES = 1 << 14 /* as in fdtable_posix.h */
};

extern _Atomic(_Atomic uint64_t*)
    portres__identity_pages[PORTRES__IDENTITY_PAGES];

/* The second descriptor is a copy of the first one, a moment old. */
void portres__identity_share(int fd, int new_fd);

void portres__identity_clear(_Atomic uint64_t* identity);

/* The descriptor is new. Two loads, for one that nobody has asked about. */
static inline void portres__identity_forget(int fd) {
  unsigned index = (unsigned)fd >> PORTRES__IDENTITY_PAGE_BITS;
  _Atomic uint64_t* page =
      index < PORTRES__IDENTITY_PAGES
          ? atomic_load_explicit(&portres__identity_pages[index],
                                 memory_order_acquire)
          : (_Atomic uint64_t*)0;

  if (page != (_Atomic uint64_t*)0 &&
      atomic_load(&page[fd % PORTRES__IDENTITY_PAGE]) != 0) {
    portres__identity_clear(&page[fd % PORTRES__IDENTITY_PAGE]);
  }
}

#endif
