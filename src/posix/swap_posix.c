#include "swap_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>

#include "address_posix.h"
#include "alone_posix.h"
#include "beside_posix.h"
#include "copies_posix.h"
#include "engine.h"
#include "guard_posix.h"
#include "kernel_posix.h"
#include "real_posix.h"

enum {
  PATIENCE = 1000, /* turns of another thread, while it has the slot */
  LISTEN_PAUSE_NS = 100000,
  LISTEN_PAUSES = 200 /* 20 ms and more: an exec on a busy machine */
};

/* --- The program's socket --- */

/* A swap is several calls, and amid them another thread may close the
 * descriptor: a file that gets its number, or a stranger dup2() puts there,
 * must not be what we change, nor a socket that has other descriptors be left
 * as we changed it. With a copy they all go to one socket. Where no more
 * descriptors are to be had the program's own must do. */
static int begin_with_user(struct portres__slot* slot, int fd) {
  int saved_errno = errno;

  if (portres__is_alone()) {
    return fd;
  }
  if (portres__kept_install_copy(&slot->user, fd)) {
    fd = portres__kept_begin(&slot->user);
  } else if (errno == EBADF) {
    fd = -1; /* the number may be another file's by now */
  }
  errno = saved_errno;
  return fd;
}

/* Before the books say that the socket has the port, or has it no more. */
static void end_with_user(struct portres__slot* slot) {
  if (atomic_load(&slot->user.fd) >= 0) {
    portres__kept_end(&slot->user);
    portres__kept_close(&slot->user);
  }
}

/* --- Bind --- */

static bool is_wildcard(const union portres__address* address) {
  static const unsigned char mapped[16] = {[10] = 0xff, 0xff};

  return address->any.sa_family == AF_INET6
             ? IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr) ||
                   memcmp(&address->in6.sin6_addr, mapped, sizeof mapped) == 0
             : address->in.sin_addr.s_addr == 0;
}

/* TCP's guard would forbid listen(). UDP's may stay beside a socket that the
 * kernel prefers when a datagram comes: one that is bound to an address, or
 * one of IPv4, the guard being of IPv6. For others it steps aside. So the rest
 * of the port stays guarded, and the port itself when the socket is closed,
 * even if a forked child is the last one to do so. */
static enum portres__beside_fate fate_of(const struct portres__guards* guards,
                                         const struct sockaddr* address,
                                         socklen_t address_len) {
  union portres__address copy = {.any = {0}};

  if (guards->protocol != PORTRES_UDP) {
    return PORTRES__BESIDE_ENDS;
  }
  memcpy(&copy, address, address_len < sizeof copy ? address_len : sizeof copy);
  return !is_wildcard(&copy) || (copy.any.sa_family != AF_INET6 &&
                                 portres__guard_is_always_of_ipv6())
             ? PORTRES__BESIDE_STAYS
             : PORTRES__BESIDE_ASIDE;
}

/* Before: the slot is taken. After: it is given back. */
static int slip_in(const struct portres__reservation* reservation,
                   struct portres__slot* slot,
                   int fd,
                   const struct sockaddr* address,
                   socklen_t address_len) {
  struct portres__beside pair = {
      .newcomer = begin_with_user(slot, fd),
      .holder = portres__kept_begin(&slot->kept),
      .aside = -1,
      .fate = fate_of(reservation->guards, address, address_len)};
  struct portres__beside_outcome outcome;
  int result = portres__beside_bind(&pair, address, address_len, &outcome);
  enum portres__slot_state state =
      outcome.is_aside ? PORTRES__SLOT_ASIDE
      : result != 0 || pair.fate == PORTRES__BESIDE_STAYS
          ? PORTRES__SLOT_GUARDED
          : PORTRES__SLOT_BARE;

  portres__kept_end(&slot->kept);
  end_with_user(slot);
  if (state == PORTRES__SLOT_BARE) {
    portres__guard_close(&slot->kept);
  }
  portres__slot_give(reservation, slot, state);
  return result;
}

/* No handler runs meanwhile, for it may leave by a jump, or take its time while
 * the two sockets bear others; and a fork waits. */
