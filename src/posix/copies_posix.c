#include "copies_posix.h"

#include <stdatomic.h>
#include <stdint.h>

#include "fdtable_posix.h"

enum { WORD_BITS = 64, WORDS = PORTRES__FDTABLE_END / WORD_BITS };

/* A bit for each descriptor; pages of it exist once they are written to. The
 * first ones may be copies from the start: inetd makes 0, 1 and 2 so. They are
 * apart, or all the others would be zeros in the file. */
static _Atomic uint64_t first_noted = UINT64_MAX;
static _Atomic uint64_t further_noted[WORDS];

static _Atomic uint64_t* word_at(int index) {
  return index == 0 ? &first_noted : &further_noted[index];
}

/* No word at or above this one has a bit. */
static _Atomic int end = 1;

static uint64_t bit_of(int fd) {
  return UINT64_C(1) << (fd % WORD_BITS);
}

static void extend(int index) {
  int now = atomic_load(&end);

  while (now <= index && !atomic_compare_exchange_weak(&end, &now, index + 1)) {
    /* `now` has been read anew. */
  }
}

bool portres__copies_is_noted(int fd) {
  return (unsigned)fd < PORTRES__FDTABLE_END &&
         (atomic_load_explicit(word_at(fd / WORD_BITS), memory_order_relaxed) &
          bit_of(fd)) != 0;
}

void portres__copies_note(int fd) {
  if ((unsigned)fd >= PORTRES__FDTABLE_END || portres__copies_is_noted(fd)) {
    return;
  }
  atomic_fetch_or(word_at(fd / WORD_BITS), bit_of(fd));
  extend(fd / WORD_BITS);
}

void portres__copies_forget(int fd) {
  atomic_fetch_and(word_at(fd / WORD_BITS), ~bit_of(fd));
}

int portres__copies_next(int fd) {
  int last = atomic_load(&end);
  int index = fd / WORD_BITS;
  uint64_t among = UINT64_MAX << (fd % WORD_BITS);

  for (; index < last; index++) {
    uint64_t bits = atomic_load(word_at(index)) & among;
    if (bits != 0) {
      return index * WORD_BITS + __builtin_ctzll(bits);
    }
    among = UINT64_MAX;
  }
  return -1;
}
