/* notify.h - programs that preloading does not reach: the kernel tells of their
 *            binds (seccomp_unotify(2)), and the supervisor binds in their
 *            place.
 */
#ifndef PORTRES_CLI_NOTIFY_H
#define PORTRES_CLI_NOTIFY_H

#include "tree.h"

struct notifier {
  int fd; /* -1: there is none */
  void* request;
  void* answer;
  unsigned request_size;
  unsigned answer_size;
};

/* In the child, for itself and what it executes; with `is_outgoing` the calls
 * that bind implicitly are told of, too. Returns: the descriptor that
 * tells, or -1 and errno. Async-signal-safe. */
int notify_install(bool is_outgoing);

/* Returns: 0, or an errno value. */
int notifier_open(struct notifier* out, int fd);
void notifier_close(struct notifier* notifier);

/* Serve one call that the kernel tells of. */
void notifier_serve(struct notifier* notifier, struct tree* tree);

#endif
