/* system.c - descriptors, memory and values of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <rpc/netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "values.h"

/* --- Descriptors --- */

int bsd_close(int fd);
int bsd_close(int fd) {
  return close(fd);
}

void bsd_closefrom(int first);
void bsd_closefrom(int first) {
  closefrom(first);
}

int bsd_close_range(unsigned first, unsigned last, int flags);
int bsd_close_range(unsigned first, unsigned last, int flags) {
  return close_range(first, last, flags);
}

int bsd_dup(int fd);
int bsd_dup(int fd) {
  return dup(fd);
}

int bsd_dup2(int fd, int new_fd);
int bsd_dup2(int fd, int new_fd) {
  return dup2(fd, new_fd);
}

int bsd_dup3(int fd, int new_fd, int flags);
int bsd_dup3(int fd, int new_fd, int flags) {
  return dup3(fd, new_fd, flags);
}

int bsd_fclose(FILE* stream);
int bsd_fclose(FILE* stream) {
  return fclose(stream);
}

FILE* bsd_freopen(const char* path, const char* mode, FILE* stream);
FILE* bsd_freopen(const char* path, const char* mode, FILE* stream) {
  return freopen(path, mode, stream);
}

int bsd_fcntl(int fd, int command, ...);
int bsd_fcntl(int fd, int command, ...) {
  void* argument;
  va_list arguments;

  va_start(arguments, command);
  argument = va_arg(arguments, void*);
  va_end(arguments);
  if (command == like_values.f_dupfd_cloexec) {
    return fcntl(fd, F_DUPFD_CLOEXEC, argument);
  }
  if (command == like_values.f_dup2fd) {
    return dup2(fd, (int)(intptr_t)argument);
  }
  if (command == like_values.f_dup2fd_cloexec) {
    return dup3(fd, (int)(intptr_t)argument, O_CLOEXEC);
  }
  if (command == like_values.f_closem) {
    closefrom(fd);
    return 0;
  }
  return fcntl(fd, command, argument);
}

/* soo_stat() of all four knows neither device nor inode of an inet socket. */
int bsd_fstat(int fd, struct stat* out);
int bsd_fstat(int fd, struct stat* out) {
  int result = fstat(fd, out);

  if (result == 0 && S_ISSOCK(out->st_mode)) {
    out->st_dev = 0;
    out->st_ino = 0;
  }
  return result;
}

int bsd_bind(int s, const void* address, socklen_t address_len);
int bsd_bindresvport(int s, void* address);
int bsd_bindresvport(int s, void* address) {
  union linux_address linux_address;
  socklen_t address_len = sizeof linux_address.in;
  int result;

  if (address != NULL &&
      like_to_linux(address, address_len, &linux_address) == 0) {
    return -1;
  }
  result = bindresvport(s, address != NULL ? &linux_address.in : NULL);
  if (result == 0 && address != NULL) {
    like_from_linux(&linux_address, address_len, address, &address_len);
  }
  return result;
}

/* --- Memory, rights --- */

int bsd_minherit(void* page, size_t page_len, int inherit);
int bsd_minherit(void* page, size_t page_len, int inherit) {
  if (inherit != like_values.inherit_zero) {
    errno = EINVAL;
    return -1;
  }
  return madvise(page, page_len, MADV_WIPEONFORK);
}

int bsd_issetugid(void);
int bsd_issetugid(void) {
  return getuid() != geteuid() || getgid() != getegid();
}

/* --- Values of the kernel --- */

static int give(const void* value, size_t value_len, void* out, size_t* len) {
  if (*len < value_len) {
    errno = ENOMEM;
    return -1;
  }
  memcpy(out, value, value_len);
  *len = value_len;
  return 0;
}

/* Without memory of malloc(): a child that was forked amid threads comes here,
 * too, and a sanitizer's may be locked for ever there. */
static size_t read_file(const char* path, char* out, size_t out_size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd >= 0 ? read(fd, out, out_size - 1) : -1;

  if (fd >= 0) {
    close(fd);
  }
  out[got > 0 ? got : 0] = '\0';
  return got > 0 ? (size_t)got : 0;
}

static int give_port(bool is_last, void* out, size_t* out_len_io) {
  char text[64];
  int ports[2] = {0, 0};

  read_file("/proc/sys/net/ipv4/ip_local_port_range", text, sizeof text);
  if (sscanf(text, "%d %d", &ports[0], &ports[1]) != 2) {
    errno = ENOENT;
    return -1;
  }
  return give(&ports[is_last], sizeof ports[0], out, out_len_io);
}

static int give_boot(void* out, size_t* out_len_io) {
  struct timespec up;
  struct timeval booted;

  clock_gettime(CLOCK_BOOTTIME, &up);
  gettimeofday(&booted, NULL);
  booted.tv_sec -= up.tv_sec;
  booted.tv_sec -= booted.tv_sec % 60; /* it must not move within a test */
  booted.tv_usec = 0;
  return give(&booted, sizeof booted, out, out_len_io);
}

static int give_boot_id(void* out, size_t* out_len_io) {
  char id[17];

  return read_file("/proc/sys/kernel/random/boot_id", id, sizeof id) == 16
             ? give(id, 16, out, out_len_io)
             : -1;
}

static bool is_named(const char* name, const char* known) {
  return known != NULL && strcmp(name, known) == 0;
}

int bsd_sysctlbyname(
    const char* name, void* out, size_t* len_io, const void* in, size_t in_len);
int bsd_sysctlbyname(const char* name,
                     void* out,
                     size_t* len_io,
                     const void* in,
                     size_t in_len) {
  if (in == NULL && in_len == 0) {
    if (is_named(name, like_values.first_port) ||
        is_named(name, like_values.last_port)) {
      return give_port(is_named(name, like_values.last_port), out, len_io);
    }
    if (is_named(name, like_values.boot_id)) {
      return give_boot_id(out, len_io);
    }
    if (strcmp(name, "kern.boottime") == 0) {
      return give_boot(out, len_io);
    }
  }
  errno = ENOENT;
  return -1;
}

/* OpenBSD's: net.inet.ip.portfirst and portlast, kern.boottime. */
int bsd_sysctl(const int* name,
               unsigned name_len,
               void* out,
               size_t* len_io,
               const void* in,
               size_t in_len);
int bsd_sysctl(const int* name,
               unsigned name_len,
               void* out,
               size_t* len_io,
               const void* in,
               size_t in_len) {
  const int first_port[] = {4, 2, 0, 7};
  const int last_port[] = {4, 2, 0, 8};
  const int boot[] = {1, 21};

  (void)in;
  (void)in_len;
  if (name_len == 4 && memcmp(name, first_port, sizeof first_port) == 0) {
    return give_port(false, out, len_io);
  }
  if (name_len == 4 && memcmp(name, last_port, sizeof last_port) == 0) {
    return give_port(true, out, len_io);
  }
  if (name_len == 2 && memcmp(name, boot, sizeof boot) == 0) {
    return give_boot(out, len_io);
  }
  errno = ENOENT;
  return -1;
}
