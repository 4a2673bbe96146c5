/* address.h - addresses as the BSDs have them, and as Linux does. */
#ifndef BSD_LIKE_ADDRESS_H
#define BSD_LIKE_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Of the first bytes, where they differ; what follows is the same in both. */
struct bsd_sockaddr {
  uint8_t len;
  uint8_t family;
  char data[126];
};

union linux_address {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  struct sockaddr_storage storage;
};

int like_family_to_linux(int family);
int like_family_from_linux(int family);

/* An address for bind(), connect() and their kin. Returns: its length; 0 and
 * errno: EINVAL for a length that is not the family's own, EAFNOSUPPORT. */
socklen_t like_to_linux(const void* address,
                        socklen_t address_len,
                        union linux_address* out);

/* What the kernel says, as accept() and getsockname() hand it on. */
void like_from_linux(const union linux_address* address,
                     socklen_t linux_len,
                     void* out,
                     socklen_t* out_len_io);

#endif
