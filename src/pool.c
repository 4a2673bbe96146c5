#include "pool.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = PORTRES__POOL_CELL, HOLDERS_MAX = UINT16_MAX };

static uint32_t words_for(uint32_t bits) {
  return (bits + CELL - 1) / CELL;
}

static uint32_t lowest_bit(uint64_t bits) {
  return (uint32_t)__builtin_ctzll(bits);
}

/* The positions from `bits` on that a word has room for, and stand for nothing,
 * are taken for good. */
static uint64_t tail_of(uint32_t bits) {
  return bits % CELL == 0 ? 0 : UINT64_MAX << (bits % CELL);
}

static size_t tables_size(uint32_t port_count, uint32_t cell_count) {
  return cell_count * sizeof(struct portres__pool_cell) +
         words_for(cell_count) * sizeof(_Atomic uint64_t) +
         port_count * sizeof(_Atomic uint16_t);
}

void portres__pool_clear(struct portres__pool* pool) {
  _Atomic uint64_t* full = portres__pool_full(pool);

  memset(pool->cells, 0, tables_size(pool->port_count, pool->cell_count));
  pool->has_extras = false;
  pool->settling = 0;
  pool->cells[pool->cell_count - 1].taken = tail_of(pool->port_count);
  full[words_for(pool->cell_count) - 1] = tail_of(pool->cell_count);
}

struct portres__pool* portres__pool_create(uint16_t count) {
  uint32_t cell_count = words_for(count);
  struct portres__pool* pool =
      calloc(1, sizeof *pool + tables_size(count, cell_count));

  if (pool == NULL) {
    return NULL;
  }
  pool->port_count = count;
  pool->cell_count = (uint16_t)cell_count;
  portres__pool_clear(pool);
  return pool;
}

void portres__pool_destroy(struct portres__pool* pool) {
  free(pool);
}

/* --- The bits of the cells that are full --- */

static bool is_cell_full(struct portres__pool* pool, uint32_t index) {
  struct portres__pool_cell* cell = &pool->cells[index];

  return (atomic_load(&cell->taken) | atomic_load(&cell->cooling)) ==
         UINT64_MAX;
}

void portres__pool_settle(struct portres__pool* pool, uint32_t index) {
  _Atomic uint64_t* full = &portres__pool_full(pool)[index / CELL];
  uint64_t bit = portres__pool_bit(index);
  bool is_full;

  atomic_fetch_add(&pool->settling, (uint16_t)1);
  do {
    is_full = is_cell_full(pool, index);
    if (is_full != ((atomic_load(full) & bit) != 0)) {
      if (is_full) {
        atomic_fetch_or(full, bit);
      } else {
        atomic_fetch_and(full, ~bit);
      }
    }
  } while (is_full != is_cell_full(pool, index));
  atomic_fetch_sub(&pool->settling, (uint16_t)1);
}

/* After a port of the cell was opened. */
static void reopen_cell(struct portres__pool* pool, uint32_t index) {
  if ((atomic_load(&portres__pool_full(pool)[index / CELL]) &
       portres__pool_bit(index)) != 0) {
    portres__pool_settle(pool, index);
  }
}

/* --- Units of holding --- */

static bool is_taken(struct portres__pool* pool, uint32_t port) {
  return (atomic_load(&portres__pool_cell_of(pool, port)->taken) &
          portres__pool_bit(port)) != 0;
}

static uint16_t count_extras(struct portres__pool* pool, uint32_t port) {
  return atomic_load(&pool->has_extras)
             ? atomic_load(&portres__pool_extras(pool)[port])
             : 0;
}

/* In this order: what was an extra may have become the bit meanwhile. */
static bool is_held(struct portres__pool* pool, uint32_t port) {
  return count_extras(pool, port) != 0 || is_taken(pool, port);
}

bool portres__pool_share(struct portres__pool* pool, uint16_t port) {
  uint16_t extras = atomic_load(&portres__pool_extras(pool)[port]);

  atomic_store(&pool->has_extras, true);
  do {
    if (extras == HOLDERS_MAX - 1) {
      return false;
    }
  } while (!atomic_compare_exchange_weak(&portres__pool_extras(pool)[port],
                                         &extras, (uint16_t)(extras + 1)));
  return true;
}

static bool drop_extra(struct portres__pool* pool, uint32_t port) {
  uint16_t extras = count_extras(pool, port);

  while (extras != 0) {
    if (atomic_compare_exchange_weak(&portres__pool_extras(pool)[port], &extras,
                                     (uint16_t)(extras - 1))) {
      return true;
    }
  }
  return false;
}

/* Where there was no extra, the bit was the only unit, and so it was ours. */
static void drop_unit(struct portres__pool* pool, uint32_t port) {
  if (!drop_extra(pool, port)) {
    atomic_fetch_and(&portres__pool_cell_of(pool, port)->taken,
                     ~portres__pool_bit(port));
    reopen_cell(pool, port / CELL);
  }
}

/* --- Picking --- */

/* `taken` is read before `cooling`, for a refused port cools before its bit is
 * dropped. */
