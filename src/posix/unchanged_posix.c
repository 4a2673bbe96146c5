#include "unchanged_posix.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "address_posix.h"
#include "ask_posix.h"
#include "bind_posix.h"
#include "block.h"
#include "complaint_posix.h"
#include "endpoint.h"
#include "engine.h"
#include "environment_posix.h"
#include "fdtable_posix.h"
#include "platform.h"
#include "process_posix.h"
#include "rare.h"
#include "real_posix.h"
#include "status_posix.h"
#include "testing.h"

/* What became of a block of the environment. */
struct request {
  struct portres_reservation granted; /* token 0: it is not */
  bool has_failed;
  _Atomic int complaint; /* status that is to be complained of, or 0 */
};

PORTRES__HOT _Atomic int portres__unchanged_state;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct request requests[PORTRES__ENVIRONMENT_BLOCKS];
static _Atomic bool is_malformed_complained_of;

void portres__unchanged_read_environment(void) {
  const struct portres__environment* environment = portres__environment();
  int state = PORTRES__UNCHANGED_OFF;

  if (environment->has_blocks && !portres__real_is_second()) {
    state = environment->is_outgoing ? PORTRES__UNCHANGED_OUTGOING
                                     : PORTRES__UNCHANGED_ON;
  }
  atomic_store(&portres__unchanged_state, state);
}

static void complain_of_value(void) {
  portres__complaint("PORTRES_BLOCK=\"%.200s\": %s; binds fail",
                     portres__environment()->value,
                     portres__environment()->malformed);
}

static void complain_of_block(size_t index, int status) {
  enum portres_protocol protocol =
      portres__environment()->blocks[index].protocol;
  struct portres_range range = portres__environment()->blocks[index].range;

  portres__complaint(
      "PORTRES_BLOCK: no block %s:%u:%u: %s (%s); binds that need it fail",
      protocol == PORTRES_TCP ? "tcp" : "udp", range.start, range.count,
      portres_strerror(status), portres_error_name(status));
}

/* What is still to be said, once: not with the lock held, for stderr may be a
 * pipe that nobody reads. */
static void complain(void) {
  if (portres__environment()->malformed != NULL &&
      !atomic_exchange(&is_malformed_complained_of, true)) {
    complain_of_value();
  }
  for (size_t i = 0; i < portres__environment()->block_count; i++) {
    int status = atomic_exchange(&requests[i].complaint, PORTRES_OK);
    if (status != PORTRES_OK) {
      complain_of_block(i, status);
    }
  }
}

/* --- Blocks --- */

static int acquire(int fd, size_t index) {
  struct request* request = &requests[index];
  struct portres_options options = {
      .size = sizeof options,
      .range = portres__environment()->blocks[index].range,
      .label = "PORTRES_BLOCK"};
  int status;

  if (request->granted.token != 0) {
    return PORTRES_OK;
  }
  status = portres__testing_status(PORTRES_TESTING_ACQUIRE);
  if (status == PORTRES_OK) {
    status = portres__platform_default_scope(&options.scope);
  }
  if (status == PORTRES_OK) {
    status = portres__engine_reserve_inherited(
        fd, portres__environment()->blocks[index].protocol, &options,
        &request->granted);
  }
  if (status != PORTRES_OK && !request->has_failed) {
    request->has_failed = true;
    atomic_store(&request->complaint, status);
  }
  return status;
}

/* Whether the block serves a bind of this protocol to this port (0: any port).
 * One that starts anywhere is acquired to know where it is; if that fails, an
 * explicit port is none of its own. */
static bool serves(int fd,
                   size_t index,
                   enum portres_protocol protocol,
                   uint16_t port) {
  const struct portres__environment* environment = portres__environment();
  struct portres_range range = environment->blocks[index].range;

  if (environment->blocks[index].protocol != protocol) {
    return false;
  }
  if (port == 0) {
    return true;
  }
  if (range.start == 0) {
    if (acquire(fd, index) != PORTRES_OK) {
      return false;
    }
    range = requests[index].granted.range;
  }
  return portres__block_contains(range, port);
}

/* The token of the first block from `*index_io` on that serves; 0 with
 * PORTRES_OK: none does. `*index_io` goes behind it. */
static int find_token(int fd,
                      enum portres_protocol protocol,
                      uint16_t port,
                      size_t* index_io,
                      portres_token* token_out) {
  const size_t count = portres__environment()->block_count;
  int status;

  *token_out = 0;
  while (*index_io < count && !serves(fd, *index_io, protocol, port)) {
    ++*index_io;
  }
  if (*index_io == count) {
    return PORTRES_OK;
  }
  status = acquire(fd, *index_io);
  *token_out = requests[*index_io].granted.token;
  ++*index_io;
  return status;
}

static int next_token(int fd,
                      enum portres_protocol protocol,
                      uint16_t port,
                      size_t* index_io,
                      portres_token* token_out) {
  struct portres__platform_entry entry = portres__platform_enter();
  int status = portres__testing_check();

  portres__unchanged_lock();
  if (portres__environment()->malformed != NULL) {
    status = PORTRES_EINVAL;
  }
  if (status == PORTRES_OK) {
    status = find_token(fd, protocol, port, index_io, token_out);
  }
  portres__unchanged_unlock();
  complain();
  portres__platform_leave(entry);
  return status;
}

/* --- Binds --- */

