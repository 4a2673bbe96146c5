/* supervise.h - staying with a tree of processes until its last one has ended.
 */
#ifndef PORTRES_CLI_SUPERVISE_H
#define PORTRES_CLI_SUPERVISE_H

#include <sys/types.h>

#include "answer.h"
#include "notify.h"

struct supervisor {
  struct tree* tree;
  struct answerer answerer;
  struct notifier notifier;
  pid_t program;      /* the first of the tree; 0: it has ended */
  int program_status; /* as of waitpid() */
};

/* Block the signals that are passed on, and become the parent of those whose
 * own has ended. Before the program is started. Returns: 0 or an errno value.
 */
int supervise_prepare(void);

/* Until the tree has ended. */
void supervise(struct supervisor* supervisor);

/* End as the program did. Returns: its exit code; does not return when a signal
 * has ended it, unless that is of no effect. */
int supervise_end_alike(int program_status);

#endif
