/* supervise.c - one thread, one poll(): signals, questions for ports, calls
 *               that the kernel tells of, and now and then a look at which
 *               ports have come free. */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUARD_INTERVAL_MS = 100, SIGNAL_EXIT = 128 };

/* Those that stop and continue are left to the terminal: they come to all of
 * the tree, and to us. */
static const int passed[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                             SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH};

static void fill_set(sigset_t* out) {
  sigemptyset(out);
  for (size_t i = 0; i < sizeof passed / sizeof passed[0]; i++) {
    sigaddset(out, passed[i]);
  }
  sigaddset(out, SIGCHLD);
}

int supervise_prepare(void) {
  struct sigaction usual = {.sa_handler = SIG_DFL};
  sigset_t set;

  fill_set(&set);
  /* Ignored, SIGCHLD would have the kernel forget how the program ended. */
  if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
      sigaction(SIGCHLD, &usual, NULL) != 0 ||
      prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    return errno;
  }
  return 0;
}

/* --- Signals --- */

/* Once the program has ended, to those it left behind: our own children. */
static void signal_children(int number) {
  char path[64];
  FILE* children;
  int pid;

  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  children = fopen(path, "re");
  if (children == NULL) {
    return;
  }
  while (fscanf(children, "%d", &pid) == 1) {
    kill(pid, number);
  }
  fclose(children);
}

/* What the terminal sends comes to its whole foreground group: not twice. */
static void pass_on(const struct supervisor* supervisor,
                    const struct signalfd_siginfo* info) {
  if (info->ssi_code == SI_KERNEL) {
    return;
  }
  if (supervisor->program > 0) {
    kill(supervisor->program, (int)info->ssi_signo);
  } else {
    signal_children((int)info->ssi_signo);
  }
}

/* False: the tree has ended. */
static bool reap(struct supervisor* supervisor) {
  int status;
  pid_t pid;

  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    if (pid == supervisor->program) {
      supervisor->program = 0;
      supervisor->program_status = status;
    }
  }
  return pid == 0 || errno != ECHILD;
}

/* A signal that comes after the program's end is not for the program, though
 * its end may not have been noticed yet. */
static bool take_signals(struct supervisor* supervisor, int signals) {
  struct signalfd_siginfo info;

  while (read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
    if (info.ssi_signo != SIGCHLD) {
      reap(supervisor);
      pass_on(supervisor, &info);
    }
  }
  return reap(supervisor);
}

/* --- The loop --- */

enum { SIGNALS, QUESTIONS, CALLS, SOURCES };

static bool serve(struct supervisor* supervisor, const struct pollfd* sources) {
  if ((sources[QUESTIONS].revents & POLLIN) != 0) {
    answerer_serve(&supervisor->answerer, supervisor->tree);
  }
  if ((sources[CALLS].revents & POLLIN) != 0) {
    notifier_serve(&supervisor->notifier, supervisor->tree);
  } else if ((sources[CALLS].revents & (POLLHUP | POLLERR)) != 0) {
    notifier_close(&supervisor->notifier); /* no process has the filter */
  }
  return take_signals(supervisor, sources[SIGNALS].fd);
}

void supervise(struct supervisor* supervisor) {
  struct pollfd sources[SOURCES] = {
      [QUESTIONS] = {.fd = supervisor->answerer.line, .events = POLLIN}};
  bool is_alive = true;
  sigset_t set;

  fill_set(&set);
  sources[SIGNALS].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  sources[SIGNALS].events = POLLIN;
  sources[CALLS].events = POLLIN;
  while (is_alive) {
    int timeout_ms = tree_guard(supervisor->tree) ? GUARD_INTERVAL_MS : -1;
    sources[CALLS].fd = supervisor->notifier.fd;
    if (poll(sources, SOURCES, timeout_ms) >= 0 || errno == EINTR) {
      is_alive = serve(supervisor, sources);
    }
  }
  close(sources[SIGNALS].fd);
}

/* --- The end --- */

int supervise_end_alike(int program_status) {
  const struct rlimit no_core = {0, 0};
  int number;
  sigset_t set;

  if (WIFEXITED(program_status)) {
    return WEXITSTATUS(program_status);
  }
  number = WTERMSIG(program_status);
  sigemptyset(&set);
  sigaddset(&set, number);
  setrlimit(RLIMIT_CORE, &no_core);
  signal(number, SIG_DFL);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  return SIGNAL_EXIT + number;
}