static bool pick_in_cell(struct portres__pool* pool,
                         uint32_t index,
                         uint64_t among,
                         uint16_t* port_out) {
  struct portres__pool_cell* cell = &pool->cells[index];
  uint64_t taken = atomic_load(&cell->taken);
  uint64_t open;

  while ((open = ~(taken | atomic_load(&cell->cooling)) & among) != 0) {
    uint32_t port = index * CELL + lowest_bit(open);
    uint64_t with_port = taken | (open & -open);

    if (!atomic_compare_exchange_weak(&cell->taken, &taken, with_port)) {
      continue;
    }
    if ((with_port | atomic_load(&cell->cooling)) == UINT64_MAX) {
      portres__pool_settle(pool, index);
    }
    if (count_extras(pool, port) == 0) { /* else see pool.h */
      *port_out = (uint16_t)port;
      return true;
    }
    drop_unit(pool, port);
    taken = atomic_load(&cell->taken);
  }
  return false;
}

/* The first cell from `index` on that is not full; cell_count: none. */
static uint32_t next_open_cell(struct portres__pool* pool, uint32_t index) {
  while (index < pool->cell_count) {
    uint64_t among = UINT64_MAX << (index % CELL);
    uint64_t open =
        ~atomic_load(&portres__pool_full(pool)[index / CELL]) & among;
    uint32_t base = index / CELL * CELL;

    if (open != 0) {
      return base + lowest_bit(open);
    }
    index = base + CELL;
  }
  return pool->cell_count;
}

static bool pick_from(struct portres__pool* pool,
                      uint32_t from,
                      uint16_t* port_out) {
  uint32_t first = from / CELL;
  uint32_t index = next_open_cell(pool, first);

  while (index < pool->cell_count) {
    uint64_t among = index == first ? UINT64_MAX << (from % CELL) : UINT64_MAX;
    if (pick_in_cell(pool, index, among, port_out)) {
      return true;
    }
    index = next_open_cell(pool, index + 1);
  }
  return false;
}

/* The bit of a cell is late, and the cell may be open by now. */
PORTRES__RARE static bool pick_past_bits(struct portres__pool* pool,
                                         uint16_t* port_out) {
  for (uint32_t i = 0; i < pool->cell_count; i++) {
    if (pick_in_cell(pool, i, UINT64_MAX, port_out)) {
      return true;
    }
  }
  return false;
}

bool portres__pool_pick(struct portres__pool* pool,
                        uint32_t from,
                        uint16_t* port_out) {
  return pick_from(pool, from, port_out) ||
         (from != 0 && pick_from(pool, 0, port_out)) ||
         (atomic_load(&pool->settling) != 0 && pick_past_bits(pool, port_out));
}

bool portres__pool_pick_next(struct portres__pool* pool, uint16_t* port_out) {
  uint32_t from = atomic_load(&pool->cursor) % pool->port_count;

  if (!portres__pool_pick(pool, from, port_out)) {
    return false;
  }
  atomic_store(&pool->cursor, (uint16_t)(*port_out + 1));
  return true;
}

/* --- Holding, dropping, cooling --- */

void portres__pool_drop(struct portres__pool* pool, uint16_t port) {
  drop_unit(pool, port);
}

void portres__pool_refuse(struct portres__pool* pool, uint16_t port) {
  _Atomic uint64_t* cooling = &portres__pool_cell_of(pool, port)->cooling;

  atomic_fetch_or(cooling, portres__pool_bit(port));
  drop_unit(pool, port);
  if (is_held(pool, port)) {
    atomic_fetch_and(cooling, ~portres__pool_bit(port));
  }
  portres__pool_settle(pool, port / CELL);
}

void portres__pool_stop_cooling(struct portres__pool* pool, uint16_t port) {
  atomic_fetch_and(&portres__pool_cell_of(pool, port)->cooling,
                   ~portres__pool_bit(port));
  reopen_cell(pool, port / CELL);
}

static uint32_t thaw_cell(struct portres__pool* pool, uint32_t index) {
  uint64_t cooled = atomic_exchange(&pool->cells[index].cooling, 0);
  uint32_t thawed = 0;

  reopen_cell(pool, index);
  for (; cooled != 0; cooled &= cooled - 1) {
    thawed++;
  }
  return thawed;
}

uint32_t portres__pool_thaw(struct portres__pool* pool, uint32_t limit) {
  uint32_t index = atomic_load(&pool->thaw_cursor);
  uint32_t thawed = 0;

  for (uint32_t i = 0; i < pool->cell_count && thawed < limit; i++) {
    index = index < pool->cell_count ? index : 0;
    thawed += thaw_cell(pool, index++);
  }
  atomic_store(&pool->thaw_cursor, (uint16_t)index);
  return thawed;
}

uint32_t portres__pool_find_held(struct portres__pool* pool,
                                 uint32_t first,
                                 uint32_t count) {
  uint32_t port = first;

  while (port < first + count && !is_held(pool, port)) {
    port++;
  }
  return port;
}

bool portres__pool_may_sweep(struct portres__pool* pool,
                             uint64_t now_ms,
                             uint64_t interval_ms) {
  uint32_t now = (uint32_t)now_ms;
  uint32_t swept = atomic_load(&pool->swept_at_ms);

  if (swept != 0 && now - swept < interval_ms) {
    return false;
  }
  return atomic_compare_exchange_strong(&pool->swept_at_ms, &swept, now);
}

struct portres__pool_figures portres__pool_count(struct portres__pool* pool) {
  struct portres__pool_figures figures = {0, 0, 0};

  for (uint32_t port = 0; port < pool->port_count; port++) {
    if (is_held(pool, port)) {
      figures.used++;
    } else if (portres__pool_is_cooling(pool, port)) {
      figures.cooling++;
    } else {
      figures.free++;
    }
  }
  return figures;
}
