#include "handle.h"

#include <stdlib.h>

struct slot {
  struct portres__ws_object* object; /* NULL: free */
  uintptr_t generation;
  size_t next_free;
};

/* As on Windows the two lowest bits are the program's: that of hEvent which
 * keeps a completion port out, for one. */
enum { TAG_BITS = 2, INDEX_BITS = 20, CAPACITY_MAX = 1 << INDEX_BITS };

static const uintptr_t generation_max = UINTPTR_MAX >>
                                        (TAG_BITS + INDEX_BITS +
                                         (sizeof(uintptr_t) > 4 ? 10 : 0));

static struct slot* slots;
static size_t capacity;
static size_t first_free; /* capacity: none */

static bool grow(void) {
  size_t more = capacity == 0 ? 64 : capacity * 2;
  struct slot* moved =
      more <= CAPACITY_MAX ? realloc(slots, more * sizeof *slots) : NULL;

  if (moved == NULL) {
    return false;
  }
  slots = moved;
  for (size_t i = capacity; i < more; i++) {
    slots[i] = (struct slot){.generation = 1, .next_free = i + 1};
  }
  capacity = more;
  return true;
}

static HANDLE handle_of(size_t index) {
  return (HANDLE)((slots[index].generation << INDEX_BITS | index) << TAG_BITS);
}

HANDLE portres__ws_handle_open(struct portres__ws_object* object) {
  size_t index;

  if (first_free == capacity && !grow()) {
    return NULL;
  }
  index = first_free;
  first_free = slots[index].next_free;
  slots[index].object = object;
  return handle_of(index);
}

static struct slot* slot_of(HANDLE handle) {
  size_t index = (uintptr_t)handle >> TAG_BITS & (CAPACITY_MAX - 1);

  return index < capacity && slots[index].object != NULL &&
                 handle_of(index) == handle
             ? &slots[index]
             : NULL;
}

struct portres__ws_object* portres__ws_handle_object(HANDLE handle) {
  struct slot* slot = slot_of(handle);

  return slot == NULL ? NULL : slot->object;
}

bool portres__ws_handle_close(HANDLE handle) {
  struct slot* slot = slot_of(handle);

  if (slot == NULL) {
    return false;
  }
  portres__ws_object_drop(slot->object);
  slot->object = NULL;
  slot->generation =
      slot->generation == generation_max ? 1 : slot->generation + 1;
  slot->next_free = first_free;
  first_free = (size_t)(slot - slots);
  return true;
}
