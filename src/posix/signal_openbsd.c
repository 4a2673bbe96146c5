/* signal_openbsd.c - OpenBSD has no sigtimedwait(), and sigwait() would wait
 * for ever if another thread took the signal first. Who ignores a signal has
 * those forgotten that are pending (POSIX, sigaction); for that moment it is
 * ignored in other threads, too, whose calls fail with EPIPE or EFBIG all the
 * same. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "signal_posix.h"

void portres__signal_take_back(int signal_number) {
  struct sigaction ignore;
  struct sigaction former;
  int saved_errno = errno;

  memset(&ignore, 0, sizeof ignore);
  ignore.sa_handler = SIG_IGN;
  sigemptyset(&ignore.sa_mask);
  if (sigaction(signal_number, &ignore, &former) == 0) {
    sigaction(signal_number, &former, NULL);
  }
  errno = saved_errno;
}
