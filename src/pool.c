#include "pool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, HOLDERS_MAX = UINT16_MAX };

typedef _Atomic uint64_t word;

struct portres__pool {
  uint32_t port_count;
  uint32_t word_count;
  _Atomic uint32_t cursor;      /* after the port last picked */
  _Atomic uint32_t thaw_cursor; /* word where the next thaw begins */
  word swept_at_ms;
  _Atomic uint16_t* holders; /* of each port */
  word words[];              /* the three below */
};

/* A bit for each port that is held or cooling. */
static word* taken_word(struct portres__pool* pool, uint32_t index) {
  return &pool->words[index];
}

/* A bit for each port that is cooling. */
static word* cooling_word(struct portres__pool* pool, uint32_t index) {
  return &pool->words[pool->word_count + index];
}

/* A bit for each word of the first that has no bit clear. */
static word* full_word(struct portres__pool* pool, uint32_t index) {
  return &pool->words[2 * pool->word_count + index];
}

static uint32_t words_for(uint32_t bits) {
  return (bits + WORD_BITS - 1) / WORD_BITS;
}

static uint64_t bit_of(uint32_t position) {
  return UINT64_C(1) << (position % WORD_BITS);
}

static uint32_t lowest_bit(uint64_t bits) {
  return (uint32_t)__builtin_ctzll(bits);
}

/* The positions of the last word that stand for nothing are taken for good. */
static void close_tail(word* words, uint32_t bits) {
  if (bits % WORD_BITS != 0) {
    words[bits / WORD_BITS] = UINT64_MAX << (bits % WORD_BITS);
  }
}

static size_t bits_size(const struct portres__pool* pool) {
  return (2 * (size_t)pool->word_count + words_for(pool->word_count)) *
         sizeof(word);
}

void portres__pool_clear(struct portres__pool* pool) {
  memset(pool->words, 0,
         bits_size(pool) + pool->port_count * sizeof *pool->holders);
  close_tail(taken_word(pool, 0), pool->port_count);
  close_tail(full_word(pool, 0), pool->word_count);
}

struct portres__pool* portres__pool_create(uint16_t count) {
  struct portres__pool shape = {.port_count = count,
                                .word_count = words_for(count)};
  struct portres__pool* pool = calloc(
      1, sizeof *pool + bits_size(&shape) + count * sizeof(_Atomic uint16_t));

  if (pool == NULL) {
    return NULL;
  }
  pool->port_count = shape.port_count;
  pool->word_count = shape.word_count;
  pool->holders =
      (_Atomic uint16_t*)full_word(pool, words_for(shape.word_count));
  portres__pool_clear(pool);
  return pool;
}

void portres__pool_destroy(struct portres__pool* pool) {
  free(pool);
}

static bool is_word_full(struct portres__pool* pool, uint32_t index) {
  return atomic_load(taken_word(pool, index)) == UINT64_MAX;
}

static void settle_word(struct portres__pool* pool, uint32_t index) {
  word* full = full_word(pool, index / WORD_BITS);
  uint64_t bit = bit_of(index);
  bool is_full;

  do {
    is_full = is_word_full(pool, index);
    if (is_full != ((atomic_load(full) & bit) != 0)) {
      if (is_full) {
        atomic_fetch_or(full, bit);
      } else {
        atomic_fetch_and(full, ~bit);
      }
    }
  } while (is_full != is_word_full(pool, index));
}

static bool is_cooling(struct portres__pool* pool, uint32_t port) {
  return (atomic_load(cooling_word(pool, port / WORD_BITS)) & bit_of(port)) !=
         0;
}

static bool is_taken(struct portres__pool* pool, uint32_t port) {
  return atomic_load(&pool->holders[port]) != 0 || is_cooling(pool, port);
}

static void settle_port(struct portres__pool* pool, uint32_t port) {
  word* taken = taken_word(pool, port / WORD_BITS);
  bool is_now;

  do {
    is_now = is_taken(pool, port);
    if (is_now) {
      atomic_fetch_or(taken, bit_of(port));
    } else {
      atomic_fetch_and(taken, ~bit_of(port));
    }
  } while (is_now != is_taken(pool, port));
  settle_word(pool, port / WORD_BITS);
}

static bool pick_in_word(struct portres__pool* pool,
                         uint32_t index,
                         uint64_t among,
                         uint16_t* port_out) {
  uint64_t open;

  while ((open = ~atomic_load(taken_word(pool, index)) & among) != 0) {
    uint32_t port = index * WORD_BITS + lowest_bit(open);
    uint16_t nobody = 0;
    bool is_ours = atomic_compare_exchange_strong(&pool->holders[port], &nobody,
                                                  (uint16_t)1);
    settle_port(pool, port);
    if (is_ours) {
      *port_out = (uint16_t)port;
      return true;
    }
  }
  return false;
}

