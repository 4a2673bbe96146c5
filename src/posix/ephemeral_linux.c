/* ephemeral_linux.c - where the kernel picks ports by itself. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "block.h"
#include "platform.h"

struct portres_range portres__platform_ephemeral(void) {
  struct portres_range range = {0, 0};
  unsigned first;
  unsigned last;
  char text[64];
  ssize_t text_len;
  int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC);

  if (fd < 0) {
    return range;
  }
  text_len = read(fd, text, sizeof text - 1);
  /* Not the real one: ThreadSanitizer is to see the end of what it saw open. */
  close(fd);
  text[text_len > 0 ? text_len : 0] = '\0';
  if (sscanf(text, "%u %u", &first, &last) == 2 && first >= 1 &&
      first <= last && last <= PORTRES__PORT_MAX) {
    range.start = (uint16_t)first;
    range.count = (uint16_t)(last - first + 1);
  }
  return range;
}
