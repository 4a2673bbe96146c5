/* slab.h - objects that may be looked at after they died.
 *
 * bind(), close() and dup() are async-signal-safe in POSIX, so the code behind
 * them can neither lock nor free. Their objects live in a slab: memory that
 * stays what it is for good, and a word per object that counts its references
 * and its lives. A handle names one life of one object; pinning it succeeds
 * only in that life. So a stale handle is noticed, never followed.
 *
 * Pins and drops are lock-free and async-signal-safe. Creating is for one
 * thread at a time: callers hold the engine's lock.
 */
#ifndef PORTRES_SLAB_H
#define PORTRES_SLAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "handle.h"

/* The first member of every object of a slab. */
struct portres__slab_head {
  _Atomic uint64_t life; /* generation in the upper half, references below */
  uint32_t index;
  uint32_t next_vacant;
};

enum {
  /* Chunk k holds 64 << k objects: 2^24 of them in all, and a handle's index
   * fits the 24 bits that endpoint.c packs it into. */
  PORTRES__SLAB_FIRST = 64,
  PORTRES__SLAB_CHUNKS = 18
};

struct portres__slab {
  size_t object_size;
  _Atomic uint32_t count;  /* objects ever made */
  _Atomic uint32_t vacant; /* index + 1 of the first dead object, or 0 */
  _Atomic(char*) chunks[PORTRES__SLAB_CHUNKS];
};

/* An object with one reference, its other members as its last life left them
 * (0 in the first); NULL: no memory. */
void* portres__slab_create(struct portres__slab* slab);

/* Chunk k starts at index 64 * (2^k - 1). */
static inline unsigned portres__slab_chunk_of(uint32_t index) {
  return 31u - (unsigned)__builtin_clz(index / PORTRES__SLAB_FIRST + 1);
}

static inline uint32_t portres__slab_chunk_start(unsigned chunk) {
  return PORTRES__SLAB_FIRST * ((1u << chunk) - 1);
}

/* The object at an index below the count; its life may be any. */
static inline void* portres__slab_at(struct portres__slab* slab,
                                     uint32_t index) {
  unsigned chunk = portres__slab_chunk_of(index);
  char* base = atomic_load_explicit(&slab->chunks[chunk], memory_order_acquire);

  return base + slab->object_size * (index - portres__slab_chunk_start(chunk));
}

/* The object a handle named, dead or alive. */
static inline void* portres__slab_peek(struct portres__slab* slab,
                                       portres__handle handle) {
  return portres__slab_at(slab, (uint32_t)handle - 1);
}

/* The handle of the life that the caller holds a reference of. */
portres__handle portres__slab_handle(const void* object);

/* Take a reference; NULL when that life is over. */
static inline void* portres__slab_pin(struct portres__slab* slab,
                                      portres__handle handle) {
  struct portres__slab_head* head;
  uint64_t life;

  if (handle == 0) {
    return NULL;
  }
  head = portres__slab_peek(slab, handle);
  life = atomic_load_explicit(&head->life, memory_order_relaxed);
  do {
    if (life >> 32 != handle >> 32 || (uint32_t)life == 0) {
      return NULL;
    }
  } while (!atomic_compare_exchange_weak(&head->life, &life, life + 1));
  return head;
}

/* Drop a reference. True for the last one: the caller then finishes the
 * object and gives its place back with portres__slab_vacate(). */
bool portres__slab_drop(void* object);
void portres__slab_vacate(struct portres__slab* slab, void* object);

/* Set the references of this life, in a forked child. */
void portres__slab_recount(void* object, uint32_t references);

/* Tell whether there is exactly one reference. */
bool portres__slab_is_last(const void* object);

/* True while somebody holds a reference. */
bool portres__slab_is_alive(const void* object);

#endif