/* The first word from `index` on that is not full; word_count: none. */
static uint32_t next_open_word(struct portres__pool* pool, uint32_t index) {
  while (index < pool->word_count) {
    uint64_t among = UINT64_MAX << (index % WORD_BITS);
    uint64_t open = ~atomic_load(full_word(pool, index / WORD_BITS)) & among;
    uint32_t base = index / WORD_BITS * WORD_BITS;

    if (open != 0) {
      return base + lowest_bit(open);
    }
    index = base + WORD_BITS;
  }
  return pool->word_count;
}

static bool pick_from(struct portres__pool* pool,
                      uint32_t from,
                      uint16_t* port_out) {
  uint32_t first = from / WORD_BITS;
  uint32_t index = next_open_word(pool, first);

  while (index < pool->word_count) {
    uint64_t among =
        index == first ? UINT64_MAX << (from % WORD_BITS) : UINT64_MAX;
    if (pick_in_word(pool, index, among, port_out)) {
      return true;
    }
    index = next_open_word(pool, index + 1);
  }
  return false;
}

bool portres__pool_pick(struct portres__pool* pool,
                        uint32_t from,
                        uint16_t* port_out) {
  bool is_picked = pick_from(pool, from, port_out);

  if (!is_picked && from != 0) {
    is_picked = pick_from(pool, 0, port_out);
  }
  if (is_picked) {
    atomic_store_explicit(&pool->cursor, *port_out + 1u, memory_order_relaxed);
  }
  return is_picked;
}

bool portres__pool_hold(struct portres__pool* pool, uint16_t port) {
  uint16_t holders = atomic_load(&pool->holders[port]);

  do {
    if (holders == HOLDERS_MAX) {
      return false;
    }
  } while (!atomic_compare_exchange_weak(&pool->holders[port], &holders,
                                         (uint16_t)(holders + 1)));
  settle_port(pool, port);
  return true;
}

void portres__pool_drop(struct portres__pool* pool, uint16_t port) {
  if (atomic_fetch_sub(&pool->holders[port], (uint16_t)1) == 1) {
    settle_port(pool, port);
  }
}

void portres__pool_refuse(struct portres__pool* pool, uint16_t port) {
  word* cooling = cooling_word(pool, port / WORD_BITS);

  atomic_fetch_or(cooling, bit_of(port));
  if (atomic_fetch_sub(&pool->holders[port], (uint16_t)1) != 1) {
    atomic_fetch_and(cooling, ~bit_of(port));
  }
  settle_port(pool, port);
}

void portres__pool_warm(struct portres__pool* pool, uint16_t port) {
  if (is_cooling(pool, port)) {
    atomic_fetch_and(cooling_word(pool, port / WORD_BITS), ~bit_of(port));
  }
}

static uint32_t thaw_word(struct portres__pool* pool, uint32_t index) {
  uint64_t cooled = atomic_exchange(cooling_word(pool, index), 0);
  uint32_t thawed = 0;

  for (; cooled != 0; cooled &= cooled - 1) {
    settle_port(pool, index * WORD_BITS + lowest_bit(cooled));
    thawed++;
  }
  return thawed;
}

uint32_t portres__pool_thaw(struct portres__pool* pool, uint32_t limit) {
  uint32_t index = atomic_load(&pool->thaw_cursor);
  uint32_t thawed = 0;

  for (uint32_t i = 0; i < pool->word_count && thawed < limit; i++) {
    index = index < pool->word_count ? index : 0;
    thawed += thaw_word(pool, index++);
  }
  atomic_store(&pool->thaw_cursor, index);
  return thawed;
}

uint32_t portres__pool_find_held(struct portres__pool* pool,
                                 uint32_t first,
                                 uint32_t count) {
  uint32_t port = first;

  while (port < first + count && atomic_load(&pool->holders[port]) == 0) {
    port++;
  }
  return port;
}

uint32_t portres__pool_cursor(struct portres__pool* pool) {
  return atomic_load_explicit(&pool->cursor, memory_order_relaxed) %
         pool->port_count;
}

bool portres__pool_may_sweep(struct portres__pool* pool,
                             uint64_t now_ms,
                             uint64_t interval_ms) {
  uint64_t swept = atomic_load(&pool->swept_at_ms);

  if (swept != 0 && now_ms - swept < interval_ms) {
    return false;
  }
  return atomic_compare_exchange_strong(&pool->swept_at_ms, &swept, now_ms);
}

struct portres__pool_figures portres__pool_count(struct portres__pool* pool) {
  struct portres__pool_figures figures = {0, 0, 0};

  for (uint32_t port = 0; port < pool->port_count; port++) {
    if (atomic_load(&pool->holders[port]) != 0) {
      figures.used++;
    } else if (is_cooling(pool, port)) {
      figures.cooling++;
    } else {
      figures.free++;
    }
  }
  return figures;
}
