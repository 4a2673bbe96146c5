/* in-netns.c - run one test program in a network namespace of its own.
 *
 * As root it unshares the network only; as anybody else a user namespace with
 * an identity map comes with it, so that the program keeps its uid. Inside,
 * loopback is up, the kernel's ephemeral range lies below the dynamic range
 * 49152-65535 (so that a block of 16384 ports has room), and every capability
 * is dropped but those a row asks to keep: the tests are to see what an
 * ordinary user sees.
 *
 * Where namespaces are refused the program runs plainly, with
 * PORTRES_TEST_NO_NETNS=1 in its environment, so that rows that need more can
 * skip themselves; with PORTRES_TEST_STRICT=1 that is a failure instead.
 *
 * Linux only. System calls and prctl() rather than libcap: the launcher must
 * build where nothing but a C compiler is installed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The last port of the default range is far enough below 49152 to leave room
 * for blocks outside the dynamic range, too. */
#define DEFAULT_LOW 32768
#define DEFAULT_HIGH 40999

struct capability {
  const char* name;
  int number;
};

static const struct capability keepable[] = {
    {"net_bind_service", CAP_NET_BIND_SERVICE},
    {"net_admin", CAP_NET_ADMIN},
    {"net_raw", CAP_NET_RAW},
    {"chown", CAP_CHOWN},
    {"setuid", CAP_SETUID},
    {"sys_admin", CAP_SYS_ADMIN},
    {"sys_time", CAP_SYS_TIME},
};

struct request {
  unsigned low;
  unsigned high;
  uint64_t kept; /* capabilities, one bit each */
  char** command;
};

static void print_usage(FILE* to) {
  fputs(
      "Usage: in-netns [--port-range LO-HI] [--keep-cap NAME]... [--] CMD...\n"
      "\n"
      "Run CMD in a network namespace of its own: loopback up, ephemeral "
      "ports\n"
      "LO-HI (32768-40999 by default), no capability but the named ones\n"
      "(net_bind_service, net_admin, net_raw, chown, setuid, sys_admin,\n"
      "sys_time).\n"
      "\n"
      "Where namespaces are refused, CMD runs plainly with\n"
      "PORTRES_TEST_NO_NETNS=1; with PORTRES_TEST_STRICT=1 that is an error.\n",
      to);
}

static bool parse_capability(const char* name, uint64_t* kept) {
  for (size_t i = 0; i < sizeof keepable / sizeof keepable[0]; i++) {
    if (strcmp(name, keepable[i].name) == 0) {
      *kept |= UINT64_C(1) << keepable[i].number;
      return true;
    }
  }
  return false;
}

static bool parse_port_range(const char* text, struct request* out) {
  char rest;
  return sscanf(text, "%u-%u%c", &out->low, &out->high, &rest) == 2 &&
         out->low >= 1 && out->low <= out->high && out->high <= 65535;
}

static bool parse_request(char** argv, struct request* out) {
  *out = (struct request){.low = DEFAULT_LOW, .high = DEFAULT_HIGH};
  for (argv++; *argv && argv[0][0] == '-'; argv += 2) {
    if (strcmp(*argv, "--") == 0) {
      argv++;
      break;
    }
    if (argv[1] && strcmp(*argv, "--port-range") == 0) {
      if (!parse_port_range(argv[1], out)) {
        return false;
      }
    } else if (!argv[1] || strcmp(*argv, "--keep-cap") != 0 ||
               !parse_capability(argv[1], &out->kept)) {
      return false;
    }
  }
  out->command = argv;
  return *argv != NULL;
}

static int write_text(const char* path, const char* text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) {
    return -1;
  }
  ssize_t n = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return n < 0 ? -1 : 0;
}

/* setgroups must be denied before an unprivileged gid_map may be written:
 * user_namespaces(7). */
static int map_own_ids(uid_t uid, gid_t gid) {
  char uid_map[64];
  char gid_map[64];
  snprintf(uid_map, sizeof uid_map, "%u %u 1", uid, uid);
  snprintf(gid_map, sizeof gid_map, "%u %u 1", gid, gid);
  if (write_text("/proc/self/uid_map", uid_map) ||
      write_text("/proc/self/setgroups", "deny")) {
    return -1;
  }
  return write_text("/proc/self/gid_map", gid_map);
}

static int enter_namespace(void) {
  uid_t uid = getuid();
  gid_t gid = getgid();
  if (uid == 0 && unshare(CLONE_NEWNET) == 0) {
    return 0;
  }
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return -1;
  }
  return map_own_ids(uid, gid);
}

static int raise_loopback(void) {
  struct ifreq request = {.ifr_name = "lo"};
  int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (s < 0) {
    return -1;
  }
  request.ifr_flags = IFF_UP;
  int result = ioctl(s, SIOCSIFFLAGS, &request);
  int error = errno;
  close(s);
  errno = error;
  return result;
}

static int set_port_range(const struct request* request) {
  char text[32];
  snprintf(text, sizeof text, "%u %u", request->low, request->high);
  return write_text("/proc/sys/net/ipv4/ip_local_port_range", text);
}

/* The bounding set matters for root, who otherwise gets everything back at
 * exec; the ambient set for everybody else, who otherwise keeps nothing. */
static int drop_capabilities(uint64_t kept) {
  struct __user_cap_header_struct header = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) {
    if (!(kept >> c & 1) && prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0) {
      return -1;
    }
  }
  for (int i = 0; i < 2; i++) {
    uint32_t word = (uint32_t)(kept >> (32 * i));
    data[i] = (struct __user_cap_data_struct){word, word, word};
  }
  if (syscall(SYS_capset, &header, data) != 0) {
    return -1;
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int c = 0; c < 64; c++) {
    if (kept >> c & 1 &&
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, c, 0, 0) != 0) {
      return -1;
    }
  }
  return 0;
}

static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static bool is_strict(void) {
  const char* strict = getenv("PORTRES_TEST_STRICT");
  return strict && strcmp(strict, "1") == 0;
}

/* Each step that fails is told; the first reason is the one that counts. */
static bool set_up(const struct request* request) {
  const char* step = "no network namespace";
  int result = enter_namespace();
  if (result == 0) {
    step = "loopback does not come up";
    result = raise_loopback();
  }
  if (result == 0) {
    step = "the ephemeral range cannot be set";
    result = set_port_range(request);
  }
  if (result == 0) {
    step = "capabilities cannot be dropped";
    result = drop_capabilities(request->kept);
  }
  if (result != 0) {
    fprintf(stderr, "in-netns: %s: %s\n", step, strerror(errno));
  }
  return result == 0;
}

int main(int argc, char** argv) {
  struct request request;
  if (argc > 1 && strcmp(argv[1], "--help") == 0) {
    print_usage(stdout);
    return 0;
  }
  if (!parse_request(argv, &request)) {
    print_usage(stderr);
    return 2;
  }
  raise_descriptor_limit();
  if (!set_up(&request)) {
    if (is_strict()) {
      return 1;
    }
    setenv("PORTRES_TEST_NO_NETNS", "1", 1);
  }
  execvp(request.command[0], request.command);
  fprintf(stderr, "in-netns: %s: %s\n", request.command[0], strerror(errno));
  return 127;
}
