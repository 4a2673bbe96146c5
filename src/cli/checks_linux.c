#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <portres/calls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "checks.h"
#include "cli_scope.h"
#include "guard.h"
#include "platform.h"
#include "runtimedir_posix.h"
#include "sockets.h"
#include "statedir_posix.h"
#include "surroundings.h"
#include "way_posix.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

__attribute__((format(printf, 3, 4))) static void set(struct check_result* out,
                                                      enum check_state state,
                                                      const char* format,
                                                      ...) {
  va_list arguments;

  va_start(arguments, format);
  vsnprintf(out->detail, sizeof out->detail, format, arguments);
  va_end(arguments);
  out->state = state;
}

/* --- Scopes --- */

static int acquire_one(enum portres_scope scope,
                       struct portres_reservation* out) {
  struct portres_options options = {
      .size = sizeof options, .range = {0, 1}, .scope = scope};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int status;

  if (fd < 0) {
    fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  portres_use_calls();
  status = fd < 0 ? PORTRES_ENOBUFS : portres_acquire_with(fd, &options, out);
  if (fd >= 0) {
    portres_close(fd);
  }
  return status;
}

static void look_scope(struct check_result* out,
                       enum portres_scope scope,
                       const char* use) {
  struct portres_reservation granted;
  int status = acquire_one(scope, &granted);

  if (status == PORTRES_OK) {
    set(out, CHECK_YES, "%s", use);
  } else {
    set(out, CHECK_NO, "%s (%s)", portres_strerror(status),
        portres_error_name(status));
  }
}

static void look_process(struct check_result* out) {
  look_scope(out, PORTRES_SCOPE_PROCESS,
             "every bind of the process that made the reservation");
}

static void look_shared(struct check_result* out) {
  look_scope(out, PORTRES_SCOPE_SHARED,
             "and every process of this user that has this library");
}

/* A guard, a socket in its place, and no stranger beside it. */
static int try_guard(enum portres_protocol protocol) {
  struct portres_reservation granted;
  int status = acquire_one(PORTRES_SCOPE_PROCESS, &granted);
  int guard;

  if (status != PORTRES_OK) {
    return ENOBUFS;
  }
  guard = guard_open(protocol, granted.range.start);
  if (guard < 0) {
    return errno;
  }
  if (guard_open(protocol, granted.range.start) >= 0) {
    return EOPNOTSUPP; /* it guards nothing */
  }
  close(guard);
  return 0;
}

static void look_machine(struct check_result* out) {
  int error = try_guard(PORTRES_TCP);

  error = error != 0 ? error : try_guard(PORTRES_UDP);
  if (error != 0) {
    set(out, CHECK_NO, "a guard cannot be had: %s", strerror(error));
  } else if (portres__way_rights() != 0) {
    set(out, CHECK_YES, "no program gets a reserved port");
  } else {
    set(out, CHECK_PARTLY,
        "a program of the same user that sets SO_REUSEPORT may slip in at the "
        "moment of a bind; CAP_CHOWN or CAP_NET_RAW would close that");
  }
}

static void look_descriptors(struct check_result* out) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    set(out, CHECK_NO, "%s", strerror(errno));
    return;
  }
  set(out, cli_scope_guard_limit() > 0 ? CHECK_YES : CHECK_NO,
      "%llu, at most %llu: up to %u ports can be guarded by 'portres run'",
      (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max,
      cli_scope_guard_limit());
}

/* --- Capabilities --- */

static bool has_capability(int number) {
  struct __user_cap_header_struct header = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

  memset(data, 0, sizeof data);
  return syscall(SYS_capget, &header, data) == 0 &&
         (data[number / 32].effective >> (number % 32) & 1) != 0;
}

static void look_capability(struct check_result* out,
                            int number,
                            const char* use) {
  set(out, has_capability(number) ? CHECK_YES : CHECK_NO, "%s", use);
}

static void look_chown(struct check_result* out) {
  look_capability(out, CAP_CHOWN, "guards that nobody can slip beside");
}

static void look_net_raw(struct check_result* out) {
  look_capability(out, CAP_NET_RAW, "another way to the same");
}

static void look_net_admin(struct check_result* out) {
  look_capability(out, CAP_NET_ADMIN,
                  "net.ipv4.ip_local_reserved_ports and the like");
}

static void look_bind_service(struct check_result* out) {
  look_capability(out, CAP_NET_BIND_SERVICE,
                  "ports below net.ipv4.ip_unprivileged_port_start");
}

/* --- The kernel --- */

static void look_ipv6(struct check_result* out) {
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
                                  .sin6_addr = IN6ADDR_LOOPBACK_INIT};

  if (fd < 0) {
    set(out, CHECK_NO, "%s: only IPv4 is reserved, and guarded",
        strerror(errno));
    return;
  }
  if (bind(fd, (struct sockaddr*)&loopback, sizeof loopback) == 0) {
    set(out, CHECK_YES, "one guard keeps IPv4 and IPv6");
  } else {
    set(out, CHECK_PARTLY, "the system has it, but no address ::1: %s",
        strerror(errno));
  }
  close(fd);
}

