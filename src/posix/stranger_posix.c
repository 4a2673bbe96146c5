/* stranger_posix.c - sockets that are nobody's, for tests: each keeps a port
 * busy.
 *
 * They live in somebody else's process. So their descriptors are high, where a
 * program hardly looks, and are known by the identities of their sockets: what
 * the program has closed is not ours to close again, though the number may be
 * in use. The table changes under the probe lock only, which a fork waits for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "address_posix.h"
#include "descriptor_posix.h"
#include "guards_posix.h"
#include "platform.h"
#include "probe_posix.h"
#include "process_posix.h"
#include "real_posix.h"
#include "socket_posix.h"
#include "status_posix.h"

enum {
  STRANGER_MAX = 256,
  STRANGER_FDS = STRANGER_MAX * PORTRES__PROBE_SOCKETS,
  /* High for select() and for loops, low for the kernel's table. */
  HIGHEST_FD = 4096,
  LOWEST_FD = 512
};

struct stranger {
  enum portres_protocol protocol;
  uint16_t port;
  struct portres__probe probe; /* -1: closed, by a fork or by the program */
  uint64_t identities[PORTRES__PROBE_SOCKETS];
};

static struct stranger strangers[STRANGER_MAX];
static int stranger_count;

/* Where the limit on descriptors is low, they are where it allows. */
static int raise_descriptor(int fd) {
  struct rlimit limit;
  int lowest = HIGHEST_FD - STRANGER_FDS;
  int raised = -1;

  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < HIGHEST_FD) {
    lowest = (int)limit.rlim_cur - STRANGER_FDS;
  }
  if (lowest >= LOWEST_FD) {
    raised = portres__real()->fcntl(fd, F_DUPFD_CLOEXEC, lowest);
  }
  if (raised < 0) {
    return fd;
  }
  portres__real()->close(fd);
  return raised;
}

static bool is_ours(const struct stranger* stranger, int index) {
  int fd = stranger->probe.fds[index];

  return fd >= 0 && portres__socket_identity(fd) == stranger->identities[index];
}

/* All that it ever had. */
static bool is_there(const struct stranger* stranger) {
  bool has_any = false;

  for (int i = 0; i < PORTRES__PROBE_SOCKETS; i++) {
    if (stranger->probe.fds[i] >= 0 && !is_ours(stranger, i)) {
      return false;
    }
    has_any = has_any || stranger->probe.fds[i] >= 0;
  }
  return has_any;
}

static void move_out(struct stranger* stranger) {
  for (int i = 0; i < PORTRES__PROBE_SOCKETS; i++) {
    if (is_ours(stranger, i)) {
      portres__real()->close(stranger->probe.fds[i]);
    }
    stranger->probe.fds[i] = -1;
  }
}

/* Returns: 0 or an errno value. */
static int move_in(struct stranger* stranger) {
  struct portres__probe probe;
  int error;

  move_out(stranger);
  error = portres__probe_open(stranger->protocol, stranger->port, &probe);
  for (int i = 0; i < PORTRES__PROBE_SOCKETS && error == 0; i++) {
    if (probe.fds[i] >= 0) {
      stranger->probe.fds[i] =
          portres__descriptor_is_made(raise_descriptor(probe.fds[i]));
      stranger->identities[i] =
          portres__socket_identity(stranger->probe.fds[i]);
    }
  }
  return error;
}

static struct stranger* find(enum portres_protocol protocol, uint16_t port) {
  for (int i = 0; i < stranger_count; i++) {
    if (strangers[i].protocol == protocol && strangers[i].port == port) {
      return &strangers[i];
    }
  }
  return NULL;
}

static int add(enum portres_protocol protocol, uint16_t port) {
  struct stranger* stranger = find(protocol, port);
  bool is_new = stranger == NULL;
  int error;

  if (is_new && stranger_count == STRANGER_MAX) {
    return PORTRES_ENOBUFS;
  }
  if (is_new) {
    stranger = &strangers[stranger_count];
    stranger->protocol = protocol;
    stranger->port = port;
    stranger->probe = (struct portres__probe){{-1, -1}};
  }
  if (is_there(stranger)) {
    return PORTRES_OK;
  }
  error = move_in(stranger);
  if (error != 0) {
    return portres__status_from_errno(error);
  }
  stranger_count += is_new;
  return PORTRES_OK;
}

int portres__platform_add_stranger(enum portres_protocol protocol,
                                   uint16_t port) {
  int status;

  portres__platform_lock_engine();
  portres__guards_yield(protocol, port);
  portres__platform_unlock_engine();

  portres__process_lock_probe();
  status = add(protocol, port);
  portres__process_unlock_probe();
  return status;
}

void portres__platform_renew_strangers(void) {
  portres__process_lock_probe();
  for (int i = 0; i < stranger_count; i++) {
    if (!is_there(&strangers[i])) {
      move_in(&strangers[i]);
    }
  }
  portres__process_unlock_probe();
}

void portres__platform_drop_strangers(void) {
  portres__process_lock_probe();
  for (int i = 0; i < stranger_count; i++) {
    move_out(&strangers[i]);
  }
  stranger_count = 0;
  portres__process_unlock_probe();
}

void portres__platform_forget_strangers(void) {
  int saved_errno = errno;

  for (int i = 0; i < stranger_count; i++) {
    move_out(&strangers[i]);
  }
  errno = saved_errno;
}
