#include "slab.h"

#include <stdlib.h>

static const uint64_t references = 0xffffffff;

static uint64_t generation(uint64_t life_or_handle) {
  return life_or_handle >> 32;
}

portres__handle portres__slab_handle(const void* object) {
  const struct portres__slab_head* head = object;
  uint64_t life = atomic_load(&head->life);
  return generation(life) << 32 | ((uint64_t)head->index + 1);
}

static bool add_chunk(struct portres__slab* slab, unsigned chunk) {
  if (chunk >= PORTRES__SLAB_CHUNKS) {
    return false;
  }
  if (atomic_load(&slab->chunks[chunk]) == NULL) {
    char* base =
        calloc((size_t)PORTRES__SLAB_FIRST << chunk, slab->object_size);
    if (base == NULL) {
      return false;
    }
    atomic_store_explicit(&slab->chunks[chunk], base, memory_order_release);
  }
  return true;
}

/* Only creators take from the list and they hold the engine's lock, so the
 * head cannot be taken and put back between our load and our exchange. */
static struct portres__slab_head* take_vacant(struct portres__slab* slab) {
  uint32_t first = atomic_load(&slab->vacant);
  struct portres__slab_head* head = NULL;

  while (first != 0) {
    head = portres__slab_at(slab, first - 1);
    if (atomic_compare_exchange_weak(&slab->vacant, &first,
                                     head->next_vacant)) {
      return head;
    }
  }
  return NULL;
}

static struct portres__slab_head* add_object(struct portres__slab* slab) {
  uint32_t index = atomic_load(&slab->count);
  struct portres__slab_head* head;

  if (!add_chunk(slab, portres__slab_chunk_of(index))) {
    return NULL;
  }
  head = portres__slab_at(slab, index);
  head->index = index;
  atomic_store_explicit(&slab->count, index + 1, memory_order_release);
  return head;
}

void* portres__slab_create(struct portres__slab* slab) {
  struct portres__slab_head* head = take_vacant(slab);
  uint64_t lives;

  if (head == NULL) {
    head = add_object(slab);
  }
  if (head == NULL) {
    return NULL;
  }
  lives = generation(atomic_load(&head->life)) + 1;
  atomic_store(&head->life, lives << 32 | 1);
  return head;
}

bool portres__slab_drop(void* object) {
  struct portres__slab_head* head = object;
  return (atomic_fetch_sub(&head->life, 1) & references) == 1;
}

void portres__slab_vacate(struct portres__slab* slab, void* object) {
  struct portres__slab_head* head = object;
  uint32_t first = atomic_load(&slab->vacant);

  do {
    head->next_vacant = first;
  } while (
      !atomic_compare_exchange_weak(&slab->vacant, &first, head->index + 1));
}

bool portres__slab_is_alive(const void* object) {
  const struct portres__slab_head* head = object;
  return (atomic_load(&head->life) & references) != 0;
}

void portres__slab_recount(void* object, uint32_t references_now) {
  struct portres__slab_head* head = object;
  uint64_t lives = generation(atomic_load(&head->life));

  atomic_store(&head->life, lives << 32 | references_now);
}

bool portres__slab_is_last(const void* object) {
  const struct portres__slab_head* head = object;
  return (atomic_load(&head->life) & references) == 1;
}