static void look_option(struct check_result* out, int option, const char* use) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  uint64_t cookie = 0;
  socklen_t cookie_len = sizeof cookie;

  if (fd >= 0 &&
      getsockopt(fd, SOL_SOCKET, option, &cookie, &cookie_len) == 0) {
    set(out, CHECK_YES, "%s", use);
  } else {
    set(out, CHECK_NO, "%s: %s", use, strerror(errno));
  }
  if (fd >= 0) {
    close(fd);
  }
}

static void look_cookie(struct check_result* out) {
  look_option(out, SO_COOKIE, "tells sockets apart");
}

static void look_netns_cookie(struct check_result* out) {
  look_option(out, SO_NETNS_COOKIE, "tells network namespaces apart");
}

static void note_nothing(const struct sockets_entry* entry, void* arg) {
  bool* has_bound = arg;
  *has_bound = *has_bound || strcmp(entry->state, "BOUND") == 0;
}

/* A socket of TCP that is bound and nothing more is told of since Linux 6.8. */
static bool tells_of_bound(int* error_out) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t address_len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct portres_range port = {1, 1};
  bool has_bound = false;

  if (fd >= 0 && bind(fd, (struct sockaddr*)&address, address_len) == 0 &&
      getsockname(fd, (struct sockaddr*)&address, &address_len) == 0) {
    port.start = ntohs(address.sin_port);
  }
  *error_out = sockets_each(PORTRES_TCP, port, note_nothing, &has_bound);
  if (fd >= 0) {
    close(fd);
  }
  return has_bound;
}

static void look_sock_diag(struct check_result* out) {
  int error;
  bool has_bound = tells_of_bound(&error);

  if (error != 0) {
    set(out, CHECK_NO,
        "%s: TIME_WAIT counts as in use, and 'portres who' sees no sockets",
        strerror(error));
  } else if (!has_bound) {
    set(out, CHECK_PARTLY, "not of sockets that are bound and do not listen");
  } else {
    set(out, CHECK_YES, "tells whose sockets have which ports");
  }
}

static void look_notify(struct check_result* out) {
  unsigned action = SECCOMP_RET_USER_NOTIF;

  if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0) {
    set(out, CHECK_YES, "'portres run' serves static programs and Go");
  } else {
    set(out, CHECK_NO, "no static programs or Go in 'portres run': %s",
        strerror(errno));
  }
}

/* --- Files --- */

static void look_preload(struct check_result* out) {
  const char* library = surroundings_library();

  if (library != NULL) {
    set(out, CHECK_YES, "%s", library);
  } else {
    set(out, CHECK_NO,
        "'portres run' serves no dynamic programs: %s is not "
        "there",
        PORTRES_CLI_LIBRARY);
  }
}

static void look_state(struct check_result* out) {
  struct portres__platform_entry entry = portres__platform_enter();
  int dir = -1;
  int status = portres__statedir_open(&dir);

  if (status == PORTRES_OK) {
    close(dir);
    status = portres__platform_store_check_rights();
  }
  portres__platform_leave(entry);
  if (status == PORTRES_OK) {
    set(out, CHECK_YES, "persistent reservations can be made and used");
  } else if (status == PORTRES_EACCES) {
    set(out, CHECK_PARTLY,
        "persistent reservations are obeyed, but not made or used: this user "
        "may not write the state directory");
  } else if (status == PORTRES_ENOTFOUND) {
    set(out, CHECK_NO,
        "there is no state directory yet: the first 'portres create' of who "
        "may make it does");
  } else {
    set(out, CHECK_NO, "%s (%s)", portres_strerror(status),
        portres_error_name(status));
  }
}

static void look_runtime(struct check_result* out) {
  struct portres__platform_entry entry = portres__platform_enter();
  int dir = -1;
  int status = portres__runtimedir_open(true, &dir);

  if (dir >= 0) {
    close(dir);
  }
  portres__platform_leave(entry);
  if (status == PORTRES_OK) {
    set(out, CHECK_YES, "the ledger of scope shared is there");
  } else {
    set(out, CHECK_NO, "no scope shared: %s (%s)", portres_strerror(status),
        portres_error_name(status));
  }
}

const struct check checks[] = {
    {"scope-process", look_process, true},
    {"scope-shared", look_shared, false},
    {"scope-machine", look_machine, false},
    {"descriptors", look_descriptors, false},
    {"CAP_CHOWN", look_chown, false},
    {"CAP_NET_RAW", look_net_raw, false},
    {"CAP_NET_ADMIN", look_net_admin, false},
    {"CAP_NET_BIND_SERVICE", look_bind_service, false},
    {"ipv6", look_ipv6, false},
    {"so-cookie", look_cookie, false},
    {"so-netns-cookie", look_netns_cookie, false},
    {"sock-diag", look_sock_diag, false},
    {"seccomp-notify", look_notify, false},
    {"preload", look_preload, false},
    {"state-directory", look_state, false},
    {"runtime-directory", look_runtime, false},
};
const size_t checks_count = sizeof checks / sizeof checks[0];
