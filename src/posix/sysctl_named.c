/* sysctl_named.c - FreeBSD, DragonFly and NetBSD have values by name. */
#include <sys/types.h>

#include <string.h>
#include <sys/sysctl.h>
#include <sys/time.h>

#include "sysctl_posix.h"

static bool get_number(const char* name, int* out) {
  size_t out_len = sizeof *out;

  return sysctlbyname(name, out, &out_len, NULL, 0) == 0 &&
         out_len == sizeof *out;
}

/* FreeBSD and DragonFly; NetBSD. IP_PORTRANGE_HIGH and _LOW are for sockets
 * that ask for these. */
bool portres__sysctl_ports(int* first_out, int* last_out) {
  return (get_number("net.inet.ip.portrange.first", first_out) &&
          get_number("net.inet.ip.portrange.last", last_out)) ||
         (get_number("net.inet.ip.anonportmin", first_out) &&
          get_number("net.inet.ip.anonportmax", last_out));
}

/* kern.boot_id: FreeBSD 13. The others tell when they were booted, to the
 * second; that time changes when the clock is set. */
size_t portres__sysctl_boot(void* out, size_t out_size) {
  struct timeval booted;
  size_t booted_len = sizeof booted;
  size_t out_len = out_size;
  size_t second_len = sizeof booted.tv_sec;

  if (sysctlbyname("kern.boot_id", out, &out_len, NULL, 0) == 0) {
    return out_len;
  }
  if (second_len > out_size ||
      sysctlbyname("kern.boottime", &booted, &booted_len, NULL, 0) != 0 ||
      booted_len != sizeof booted) {
    return 0;
  }
  memcpy(out, &booted.tv_sec, second_len);
  return second_len;
}
