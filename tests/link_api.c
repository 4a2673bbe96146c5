/* link_api.c - reserves two ports and binds three associated sockets.
 *
 * Prints one line per step. Built in every way a program can be linked; with
 * -DPORTRES_CALLS it binds by portres_bind() instead of bind().
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <portres/calls.h>

#include "link_errno.h"

#ifdef PORTRES_CALLS
#define BIND portres_bind
#define CLOSE portres_close
#else
#define BIND bind
#define CLOSE close
#endif

static int count_one(const struct portres_info* info, void* arg) {
  (void)info;
  ++*(int*)arg;
  return 0;
}

static const char* place_of(int s, struct portres_range range) {
  struct sockaddr_in address;
  socklen_t length = sizeof(address);
  memset(&address, 0, sizeof(address));
  getsockname(s, (struct sockaddr*)&address, &length);
  const unsigned port = ntohs(address.sin_port);
  return port >= range.start && port - range.start < range.count ? "inside"
                                                                 : "OUTSIDE";
}

static int bind_one(const struct portres_reservation* block) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int status = portres_associate(s, block->token);
  printf("associate %s\n", portres_error_name(status));
  if (BIND(s, (struct sockaddr*)&address, sizeof(address)) != 0) {
    printf("bind %s\n", link_errno_name(errno));
  } else {
    printf("bind %s\n", place_of(s, block->range));
  }
  return s;
}

int main(int argc, char** argv) {
  struct portres_reservation block = {{0, 0}, 0};
  const int owner = socket(AF_INET, SOCK_STREAM, 0);
  int count = 0;

  if (argc > 1 && strcmp(argv[1], "promise") == 0) {
    portres_use_calls();
  }
  const struct portres_range want = {0, 2};
  printf("acquire %s\n",
         portres_error_name(portres_acquire(owner, want, &block)));
  if (block.token == 0) {
    printf("associate %s\n", portres_error_name(portres_associate(owner, 1)));
    return 0;
  }
  const int first = bind_one(&block);
  bind_one(&block);
  bind_one(&block);
  CLOSE(first);
  bind_one(&block);
  portres_list(count_one, &count);
  printf("reservations %d\n", count);
  CLOSE(owner);
  count = 0;
  portres_list(count_one, &count);
  printf("reservations %d\n", count);
  return 0;
}
