/* launch.h - starting the program of `portres run`. */
#ifndef PORTRES_CLI_LAUNCH_H
#define PORTRES_CLI_LAUNCH_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

/* What the supervisor changes for itself, and its program has as it was. */
struct launch_habits {
  sigset_t signals;
  struct sigaction child_signal;
  struct rlimit descriptors;
};

struct launch {
  char** words; /* the program and its arguments; NULL at the end */
  struct launch_habits habits;
  bool is_notified; /* its binds are to be told: notify.h */
  bool is_outgoing; /* and its implicit ones */
};

void launch_remember(struct launch_habits* out);

/* Execute the program in a child. Returns: 0, and its pid, and, if the launch
 * is notified, the descriptor that tells of its binds; or an errno value, of
 * whatever `*step_out` says. */
enum launch_step { LAUNCH_FORK, LAUNCH_NOTIFY, LAUNCH_EXECUTE };
int launch_start(const struct launch* launch,
                 pid_t* pid_out,
                 int* notifier_out,
                 enum launch_step* step_out);

#endif