static int slip_in_undisturbed(const struct portres__reservation* reservation,
                               struct portres__slot* slot,
                               int fd,
                               const struct sockaddr* address,
                               socklen_t address_len) {
  struct portres__guard_entry entry;
  int result;

  portres__guard_enter_patiently(&entry);
  result = slip_in(reservation, slot, fd, address, address_len);
  portres__guard_leave(&entry);
  return result;
}

/* Another socket has the port, of this process or of a child, or a connection
 * is left of one: whether it bears the new one is the kernel's to judge, by the
 * flags that the program gave them, and not by ours. */
static void dismiss(const struct portres__reservation* reservation,
                    struct portres__slot* slot) {
  struct portres__guard_entry entry;

  portres__guard_enter_patiently(&entry);
  portres__guard_close(&slot->kept);
  portres__guard_leave(&entry);
  portres__slot_give(reservation, slot, PORTRES__SLOT_BARE);
}

static bool take_guarded(struct portres__slot* slot, bool* is_unclean_out) {
  *is_unclean_out = portres__slot_take(slot, PORTRES__SLOT_UNCLEAN);
  return *is_unclean_out || portres__slot_take(slot, PORTRES__SLOT_GUARDED);
}

/* The socket that a guard has stepped aside for is closed here, and by now
 * maybe elsewhere, too. A child that was just forked may have a copy of the
 * guard, and would be left alone with it. */
static void call_back(struct portres__reservation* reservation,
                      uint16_t port,
                      struct portres__slot* slot) {
  if (atomic_load(&slot->state) == PORTRES__SLOT_ASIDE &&
      !portres__guard_has_young_child() &&
      !portres__reservation_is_shared(reservation, port)) {
    portres__platform_guard_again(reservation, port);
  }
}

static int bind_beside_aside(struct portres__slot* slot,
                             int fd,
                             const struct sockaddr* address,
                             socklen_t address_len) {
  struct portres__beside pair = {.newcomer = begin_with_user(slot, fd),
                                 .holder = portres__kept_begin(&slot->kept),
                                 .is_holder_aside = true,
                                 .aside = -1,
                                 .fate = PORTRES__BESIDE_STAYS};
  struct portres__beside_outcome unused;
  int result = portres__beside_bind(&pair, address, address_len, &unused);

  portres__kept_end(&slot->kept);
  end_with_user(slot);
  return result;
}

/* No other socket has the port here. If the kernel refuses it for our guard
 * alone, that lets it in as it is, so that copies of it, which a child that is
 * being forked has, do so too. -ENOBUFS: it is to be dismissed. */
static int slip_in_aside(struct portres__slot* slot,
                         int fd,
                         const struct sockaddr* address,
                         socklen_t address_len) {
  struct portres__guard_entry entry;
  int result;

  portres__guard_enter_patiently(&entry);
  result = -portres__guard_ask(&slot->next, fd, address, address_len);
  if (result != -EADDRINUSE &&
      (result != 0 || bind_beside_aside(slot, fd, address, address_len) != 0)) {
    result = -ENOBUFS;
  }
  portres__guard_leave(&entry);
  return result;
}

/* A guard that has stepped aside bears whom the socket's options bear; but not
 * 0.0.0.0 beside a [::] of IPv6 only, nor options that were set later. And it
 * is there yet where it could not be called back: while a fork was under way,
 * or without a descriptor. True: the bind is to be tried again. */
static bool pass_aside(const struct portres__reservation* reservation,
                       uint16_t port,
                       struct portres__slot* slot,
                       int fd,
                       const struct sockaddr* address,
                       socklen_t address_len,
                       int* result_io) {
  int result = -ENOBUFS;

  if (!portres__slot_take(slot, PORTRES__SLOT_ASIDE)) {
    return false;
  }
  if (!portres__reservation_is_shared(reservation, port)) {
    result = slip_in_aside(slot, fd, address, address_len);
  }
  if (result == -ENOBUFS) {
    dismiss(reservation, slot);
    return true;
  }
  portres__slot_give(reservation, slot, PORTRES__SLOT_ASIDE);
  *result_io = result;
  return false;
}

/* Somebody has changed the slot meanwhile, or is at it. */
static bool is_changing(struct portres__slot* slot, int* patience_io) {
  uint8_t state = atomic_load(&slot->state);

  if (state == PORTRES__SLOT_BARE || state == PORTRES__SLOT_ASIDE ||
      *patience_io == 0) {
    return false;
  }
  --*patience_io;
  sched_yield();
  return true;
}

