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

/* Users and devices that there are none of. */
enum {
  NOBODYS_UID = 0x70727472,
  NO_DEVICE = 0x70727472,
  NO_OTHER_DEVICE = NO_DEVICE + 1
};

enum { PROBED = 0x100 };

static _Atomic unsigned known;

static int set_device(int fd, int device) {
  return setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, sizeof device) ==
                 0
             ? 0
             : errno;
}

/* Anybody may bind a socket to a device, and only who has the right may undo
 * it. */
static unsigned probe_with(int fd) {
  unsigned rights = PROBED;

  if (fchown(fd, NOBODYS_UID, (gid_t)-1) == 0) {
    rights |= PORTRES__WAY_OWNER;
  }
  if (set_device(fd, NO_DEVICE) == 0 && set_device(fd, 0) == 0) {
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

/* --- Owners --- */

int portres__way_lend(int user, int guard, struct portres__way_owners* out) {
  struct stat user_status;
  struct stat guard_status;
  int error;

  if (fstat(user, &user_status) != 0 || fstat(guard, &guard_status) != 0) {
    return errno;
  }
  if (!S_ISSOCK(user_status.st_mode)) {
    return ENOTSOCK;
  }
  out->of_user = user_status.st_uid;
  out->of_guard = guard_status.st_uid;
  if (fchown(user, NOBODYS_UID, (gid_t)-1) != 0) {
    return errno;
  }
  if (fchown(guard, NOBODYS_UID, (gid_t)-1) != 0) {
    error = errno;
    fchown(user, out->of_user, (gid_t)-1);
    return error;
  }
  return 0;
}

void portres__way_return(int user,
                         int guard,
                         struct portres__way_owners owners) {
  fchown(user, owners.of_user, (gid_t)-1);
  if (guard >= 0) {
    fchown(guard, owners.of_guard, (gid_t)-1);
  }
}

/* --- Devices --- */

int portres__way_part(int user, int guard, int* device_out) {
  socklen_t device_len = sizeof *device_out;
  int error;

  if (getsockopt(user, SOL_SOCKET, SO_BINDTOIFINDEX, device_out, &device_len) !=
      0) {
    return errno;
  }
  error = set_device(guard, NO_DEVICE);
  if (error == 0 && *device_out == 0) {
    error = set_device(user, NO_OTHER_DEVICE);
    if (error != 0) {
      set_device(guard, 0);
    }
  }
  return error;
}

void portres__way_join(int user, int guard, int device) {
  if (device == 0) {
    set_device(user, 0);
  }
  if (guard >= 0) {
    set_device(guard, 0);
  }
}

/* --- Silence --- */

void portres__way_deafen(int fd) {
  struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  struct sock_fprog program = {1, &drop};

  setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
