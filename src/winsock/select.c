/* select.c - select() over sets that are counted arrays, by poll().
 *
 * What poll() reports is not what Winsock's select() reports: of a connect()
 * that failed only the except set tells, and of a stream that never was
 * connected no set. poll() would return at once for those, again and again, so
 * they are left out of what remains of the wait.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "descriptor.h"
#include "error.h"
#include "memory.h"
#include "startup.h"

enum set_kind { READ, WRITE, EXCEPT, SET_COUNT };

enum { FEW = 3 * PORTRES_WS_FD_SETSIZE };

/* One entry of poll() for each member of each set, in their order. */
struct selection {
  portres_ws_fd_set* sets[SET_COUNT];
  struct pollfd* entries;
  size_t count;
  struct pollfd few[FEW];
};

static const short wanted_events[SET_COUNT] = {POLLIN | POLLRDHUP, POLLOUT,
                                               POLLPRI};

/* --- The sets --- */

/* The caller may have been compiled with a larger FD_SETSIZE than ours. */
static size_t size_of(const portres_ws_fd_set* set) {
  return offsetof(portres_ws_fd_set, fd_array) +
         set->fd_count * sizeof set->fd_array[0];
}

static int check_set(portres_ws_fd_set* set) {
  return set == NULL || (portres__ws_can_read(set, sizeof set->fd_count) &&
                         portres__ws_can_write(set, size_of(set)))
             ? 0
             : -WSAEFAULT;
}

static size_t count_of(const portres_ws_fd_set* set) {
  return set == NULL ? 0 : set->fd_count;
}

/* Members by a pointer, as the array may be longer than ours is declared. */
static SOCKET* members(portres_ws_fd_set* set) {
  return set->fd_array;
}

static int take_member(SOCKET s, struct pollfd* entry) {
  int fd = portres__ws_fd(s);
  bool is_socket = fd >= 0 && (portres__ws_has(fd, PORTRES__WS_IS_KNOWN) ||
                               portres__ws_fact(fd, SO_TYPE) >= 0);

  entry->fd = fd;
  return is_socket ? 0 : -WSAENOTSOCK;
}

static int take_members(struct selection* selection) {
  size_t at = 0;

  for (int kind = 0; kind < SET_COUNT; kind++) {
    portres_ws_fd_set* set = selection->sets[kind];
    for (size_t i = 0; i < count_of(set); i++, at++) {
      int error = take_member(members(set)[i], &selection->entries[at]);
      if (error != 0) {
        return error;
      }
      selection->entries[at].events = wanted_events[kind];
    }
  }
  return 0;
}

static int open_selection(struct selection* selection) {
  selection->count = 0;
  selection->entries = selection->few;
  for (int kind = 0; kind < SET_COUNT; kind++) {
    int error = check_set(selection->sets[kind]);
    if (error != 0) {
      return error;
    }
    selection->count += count_of(selection->sets[kind]);
  }
  if (selection->count == 0) {
    return -WSAEINVAL;
  }
  if (selection->count > FEW) {
    selection->entries = calloc(selection->count, sizeof(struct pollfd));
    if (selection->entries == NULL) {
      return -WSAENOBUFS;
    }
  }
  return take_members(selection);
}

static void close_selection(struct selection* selection) {
  if (selection->entries != selection->few) {
    free(selection->entries);
  }
}

/* --- What is ready --- */

static bool has_failed_to_connect(const struct pollfd* entry) {
  return (entry->revents & (POLLERR | POLLHUP)) != 0 &&
         portres__ws_has(entry->fd, PORTRES__WS_IS_CONNECTING);
}

/* Such a stream is hung up, but nobody has shut it down. */
static bool was_never_connected(const struct pollfd* entry) {
  struct pollfd shut = {.fd = entry->fd, .events = POLLRDHUP};

  return (entry->revents & POLLHUP) != 0 && (entry->revents & POLLERR) == 0 &&
         poll(&shut, 1, 0) == 1 && (shut.revents & POLLRDHUP) == 0;
}

/* From now on an error is not of connect(). */
static void note_connection(const struct pollfd* entry) {
  if ((entry->revents & POLLOUT) != 0 &&
      portres__ws_has(entry->fd, PORTRES__WS_IS_CONNECTING)) {
    portres__ws_set(entry->fd, PORTRES__WS_HAS_CONNECTED, true);
    portres__ws_set(entry->fd, PORTRES__WS_IS_CONNECTING, false);
  }
}

static bool is_ready(const struct pollfd* entry, int kind) {
  if (has_failed_to_connect(entry)) {
    return kind == EXCEPT;
  }
  if (was_never_connected(entry)) {
    return false;
  }
  note_connection(entry);
  switch (kind) {
    case READ:
      return (entry->revents & (POLLIN | POLLRDHUP | POLLERR | POLLHUP)) != 0;
    case WRITE:
      return (entry->revents & (POLLOUT | POLLERR)) != 0;
    default:
      return (entry->revents & POLLPRI) != 0;
  }
}

