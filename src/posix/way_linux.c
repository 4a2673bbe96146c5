/* way_linux.c - the rights that let one socket bind beside another one.
 *
 * CAP_CHOWN and CAP_NET_RAW are asked for by trying, on a socket of our own:
 * in a user namespace one may have them, and not for this network. A process
 * may lose them at any time, and a thread alone: capget() tells. One that gains
 * them later goes on without.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "real_posix.h"
#include "way_posix.h"

enum { PROBED = 0x100 };

static _Atomic unsigned known;

/* Anybody may bind a socket to a device, and only who has the right may undo
 * it. */
static unsigned probe_with(int fd) {
  unsigned rights = PROBED;

  if (portres__way_set_owner(fd, portres__way_draw_owner()) == 0) {
    rights |= PORTRES__WAY_OWNER;
  }
  if (portres__way_set_device(fd, PORTRES__WAY_NO_DEVICE) == 0 &&
      portres__way_set_device(fd, 0) == 0) {
    rights |= PORTRES__WAY_DEVICE;
  }
  return rights;
}

static unsigned probe(void) {
  int saved_errno = errno;
  int fd = portres__real()->socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  unsigned rights = 0; /* none for now: to be asked again */

  if (fd >= 0) {
    rights = probe_with(fd);
    portres__real()->close(fd);
    atomic_store(&known, rights);
  }
  errno = saved_errno;
  return rights;
}

static bool has(uint32_t effective, unsigned capability) {
  return (effective >> capability & 1) != 0;
}

static unsigned still(unsigned rights) {
  struct __user_cap_header_struct header = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
  int saved_errno = errno;

  if (portres__real()->syscall(SYS_capget, &header, data) != 0) {
    errno = saved_errno;
    return 0;
  }
  if (!has(data[0].effective, CAP_CHOWN)) {
    rights &= ~(unsigned)PORTRES__WAY_OWNER;
  }
  if (!has(data[0].effective, CAP_NET_RAW)) {
    rights &= ~(unsigned)PORTRES__WAY_DEVICE;
  }
  return rights;
}

unsigned portres__way_rights(void) {
  unsigned rights = atomic_load_explicit(&known, memory_order_relaxed);

  if (rights == 0) {
    rights = probe();
  }
  rights &= ~(unsigned)PROBED;
  return rights == 0 ? 0 : still(rights);
}

/* Neither a real user's, nor -1 or -2. */
unsigned portres__way_draw_owner(void) {
  static _Atomic unsigned drawn;

  return 0x90000000u | (atomic_fetch_add(&drawn, 1) & 0xffffff);
}

/* --- Silence --- */

void portres__way_deafen(int fd) {
  struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog program = {1, &drop};

  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
