/* swap_none.c - where there are no guards, no reservation has one to take a
 * port over from. */
#include "swap_posix.h"

#include <stddef.h>

#include "kernel_posix.h"

int portres__swap_bind(struct portres__reservation* reservation,
                       uint16_t port,
                       int fd,
                       const struct sockaddr* address,
                       socklen_t address_len) {
  (void)reservation;
  (void)port;
  return portres__kernel_bind(fd, address, address_len);
}

struct portres__successor portres__swap_before_close(
    int fd, const struct portres__endpoint* endpoint) {
  const struct portres__successor none = {NULL, false, false};

  (void)fd;
  (void)endpoint;
  return none;
}

void portres__swap_after_close(struct portres__successor successor,
                               const struct portres__endpoint* endpoint) {
  (void)successor;
  (void)endpoint;
}

void portres__swap_undo(struct portres__successor successor,
                        const struct portres__endpoint* endpoint) {
  (void)successor;
  (void)endpoint;
}

bool portres__swap_may_listen_yet(const struct portres__endpoint* endpoint,
                                  int* patience_io) {
  (void)endpoint;
  (void)patience_io;
  return false;
}
