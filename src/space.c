#include "space.h"

#include <stddef.h>

enum { WORD_BITS = 64 };

/* The bits of word `index` that stand for ports of the range. */
static uint64_t bits_in(struct portres_range range, uint32_t index) {
  struct portres_range word = {(uint16_t)(index * WORD_BITS), WORD_BITS};
  struct portres_range meet = portres__block_meet(range, word);
  uint64_t bits;

  if (meet.count == 0) {
    return 0;
  }
  bits = meet.count == WORD_BITS ? UINT64_MAX : (UINT64_C(1) << meet.count) - 1;
  return bits << (meet.start % WORD_BITS);
}

static uint32_t first_word(struct portres_range range) {
  return range.start / WORD_BITS;
}

static uint32_t last_word(struct portres_range range) {
  return portres__block_last(range) / WORD_BITS;
}

/* The port after the last reserved one of the range; 0: none is reserved. */
static uint32_t after_last_reserved(const struct portres__space* space,
                                    struct portres_range range) {
  for (uint32_t i = last_word(range) + 1; i > first_word(range); i--) {
    uint64_t bits =
        atomic_load(&space->reserved[i - 1]) & bits_in(range, i - 1);
    if (bits != 0) {
      return i * WORD_BITS - (uint32_t)__builtin_clzll(bits);
    }
  }
  return 0;
}

uint16_t portres__space_last_reserved(const struct portres__space* space,
                                      struct portres_range range) {
  uint32_t after = after_last_reserved(space, range);
  return after != 0 ? (uint16_t)(after - 1) : 0;
}

void portres__space_add(struct portres__space* space,
                        struct portres_range range) {
  for (uint32_t i = first_word(range); i <= last_word(range); i++) {
    atomic_fetch_or(&space->reserved[i], bits_in(range, i));
  }
}

bool portres__space_claim(struct portres__space* space,
                          struct portres_range range) {
  if (after_last_reserved(space, range) != 0) {
    return false;
  }
  portres__space_add(space, range);
  return true;
}

void portres__space_release(struct portres__space* space,
                            struct portres_range range) {
  for (uint32_t i = first_word(range); i <= last_word(range); i++) {
    atomic_fetch_and(&space->reserved[i], ~bits_in(range, i));
  }
}

void portres__space_clear(struct portres__space* space) {
  for (size_t i = 0; i < PORTRES__SPACE_WORDS; i++) {
    atomic_store(&space->reserved[i], 0);
  }
}

/* The first port >= `port` that is not reserved, by whole words where it can:
 * ten thousand reservations below must not make a search slow. */
static uint32_t skip_reserved(const struct portres__space* space,
                              uint32_t port) {
  while (port <= PORTRES__PORT_MAX) {
    uint64_t open = ~atomic_load(&space->reserved[port / WORD_BITS]) &
                    (UINT64_MAX << (port % WORD_BITS));
    if (open != 0) {
      return port / WORD_BITS * WORD_BITS + (uint32_t)__builtin_ctzll(open);
    }
    port = (port / WORD_BITS + 1) * WORD_BITS;
  }
  return port;
}

uint16_t portres__space_find(const struct portres__space* space,
                             struct portres_range area,
                             uint32_t from,
                             uint16_t count,
                             uint16_t alignment) {
  uint32_t end = (uint32_t)area.start + area.count;
  uint32_t start = from > area.start ? from : area.start;

  for (;;) {
    struct portres_range candidate;
    uint32_t next;

    start = portres__block_align(skip_reserved(space, start), alignment);
    if (start == 0 || start + count > end) {
      return 0;
    }
    candidate.start = (uint16_t)start;
    candidate.count = count;
    next = after_last_reserved(space, candidate);
    if (next == 0) {
      return candidate.start;
    }
    start = next;
  }
}
