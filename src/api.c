/* api.c - the public functions: check the arguments, leave errno alone. */
#include <portres/portres.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "platform.h"
#include "testing_api.h"
#include "wait.h"

/* Sizes that callers of earlier versions were compiled with may be smaller;
 * there are none yet. */
static const size_t options_size_min = sizeof(struct portres_options);
static const size_t info_size_min = sizeof(struct portres_info);

/* --- Acquire --- */

static bool is_scope(enum portres_scope scope) {
  return (int)scope >= PORTRES_SCOPE_DEFAULT && scope <= PORTRES_SCOPE_MACHINE;
}

static int check_options(const struct portres_options* options) {
  if (!portres__block_fits(options->range)) {
    return PORTRES_EINVAL;
  }
  if (options->range.start != 0 && options->alignment > 1 &&
      options->range.start % options->alignment != 0) {
    return PORTRES_EINVAL;
  }
  if ((int)options->order < PORTRES_ORDER_LOWEST ||
      options->order > PORTRES_ORDER_SEEDED) {
    return PORTRES_EINVAL;
  }
  if (!is_scope(options->scope)) {
    return PORTRES_EINVAL;
  }
  return PORTRES_OK;
}

static int settle_scope(struct portres_options* options) {
  return options->scope == PORTRES_SCOPE_DEFAULT
             ? portres__platform_default_scope(&options->scope)
             : PORTRES_OK;
}

/* The socket's errors come before those of the values: portres.h. */
static int acquire(const struct portres__platform_entry* entry,
                   portres_socket s,
                   struct portres_options options,
                   int value_status,
                   struct portres_reservation* out) {
  int status = portres__testing_status(PORTRES_TESTING_ACQUIRE);

  if (status == PORTRES_OK) {
    status = portres__facility_check(s);
  }
  if (status == PORTRES_OK) {
    status = settle_scope(&options);
  }
  if (status == PORTRES_OK) {
    status = value_status;
  }
  return status == PORTRES_OK ? portres__wait_acquire(entry, s, &options, out)
                              : status;
}

int portres_acquire(portres_socket s,
                    struct portres_range want,
                    struct portres_reservation* out) {
  struct portres_options options = {.size = sizeof options, .range = want};
  return portres_acquire_with(s, &options, out);
}

int portres_acquire_with(portres_socket s,
                         const struct portres_options* options,
                         struct portres_reservation* out) {
  struct portres_options known = {.size = 0};
  struct portres__platform_entry entry;
  int value_status = PORTRES_EINVAL;
  int status;

  if (options == NULL || out == NULL) {
    return PORTRES_EFAULT;
  }
  entry = portres__platform_enter();
  if (options->size >= options_size_min && options->size <= sizeof known) {
    memcpy(&known, options, options->size);
    value_status = check_options(&known);
  }
  status = acquire(&entry, s, known, value_status, out);
  portres__platform_leave(entry);
  return status;
}

int portres_set_scope(enum portres_scope scope) {
  if (!is_scope(scope)) {
    return PORTRES_EINVAL;
  }
  portres__platform_choose_scope(scope);
  return PORTRES_OK;
}

/* --- Associate, release --- */

int portres_associate(portres_socket s, portres_token token) {
  struct portres__platform_entry entry = portres__platform_enter();
  int status = portres__testing_status(PORTRES_TESTING_ASSOCIATE);

  if (status == PORTRES_OK) {
    status = portres__facility_associate(s, token);
  }
  portres__platform_leave(entry);
  return status;
}

int portres_release(portres_socket s, portres_token token) {
  struct portres__platform_entry entry = portres__platform_enter();
  int status = portres__testing_status(PORTRES_TESTING_RELEASE);

  if (status == PORTRES_OK) {
    status = portres__facility_release(s, token);
  }
  portres__platform_leave(entry);
  return status;
}

/* --- Persistent reservations --- */

static int check_persistent(enum portres_testing_call call,
                            enum portres_protocol protocol,
                            struct portres_range range) {
  int status = portres__testing_status(call);

  if (status != PORTRES_OK) {
    return status;
  }
  if (protocol != PORTRES_TCP && protocol != PORTRES_UDP) {
    return PORTRES_EINVAL;
  }
  return range.start != 0 && portres__block_fits(range) ? PORTRES_OK
                                                        : PORTRES_EINVAL;
}

