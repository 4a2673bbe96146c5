/* sysctl_openbsd.c - OpenBSD has values by number only. */
#include <sys/types.h>

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/time.h>

#include "sysctl_posix.h"

static bool get_number(int number, int* out) {
  const int name[] = {CTL_NET, PF_INET, IPPROTO_IP, number};
  size_t out_len = sizeof *out;

  return sysctl(name, sizeof name / sizeof name[0], out, &out_len, NULL, 0) ==
             0 &&
         out_len == sizeof *out;
}

bool portres__sysctl_ports(int* first_out, int* last_out) {
  return get_number(IPCTL_IPPORT_FIRSTAUTO, first_out) &&
         get_number(IPCTL_IPPORT_LASTAUTO, last_out);
}

/* To the second; it changes when the clock is set. */
size_t portres__sysctl_boot(void* out, size_t out_size) {
  const int name[] = {CTL_KERN, KERN_BOOTTIME};
  struct timeval booted;
  size_t booted_len = sizeof booted;
  size_t second_len = sizeof booted.tv_sec;

  if (second_len > out_size ||
      sysctl(name, sizeof name / sizeof name[0], &booted, &booted_len, NULL,
             0) != 0 ||
      booted_len != sizeof booted) {
    return 0;
  }
  memcpy(out, &booted.tv_sec, second_len);
  return second_len;
}