struct attempt {
  int fd;
  enum portres_testing_call call;
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
    portres__endpoint_dissociate(handle);
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
    portres_token token = 0;
    int status =
        next_token(attempt->fd, attempt->facts->protocol, port, &index, &token);

    if (status != PORTRES_OK) {
      errno = portres__status_to_errno(status);
      *result_out = -1;
      return true;
    }
    if (token == 0) {
      return is_served;
    }
    if (!is_served && portres__testing_is_on() &&
        portres__bind_check_testing(attempt->call) != 0) {
      *result_out = -1;
      return true;
    }
    is_served = true;
    *result_out = bind_with(attempt, token);
    if (*result_out == 0 || errno != ENOBUFS || port != 0) {
      return true;
    }
  }
}

/* --- In a tree of processes: portres run --- */

static bool is_of_tree(enum portres_protocol protocol, uint16_t port) {
  const struct portres__environment* environment = portres__environment();

  for (size_t i = 0; i < environment->block_count; i++) {
    if (environment->blocks[i].protocol == protocol &&
        (port == 0 ||
         portres__block_contains(environment->blocks[i].range, port))) {
      return true;
    }
  }
  return false;
}

/* Without its supervisor the block has ended, as when a token has died. */
static int settle_errno(uint16_t port) {
  if (errno == ECONNREFUSED) {
    errno = port == 0 ? ENOBUFS : EACCES;
  } else if (errno == EMFILE || errno == ENFILE || errno == ETOOMANYREFS) {
    errno = ENOBUFS;
  }
  return -1;
}

static int ask_supervisor(const struct attempt* attempt, uint16_t port) {
  if (portres__testing_is_on() &&
      portres__bind_check_testing(attempt->call) != 0) {
    return -1;
  }
  return portres__ask_bind(portres__environment()->tree, attempt->fd,
                           attempt->address, attempt->address_len) == 0
             ? 0
             : settle_errno(port);
}

static bool bind_from_tree(const struct attempt* attempt,
                           uint16_t port,
                           int* result_out) {
  if (!is_of_tree(attempt->facts->protocol, port)) {
    return false;
  }
  *result_out = ask_supervisor(attempt, port);
  return true;
}

/* --- Of a socket that has no port --- */

/* True: it counts as associated, and this is the result. */
static bool bind_unbound(const struct attempt* attempt,
                         uint16_t port,
                         int* result_out) {
  const struct portres__environment* environment = portres__environment();

  return environment->tree != NULL && environment->malformed == NULL
             ? bind_from_tree(attempt, port, result_out)
             : bind_from_blocks(attempt, port, result_out);
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
  struct attempt attempt = {fd, PORTRES_TESTING_BIND, &facts, address,
                            address_len};

  if (portres__address_length(address, address_len) == 0 ||
      !is_unbound_inet(fd, &facts)) {
    return false;
  }
  portres__process_notice_fork();
  return bind_unbound(&attempt, portres__address_port(address), result_out);
}

int portres__unchanged_bind_implicitly(int fd, enum portres_testing_call call) {
  union portres__address address;
  struct portres__socket_facts facts;
  struct attempt attempt = {fd, call, &facts, &address.any, 0};
  int result = 0;

  if (!is_unbound_inet(fd, &facts)) {
    return 0;
  }
  portres__process_notice_fork();
  attempt.address_len = portres__address_any(facts.family, 0, &address);
  return bind_unbound(&attempt, 0, &result) ? result : 0;
}

static uint16_t port_of(int fd) {
  union portres__address address;
  socklen_t address_len = sizeof address;

  return getsockname(fd, &address.any, &address_len) == 0
             ? portres__address_port(&address.any)
             : 0;
}

/* True for a socket that listens with a port of the tree, or is to get one. */
static bool listens_in_tree(int fd, uint16_t* port_out) {
  struct portres__socket_facts facts;
  int saved_errno = errno;
  bool is_concerned =
      portres__platform_socket_facts(fd, &facts) == PORTRES_OK &&
      facts.protocol == PORTRES_TCP;

  *port_out = is_concerned ? port_of(fd) : 0;
  errno = saved_errno;
  return is_concerned && is_of_tree(PORTRES_TCP, *port_out);
}

/* Where the supervisor is no more, nor are its guards. */
bool portres__unchanged_listen(int fd, int backlog, int* result_out) {
  const struct portres__environment* environment = portres__environment();
  int saved_errno = errno;
  uint16_t port;

  if (environment->tree == NULL || environment->malformed != NULL ||
      !listens_in_tree(fd, &port)) {
    return false;
  }
  if (port == 0 && portres__testing_is_on() &&
      portres__bind_check_testing(PORTRES_TESTING_LISTEN) != 0) {
    *result_out = -1;
    return true;
  }
  *result_out = portres__ask_listen(environment->tree, fd, backlog);
  if (*result_out != 0 && errno == ECONNREFUSED && port != 0) {
    errno = saved_errno;
    return false;
  }
  if (*result_out != 0) {
    settle_errno(port);
  }
  return true;
}

void portres__unchanged_lock(void) {
  pthread_mutex_lock(&lock);
}

void portres__unchanged_unlock(void) {
  pthread_mutex_unlock(&lock);
}

/* A raw clone may come amid an acquire: the child does not have that block. */
void portres__unchanged_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  for (size_t i = 0; i < portres__environment()->block_count; i++) {
    if (!portres__engine_has_inherited(requests[i].granted.token)) {
      requests[i].granted.token = 0;
    }
  }
}