int portres_persistent_create(enum portres_protocol protocol,
                              struct portres_range range,
                              portres_token* out) {
  struct portres__platform_entry entry;
  int status;

  if (out == NULL) {
    return PORTRES_EFAULT;
  }
  status = check_persistent(PORTRES_TESTING_CREATE, protocol, range);
  if (status == PORTRES_OK) {
    entry = portres__platform_enter();
    status = portres__facility_persistent_create(protocol, range, out);
    portres__platform_leave(entry);
  }
  return status;
}

int portres_persistent_delete(enum portres_protocol protocol,
                              struct portres_range range) {
  struct portres__platform_entry entry;
  int status = check_persistent(PORTRES_TESTING_DELETE, protocol, range);

  if (status == PORTRES_OK) {
    entry = portres__platform_enter();
    status = portres__facility_persistent_delete(protocol, range);
    portres__platform_leave(entry);
  }
  return status;
}

int portres_persistent_lookup(enum portres_protocol protocol,
                              struct portres_range range,
                              portres_token* out) {
  struct portres__platform_entry entry;
  int status;

  if (out == NULL) {
    return PORTRES_EFAULT;
  }
  status = check_persistent(PORTRES_TESTING_LOOKUP, protocol, range);
  if (status == PORTRES_OK) {
    entry = portres__platform_enter();
    status = portres__facility_persistent_lookup(protocol, range, out);
    portres__platform_leave(entry);
  }
  return status;
}

/* --- Inspect --- */

int portres_describe(portres_token token, struct portres_info* info) {
  struct portres__platform_entry entry;
  struct portres_info known;
  size_t size;
  int status;

  if (info == NULL) {
    return PORTRES_EFAULT;
  }
  size = info->size;
  if (size < info_size_min || size > sizeof known) {
    return PORTRES_EINVAL;
  }
  entry = portres__platform_enter();
  status = portres__testing_check();
  if (status == PORTRES_OK) {
    status = portres__facility_describe(token, &known);
  }
  portres__platform_leave(entry);
  if (status == PORTRES_OK) {
    known.size = size;
    memcpy(info, &known, size);
  }
  return status;
}

static int by_protocol_and_start(const void* left, const void* right) {
  const struct portres_info* a = left;
  const struct portres_info* b = right;

  return a->protocol != b->protocol ? (int)a->protocol - (int)b->protocol
                                    : a->range.start - b->range.start;
}

/* An array that the snapshot fits in, though others acquire meanwhile; NULL
 * with a count: no memory. */
static struct portres_info* take_snapshot(size_t* count_out, int* status_out) {
  size_t capacity = portres__facility_snapshot(NULL, 0, status_out);
  struct portres_info* infos = NULL;
  size_t count = capacity;

  while (count != 0) {
    capacity = count;
    free(infos);
    infos = calloc(capacity, sizeof *infos);
    if (infos == NULL) {
      break;
    }
    count = portres__facility_snapshot(infos, capacity, status_out);
    if (count <= capacity) {
      break;
    }
  }
  *count_out = count;
  return infos;
}

int portres_list(portres_list_cb callback, void* arg) {
  struct portres__platform_entry entry;
  struct portres_info* infos;
  size_t count;
  int status = PORTRES_OK;
  int result = PORTRES_OK;

  if (callback == NULL) {
    return PORTRES_EFAULT;
  }
  if (portres__testing_check() != PORTRES_OK) {
    return PORTRES_EINVAL;
  }
  entry = portres__platform_enter();
  infos = take_snapshot(&count, &status);
  if (infos != NULL) {
    qsort(infos, count, sizeof *infos, by_protocol_and_start);
  }
  portres__platform_leave(entry);
  if (infos == NULL) {
    return count == 0 ? status : PORTRES_ENOBUFS;
  }
  for (size_t i = 0; i < count && result == PORTRES_OK; i++) {
    result = callback(&infos[i], arg);
  }
  free(infos);
  return result != PORTRES_OK ? result : status;
}

const char* portres_version(void) {
  return PORTRES_VERSION;
}