/* Leave in each set what is ready of it. Returns: how many are. */
static int count_ready(const struct selection* selection, bool is_written) {
  size_t at = 0;
  int total = 0;

  for (int kind = 0; kind < SET_COUNT; kind++) {
    portres_ws_fd_set* set = selection->sets[kind];
    u_int ready = 0;
    for (size_t i = 0; i < count_of(set); i++, at++) {
      if (is_ready(&selection->entries[at], kind)) {
        SOCKET s = members(set)[i];
        if (is_written) {
          members(set)[ready] = s;
        }
        ready++;
      }
    }
    total += (int)ready;
    if (set != NULL && is_written) {
      set->fd_count = ready;
    }
  }
  return total;
}

static bool is_any_closed(const struct selection* selection) {
  for (size_t i = 0; i < selection->count; i++) {
    if ((selection->entries[i].revents & POLLNVAL) != 0) {
      return true;
    }
  }
  return false;
}

static void leave_out_idle(struct selection* selection) {
  for (size_t i = 0; i < selection->count; i++) {
    if (selection->entries[i].revents != 0) {
      selection->entries[i].fd = -1;
      selection->entries[i].revents = 0;
    }
  }
}

/* --- Waiting --- */

enum { NS_PER_US = 1000, NS_PER_S = 1000000000 };

static int64_t now_ns(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* INT64_MAX: no end. Returns: 0, or the negative of a Winsock number. */
static int take_deadline(const struct timeval* timeout, int64_t* out) {
  const int64_t most_s = INT64_MAX / NS_PER_S / 2;

  *out = INT64_MAX;
  if (timeout == NULL) {
    return 0;
  }
  if (!portres__ws_can_read(timeout, sizeof *timeout)) {
    return -WSAEFAULT;
  }
  if (timeout->tv_sec < 0 || timeout->tv_usec < 0) {
    return -WSAEINVAL;
  }
  if (timeout->tv_sec < most_s) {
    *out = now_ns() + (int64_t)timeout->tv_sec * NS_PER_S +
           (int64_t)timeout->tv_usec * NS_PER_US;
  }
  return 0;
}

/* Returns: what ppoll() does; 0 also for a signal. */
static int poll_until(struct selection* selection, int64_t deadline_ns) {
  int64_t left_ns = deadline_ns == INT64_MAX ? 0 : deadline_ns - now_ns();
  struct timespec left = {.tv_sec = left_ns > 0 ? left_ns / NS_PER_S : 0,
                          .tv_nsec = left_ns > 0 ? left_ns % NS_PER_S : 0};
  int count = ppoll(selection->entries, selection->count,
                    deadline_ns == INT64_MAX ? NULL : &left, NULL);

  return count < 0 && errno == EINTR ? 0 : count;
}

static int await(struct selection* selection, int64_t deadline_ns) {
  for (;;) {
    int count = poll_until(selection, deadline_ns);
    if (count < 0) {
      return portres__ws_errno();
    }
    if (is_any_closed(selection)) {
      return -WSAENOTSOCK;
    }
    count = count_ready(selection, false);
    if (count != 0 || (deadline_ns != INT64_MAX && now_ns() >= deadline_ns)) {
      return count_ready(selection, true);
    }
    leave_out_idle(selection);
  }
}

static int select_sets(struct selection* selection,
                       const struct timeval* timeout) {
  int64_t deadline_ns;
  int result;

  if (!portres__ws_is_started()) {
    return -WSANOTINITIALISED;
  }
  result = take_deadline(timeout, &deadline_ns);
  if (result != 0) {
    return result;
  }
  result = open_selection(selection);
  if (result == 0) {
    result = await(selection, deadline_ns);
  }
  close_selection(selection);
  return result;
}

int portres_ws_select(int nfds,
                      portres_ws_fd_set* readfds,
                      portres_ws_fd_set* writefds,
                      portres_ws_fd_set* exceptfds,
                      const struct timeval* timeout) {
  int saved_errno = errno;
  struct selection selection;

  (void)nfds; /* Windows: for compatibility only */
  selection.sets[READ] = readfds;
  selection.sets[WRITE] = writefds;
  selection.sets[EXCEPT] = exceptfds;
  return portres__ws_answer(select_sets(&selection, timeout), saved_errno);
}

int __WSAFDIsSet(SOCKET s, portres_ws_fd_set* set) {
  for (size_t i = 0; i < count_of(set); i++) {
    if (members(set)[i] == s) {
      return 1;
    }
  }
  return 0;
}
