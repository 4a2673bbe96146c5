#include "reach_posix.h"

#include <errno.h>
#include <portres/calls.h>
#include <stdatomic.h>

#include "platform.h"
#include "rare.h"
#include "real_posix.h"

/* A second copy of the library that finds this symbol elsewhere is dormant. */
PORTRES_API extern const char portres_engine[];
const char portres_engine[] = PORTRES_VERSION;
extern const char portres__reach_engine[sizeof portres_engine]
    __attribute__((alias("portres_engine"), visibility("hidden")));

const struct sockaddr portres__reach_question;

static _Atomic bool is_reached;
PORTRES__HOT _Atomic bool portres__reach_by_calls;

void portres__reach_answer(void) {
  atomic_store(&is_reached, true);
}

void portres_use_calls(void) {
  atomic_store(&portres__reach_by_calls, true);
}

int portres_is_reached(void) {
  int saved_errno = errno;
  bool is_ours = portres__platform_bind_reaches_us();

  errno = saved_errno;
  return is_ours;
}

/* Calling it is the only sure test: its address may be that of a stub in the
 * program or of a sanitizer's interceptor, with us behind it. */
bool portres__platform_bind_reaches_us(void) {
  if (!atomic_load(&portres__reach_by_calls) && !atomic_load(&is_reached)) {
    portres__real_call_program_bind(&portres__reach_question);
  }
  return atomic_load(&portres__reach_by_calls) || atomic_load(&is_reached);
}
