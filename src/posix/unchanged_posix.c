#include "unchanged_posix.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address_posix.h"
#include "bind_posix.h"
#include "block.h"
#include "endpoint.h"
#include "engine.h"
#include "fdtable_posix.h"
#include "platform.h"
#include "process_posix.h"
#include "real_posix.h"
#include "status_posix.h"

enum { REQUEST_MAX = 16, LINE_MAX_LEN = 512 };

/* One block asked for. */
struct request {
  enum portres_protocol protocol;
  struct portres_range range; /* as granted, once it is */
  portres_token token;        /* 0 until then */
  bool is_complained_of;
};

_Atomic int portres__unchanged_state;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct request requests[REQUEST_MAX];
static size_t request_count;
static const char* malformed; /* why; NULL: it is not */
static bool is_parsed;
static bool is_malformed_complained_of;

/* --- The environment
 * ---------------------------------------------------------- */

void portres__unchanged_read_environment(void) {
  const char* blocks = secure_getenv("PORTRES_BLOCK");
  const char* outgoing = secure_getenv("PORTRES_OUTGOING");
  int state = PORTRES__UNCHANGED_OFF;

  if (blocks != NULL && *blocks != '\0' && !portres__real_is_second()) {
    state = outgoing != NULL && strcmp(outgoing, "1") == 0
                ? PORTRES__UNCHANGED_OUTGOING
                : PORTRES__UNCHANGED_ON;
  }
  atomic_store(&portres__unchanged_state, state);
}

static const char* parse_number(const char* text, uint16_t* out) {
  unsigned long value = 0;
  const char* at = text;

  for (; *at >= '0' && *at <= '9' && value <= PORTRES__PORT_MAX; at++) {
    value = value * 10 + (unsigned long)(*at - '0');
  }
  if (at == text || value > PORTRES__PORT_MAX) {
    return NULL;
  }
  *out = (uint16_t)value;
  return at;
}

static const char* parse_protocol(const char* text,
                                  enum portres_protocol* out) {
  if (strncmp(text, "tcp:", 4) == 0) {
    *out = PORTRES_TCP;
  } else if (strncmp(text, "udp:", 4) == 0) {
    *out = PORTRES_UDP;
  } else {
    return NULL;
  }
  return text + 4;
}

/* The text after the request; NULL and a reason in `malformed`. */
static const char* parse_request(const char* text, struct request* out) {
  const char* at = parse_protocol(text, &out->protocol);

  if (at == NULL) {
    malformed = "a block begins with tcp: or udp:";
    return NULL;
  }
  at = parse_number(at, &out->range.start);
  if (at == NULL || *at != ':') {
    malformed = "a start is a number from 0 to 65535, and a colon follows";
    return NULL;
  }
  at = parse_number(at + 1, &out->range.count);
  if (at == NULL || (*at != '\0' && *at != ',')) {
    malformed = "a count is a number from 1 to 65535, and ends the block";
    return NULL;
  }
  if (!portres__block_fits(out->range)) {
    malformed = "a block has at least 1 port and none past 65535";
    return NULL;
  }
  return at;
}

static void parse(const char* text) {
  const char* at = text;

  for (;;) {
    if (request_count == REQUEST_MAX) {
      malformed = "at most 16 blocks";
      return;
    }
    at = parse_request(at, &requests[request_count]);
    if (at == NULL) {
      return;
    }
    request_count++;
    if (*at == '\0') {
      return;
    }
    at++;
  }
}

/* --- Complaints
 * ----------------------------------------------------------------- */

/* One write, so that lines of several processes do not mix. */
static void complain(const char* line, int line_len) {
  size_t len = line_len < LINE_MAX_LEN ? (size_t)line_len : LINE_MAX_LEN - 1;
  ssize_t ignored = write(STDERR_FILENO, line, len);
  (void)ignored;
}

static void complain_of_value(void) {
  char line[LINE_MAX_LEN];

  if (!is_malformed_complained_of) {
    is_malformed_complained_of = true;
    complain(line,
             snprintf(line, sizeof line,
                      "portres: PORTRES_BLOCK=\"%.200s\": %s; binds fail\n",
                      secure_getenv("PORTRES_BLOCK"), malformed));
  }
}

static void complain_of_request(struct request* request, int status) {
  char line[LINE_MAX_LEN];

  if (!request->is_complained_of) {
    request->is_complained_of = true;
    complain(line,
             snprintf(line, sizeof line,
                      "portres: PORTRES_BLOCK: no block %s:%u:%u: %s (%s); "
                      "binds that need it fail\n",
                      request->protocol == PORTRES_TCP ? "tcp" : "udp",
                      request->range.start, request->range.count,
                      portres_strerror(status), portres_error_name(status)));
  }
}

/* --- Blocks ------------------------------------------------------------------
 */

static int acquire(struct request* request) {
  struct portres_options options = {.size = sizeof options,
                                    .range = request->range,
                                    .label = "PORTRES_BLOCK"};
  struct portres_reservation granted;
  int status;

  if (request->token != 0) {
    return PORTRES_OK;
  }
  status = portres__platform_default_scope(&options.scope);
  if (status == PORTRES_OK) {
    status = portres__engine_reserve_inherited(request->protocol, &options,
                                               &granted);
  }
  if (status == PORTRES_OK) {
    request->range = granted.range;
    request->token = granted.token;
  } else {
    complain_of_request(request, status);
  }
  return status;
}