int portres__swap_bind(struct portres__reservation* reservation,
                       uint16_t port,
                       int fd,
                       const struct sockaddr* address,
                       socklen_t address_len) {
  struct portres__slot* slot = portres__guards_slot(reservation->guards, port);
  int patience = PATIENCE;
  bool is_unclean;
  int result;

  portres__guards_retry(reservation);
  do {
    call_back(reservation, port, slot);
    if (take_guarded(slot, &is_unclean)) {
      if (!portres__reservation_is_shared(reservation, port) &&
          (!is_unclean || portres__guard_clean(&slot->kept))) {
        return slip_in_undisturbed(reservation, slot, fd, address, address_len);
      }
      dismiss(reservation, slot);
    }
    result = portres__kernel_bind(fd, address, address_len);
  } while (
      result == -EADDRINUSE &&
      (pass_aside(reservation, port, slot, fd, address, address_len, &result) ||
       (result == -EADDRINUSE && is_changing(slot, &patience))));
  return result;
}

/* --- Close --- */

static bool has_children(void) {
  siginfo_t unused;

  return waitid(P_ALL, 0, &unused, WEXITED | WNOHANG | WNOWAIT) == 0 ||
         errno != ECHILD;
}

/* No other process uses the socket, as far as can be known: we have not forked
 * since it was made known to us, nor sent it; and a program that was started
 * with it, if any, has ended. */
static bool is_private(int fd, const struct portres__endpoint* endpoint) {
  int flags = portres__real()->fcntl(fd, F_GETFD);

  return flags >= 0 && endpoint->era == portres__guard_era() &&
         !portres__copies_is_noted(fd) &&
         ((flags & FD_CLOEXEC) != 0 || !has_children());
}

static bool is_listening(int fd) {
  int is_on = 0;
  socklen_t is_on_len = sizeof is_on;

  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_on, &is_on_len) == 0 &&
         is_on != 0;
}

static bool is_connected(int fd) {
  union portres__address address;
  socklen_t address_len = sizeof address;

  return getpeername(fd, &address.any, &address_len) == 0;
}

/* The socket that is about to be closed. */
struct leaver {
  int fd;
  uint16_t port;
  bool is_shared; /* with other processes, as far as can be known */
};

/* Where a slot is bare, or its guard aside, there is one beside the socket from
 * then on. Returns: the new state. */
static enum portres__slot_state open_beside(
    const struct portres__guards* guards,
    struct portres__slot* slot,
    enum portres__slot_state state,
    const struct leaver* leaver) {
  enum portres__slot_state done = guards->protocol == PORTRES_TCP
                                      ? PORTRES__SLOT_UNCLEAN
                                      : PORTRES__SLOT_GUARDED;
  int holder = begin_with_user(slot, leaver->fd);
  int error =
      holder < 0 ? EBADF
      : state == PORTRES__SLOT_ASIDE
          ? portres__guard_come_back(&slot->kept, &slot->next, leaver->port,
                                     holder)
          : portres__guard_open_beside(&slot->kept, guards->protocol,
                                       leaver->port, holder, leaver->is_shared);

  end_with_user(slot);
  return error == 0 ? done : state;
}

/* False: it cannot be. A UDP guard beside a socket that lives on in another
 * process would take its datagrams: one that has stepped aside stays there for
 * now. TCP's shows whether it does, once we have closed ours. */
static bool guard_beside(const struct portres__reservation* reservation,
                         struct portres__slot* slot,
                         const struct leaver* leaver) {
  enum portres__slot_state before = PORTRES__SLOT_BARE;
  enum portres__slot_state after;
  struct portres__guard_entry entry;

  if (leaver->is_shared && reservation->protocol == PORTRES_UDP) {
    return false;
  }
  if (portres__slot_take(slot, PORTRES__SLOT_ASIDE)) {
    before = PORTRES__SLOT_ASIDE;
  } else if (!portres__slot_take(slot, PORTRES__SLOT_BARE)) {
    return false;
  }
  after = before;
  if (portres__guard_enter(&entry)) {
    after = open_beside(reservation->guards, slot, before, leaver);
    portres__guard_leave(&entry);
  }
  portres__slot_give(reservation, slot, after);
  return after != before;
}

/* The reservation whose port the endpoint holds; NULL: none, or it has ended.
 * It lives as long as the endpoint does. */
