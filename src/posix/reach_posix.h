/* reach_posix.h - does this program's bind() come to us at all?
 *
 * Loaded by dlopen(), linked behind libc, or linked without the --wrap flags,
 * the hooks would miss every bind and the program would get ports from
 * elsewhere without a word. So the first acquire or associate asks.
 */
#ifndef PORTRES_REACH_POSIX_H
#define PORTRES_REACH_POSIX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

/* No program can pass this address; the hook of bind answers to it. */
extern const struct sockaddr portres__reach_question;
void portres__reach_answer(void);

/* The marker symbol `portres_engine`, as this copy of the library has it. */
extern const char portres__reach_engine[];

/* True when the program binds by portres_bind(): then it closes by plain
 * close() perhaps, so descriptors must be checked before use. */
extern _Atomic bool portres__reach_by_calls;

static inline bool portres__reach_is_by_calls(void) {
  return atomic_load_explicit(&portres__reach_by_calls, memory_order_relaxed);
}

#endif