/* A request that serves a bind of this protocol to this port (0: any port), at
 * `*index_io` or after it. Blocks that start anywhere are acquired to know
 * where they are. NULL: none. */
static struct request* find_request(enum portres_protocol protocol,
                                    uint16_t port,
                                    size_t* index_io,
                                    int* status_out) {
  for (; *index_io < request_count; ++*index_io) {
    struct request* request = &requests[*index_io];
    if (request->protocol != protocol) {
      continue;
    }
    *status_out = PORTRES_OK;
    if (port != 0 && request->range.start == 0 && request->token == 0) {
      *status_out = acquire(request);
    }
    if (port == 0 || (request->range.start != 0 &&
                      portres__block_contains(request->range, port))) {
      return request;
    }
  }
  return NULL;
}

/* The token of the next block that serves, or 0 with PORTRES_OK: none does.
 * A range that is still being looked for may not serve a later explicit port,
 * so that is left to the kernel. */
static int next_token(enum portres_protocol protocol,
                      uint16_t port,
                      size_t* index_io,
                      portres_token* token_out) {
  struct portres__platform_entry entry = portres__platform_enter();
  struct request* request;
  int status = PORTRES_OK;

  pthread_mutex_lock(&lock);
  *token_out = 0;
  if (!is_parsed) {
    is_parsed = true;
    parse(secure_getenv("PORTRES_BLOCK"));
  }
  if (malformed != NULL) {
    complain_of_value();
    status = PORTRES_EINVAL;
  } else {
    request = find_request(protocol, port, index_io, &status);
    status = request != NULL ? acquire(request) : PORTRES_OK;
    *token_out = request != NULL ? request->token : 0;
    ++*index_io;
  }
  pthread_mutex_unlock(&lock);
  portres__platform_leave(entry);
  return status;
}

/* --- Binds
 * --------------------------------------------------------------------- */

struct attempt {
  int fd;
  const struct portres__socket_facts* facts;
  const struct sockaddr* address;
  socklen_t address_len;
};

/* As associated with this token, and after a failure as before: the program
 * may go on to a port that is none of ours. */
static int bind_with(const struct attempt* attempt, portres_token token) {
  struct portres__platform_entry entry = portres__platform_enter();
  int status = portres__engine_associate(attempt->fd, attempt->facts, token);
  portres__handle handle = portres__fdtable_get(attempt->fd);
  int result;

  portres__platform_leave(entry);
  if (status != PORTRES_OK || handle == 0) {
    errno = portres__status_to_errno(status);
    return -1;
  }
  result = portres__bind_associated(attempt->fd, handle, attempt->address,
                                    attempt->address_len);
  if (result != 0) {
    atomic_store(&portres__endpoint_peek(handle)->association, 0);
  }
  return result;
}

/* True: it counts as associated, and this is the result. Several blocks of one
 * protocol serve one after the other. */
static bool bind_from_blocks(const struct attempt* attempt,
                             uint16_t port,
                             int* result_out) {
  bool is_served = false;
  size_t index = 0;

  for (;;) {
    portres_token token;
    int status = next_token(attempt->facts->protocol, port, &index, &token);

    if (status != PORTRES_OK) {
      errno = portres__status_to_errno(status);
      *result_out = -1;
      return true;
    }
    if (token == 0) {
      return is_served;
    }
    is_served = true;
    *result_out = bind_with(attempt, token);
    if (*result_out == 0 || errno != ENOBUFS || port != 0) {
      return true;
    }
  }
}

static bool is_unbound_inet(int fd, struct portres__socket_facts* facts_out) {
  int saved_errno = errno;
  bool is_unbound =
      portres__platform_socket_facts(fd, facts_out) == PORTRES_OK &&
      !facts_out->is_bound;

  errno = saved_errno;
  return is_unbound;
}

bool portres__unchanged_bind(int fd,
                             const struct sockaddr* address,
                             socklen_t address_len,
                             int* result_out) {
  struct portres__socket_facts facts;
  struct attempt attempt = {fd, &facts, address, address_len};

  if (portres__address_length(address, address_len) == 0 ||
      !is_unbound_inet(fd, &facts)) {
    return false;
  }
  portres__process_notice_fork();
  return bind_from_blocks(&attempt, portres__address_port(address), result_out);
}

int portres__unchanged_bind_implicitly(int fd) {
  union portres__address address;
  struct portres__socket_facts facts;
  struct attempt attempt = {fd, &facts, &address.any, sizeof address};
  int result = 0;

  if (!is_unbound_inet(fd, &facts)) {
    return 0;
  }
  portres__process_notice_fork();
  memset(&address, 0, sizeof address);
  address.any.sa_family = (sa_family_t)facts.family;
  return bind_from_blocks(&attempt, 0, &result) ? result : 0;
}

void portres__unchanged_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
}
