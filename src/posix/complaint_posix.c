#include "complaint_posix.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "platform.h"
#include "signal_posix.h"

enum { LINE_SIZE = 512 };

static void replace_controls(char* text) {
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < ' ' || *text == 0x7f) {
      *text = '?';
    }
  }
}

/* A SIGPIPE of our write must not reach the program; one that was waiting for
 * it before must stay. */
static void write_quietly(const char* line, size_t line_len) {
  sigset_t pipe_set;
  sigset_t saved_mask;
  sigset_t pending;
  bool was_pending;

  sigemptyset(&pipe_set);
  sigaddset(&pipe_set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_set, &saved_mask);
  sigpending(&pending);
  was_pending = sigismember(&pending, SIGPIPE) == 1;
  if (write(STDERR_FILENO, line, line_len) < 0 && errno == EPIPE &&
      !was_pending) {
    portres__signal_take_back(SIGPIPE);
  }
  pthread_sigmask(SIG_SETMASK, &saved_mask, NULL);
}

void portres__complaint(const char* format, ...) {
  struct portres__socket_facts facts;
  char line[LINE_SIZE] = "portres: ";
  size_t prefix_len = strlen(line);
  va_list arguments;
  size_t line_len;

  if (portres__platform_socket_facts(STDERR_FILENO, &facts) == PORTRES_OK) {
    return;
  }
  va_start(arguments, format);
  vsnprintf(line + prefix_len, sizeof line - prefix_len - 1, format, arguments);
  va_end(arguments);
  replace_controls(line);
  line_len = strlen(line);
  line[line_len++] = '\n';
  write_quietly(line, line_len);
}
