/* link_plugin.c - a shared object that is linked with libportres and acquires.
 *
 * A program that does not know portres loads it late: libc's bind() then
 * stands before ours in the program's scope.
 */
#include <sys/socket.h>

#include <portres/portres.h>

PORTRES_API const char* plugin_acquire(void);

const char* plugin_acquire(void) {
  struct portres_reservation block;
  const int s = socket(AF_INET, SOCK_STREAM, 0);
  const struct portres_range want = {0, 1};
  return portres_error_name(portres_acquire(s, want, &block));
}
