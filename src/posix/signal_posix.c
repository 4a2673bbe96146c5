#include "signal_posix.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

void portres__signal_take_back(int signal_number) {
  const struct timespec now = {0, 0};
  int saved_errno = errno;
  sigset_t set;

  sigemptyset(&set);
  sigaddset(&set, signal_number);
  sigtimedwait(&set, NULL, &now);
  errno = saved_errno;
}