static struct portres__reservation* guarded_of(
    const struct portres__endpoint* endpoint, uint16_t* port_out) {
  uint64_t hold = atomic_load(&endpoint->held);
  struct portres__reservation* reservation;

  *port_out = portres__hold_port(hold);
  if (*port_out == 0) {
    return NULL;
  }
  reservation = portres__reservation_at(portres__hold_index(hold));
  return reservation->guards != NULL &&
                 portres__reservation_is_alive(reservation)
             ? reservation
             : NULL;
}

struct portres__successor portres__swap_before_close(
    int fd, const struct portres__endpoint* endpoint) {
  struct portres__successor successor = {NULL, false, false};
  struct portres__reservation* reservation;
  int saved_errno = errno;
  struct leaver leaver = {.fd = fd};
  struct portres__slot* slot;

  if (!portres__slab_is_last(endpoint)) {
    return successor;
  }
  reservation = guarded_of(endpoint, &leaver.port);
  if (reservation == NULL) {
    return successor;
  }
  slot = portres__guards_slot(reservation->guards, leaver.port);
  leaver.is_shared = !is_private(fd, endpoint);
  if (!portres__reservation_is_shared(reservation, leaver.port) &&
      guard_beside(reservation, slot, &leaver)) {
    successor.slot = slot;
    successor.is_unclean = reservation->protocol == PORTRES_TCP;
    successor.may_listen_yet = reservation->protocol == PORTRES_TCP &&
                               !is_listening(fd) && !is_connected(fd);
  }
  errno = saved_errno;
  return successor;
}

/* The slot is taken. Who shares the port yet is a connection, or a copy of the
 * socket in another process: if that may want to listen, the guard must go. */
static void settle(const struct portres__reservation* reservation,
                   struct portres__successor successor) {
  bool is_clean = portres__guard_clean(&successor.slot->kept);

  if (!is_clean) {
    atomic_store(&reservation->guards->is_lacking, true);
  }
  if (!is_clean && successor.may_listen_yet) {
    dismiss(reservation, successor.slot);
  } else {
    portres__slot_give(
        reservation, successor.slot,
        is_clean ? PORTRES__SLOT_GUARDED : PORTRES__SLOT_UNCLEAN);
  }
}

/* The child may have the socket, and the guard would take its datagrams. */
static bool was_forked_meanwhile(const struct portres__endpoint* endpoint) {
  return atomic_load(&endpoint->protocol) == PORTRES_UDP &&
         endpoint->era != portres__guard_era();
}

/* Another descriptor of the socket may have come up meanwhile. */
void portres__swap_after_close(struct portres__successor successor,
                               const struct portres__endpoint* endpoint) {
  struct portres__reservation* reservation;
  uint16_t port;

  if (!portres__slab_is_last(endpoint) || was_forked_meanwhile(endpoint)) {
    portres__swap_undo(successor, endpoint);
    return;
  }
  reservation = guarded_of(endpoint, &port);
  if (reservation != NULL && successor.is_unclean &&
      portres__slot_take(successor.slot, PORTRES__SLOT_UNCLEAN)) {
    settle(reservation, successor);
  }
}

void portres__swap_undo(struct portres__successor successor,
                        const struct portres__endpoint* endpoint) {
  uint16_t port;
  struct portres__reservation* reservation = guarded_of(endpoint, &port);
  bool is_unclean;

  if (reservation == NULL || !take_guarded(successor.slot, &is_unclean)) {
    return;
  }
  if (reservation->protocol == PORTRES_UDP &&
      portres__guard_step_aside(&successor.slot->kept)) {
    portres__slot_give(reservation, successor.slot, PORTRES__SLOT_ASIDE);
  } else {
    dismiss(reservation, successor.slot);
  }
}

/* --- Listen --- */

bool portres__swap_may_listen_yet(const struct portres__endpoint* endpoint,
                                  int* patience_io) {
  const struct timespec pause = {0, LISTEN_PAUSE_NS};
  uint16_t port;

  if (*patience_io == 0) {
    *patience_io = LISTEN_PAUSES;
  }
  if (--*patience_io == 0 || guarded_of(endpoint, &port) == NULL) {
    return false;
  }
  nanosleep(&pause, NULL);
  errno = EADDRINUSE;
  return true;
}
