/* launch.c - a child tells by a socket that closes on exec why it could not
 *            execute its program.
 *
 * The notifier of its binds is fetched out of the child: once its filter is
 * there, a call that the filter tells of, such as sendmsg(), would wait for the
 * supervisor, who waits for the child.
 */
#include "launch.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "notify.h"

struct report {
  int error;
  enum launch_step step;
  int notifier; /* in the child; -1: this is about an error */
};

void launch_remember(struct launch_habits* out) {
  sigprocmask(SIG_SETMASK, NULL, &out->signals);
  sigaction(SIGCHLD, NULL, &out->child_signal);
  getrlimit(RLIMIT_NOFILE, &out->descriptors);
}

static void restore(const struct launch_habits* habits) {
  setrlimit(RLIMIT_NOFILE, &habits->descriptors);
  sigaction(SIGCHLD, &habits->child_signal, NULL);
  sigprocmask(SIG_SETMASK, &habits->signals, NULL);
}

/* --- The child --- */

static void give_up(int line, enum launch_step step) {
  struct report report = {errno, step, -1};
  (void)!write(line, &report, sizeof report);
  _exit(CLI_RUN_MISSING);
}

/* The answer comes when the notifier has been fetched. */
static void hand_over_notifier(int line, bool is_outgoing) {
  struct report report = {0, LAUNCH_NOTIFY, notify_install(is_outgoing)};
  char fetched;

  if (report.notifier < 0 ||
      write(line, &report, sizeof report) != (ssize_t)sizeof report ||
      read(line, &fetched, 1) != 1) {
    give_up(line, LAUNCH_NOTIFY);
  }
  close(report.notifier);
}

static void execute(const struct launch* launch, int line) {
  if (launch->is_notified) {
    hand_over_notifier(line, launch->is_outgoing);
  }
  restore(&launch->habits);
  execvp(launch->words[0], launch->words);
  give_up(line, LAUNCH_EXECUTE);
}

/* --- The parent --- */

static int fetch(pid_t pid, int number) {
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  int fd = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
  int error = errno;

  if (pidfd >= 0) {
    close(pidfd);
  }
  errno = error;
  return fd;
}

/* The line ends when the program is executed. Returns: 0 or an errno value. */
static int wait_for_execution(int line,
                              pid_t pid,
                              int* notifier_out,
                              enum launch_step* step_out) {
  struct report report;

  while (read(line, &report, sizeof report) == (ssize_t)sizeof report) {
    *step_out = report.step;
    if (report.error != 0) {
      return report.error;
    }
    *notifier_out = fetch(pid, report.notifier);
    if (*notifier_out < 0 || write(line, "", 1) != 1) {
      return errno;
    }
  }
  return 0;
}

static int start_child(const struct launch* launch, int line, pid_t* pid_out) {
  *pid_out = fork();
  if (*pid_out == 0) {
    execute(launch, line);
  }
  return *pid_out < 0 ? errno : 0;
}

int launch_start(const struct launch* launch,
                 pid_t* pid_out,
                 int* notifier_out,
                 enum launch_step* step_out) {
  int lines[2];
  int error;

  *notifier_out = -1;
  *step_out = LAUNCH_FORK;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) != 0) {
    return errno;
  }
  error = start_child(launch, lines[1], pid_out);
  close(lines[1]);
  if (error == 0) {
    error = wait_for_execution(lines[0], *pid_out, notifier_out, step_out);
  }
  close(lines[0]);
  if (error != 0 && *pid_out > 0) {
    waitpid(*pid_out, NULL, 0);
  }
  return error;
}
