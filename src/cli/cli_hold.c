/* cli_hold.c - portres hold: a block for a shell script. */
#include <errno.h>
#include <poll.h>
#include <portres/calls.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli_json.h"
#include "cli_parse.h"
#include "cli_say.h"
#include "cli_scope.h"
#include "waiter.h"

struct request {
  enum portres_protocol protocol;
  struct portres_range range;
  const char* label;
  uint32_t wait_ms;
  bool is_json;
};

static int take_option(const struct cli_command* self,
                       int option,
                       struct request* request) {
  switch (option) {
    case 'j':
      request->is_json = true;
      return CLI_OK;
    case 'l':
      request->label = optarg;
      return CLI_OK;
    default:
      return cli_read_wait(self, optarg, &request->wait_ms);
  }
}

static bool read_request(const struct cli_command* self,
                         int count,
                         char** words,
                         struct request* out,
                         int* code_out) {
  static const struct option table[] = {{"json", no_argument, NULL, 'j'},
                                        {"label", required_argument, NULL, 'l'},
                                        {"wait", required_argument, NULL, 'w'},
                                        {0}};
  int option;

  while ((option = cli_option_next(self, count, words, table, code_out)) !=
         -1) {
    if (option == CLI_OPTION_END) {
      return false;
    }
    *code_out = take_option(self, option, out);
    if (*code_out != CLI_OK) {
      return false;
    }
  }
  if (count - optind != 2) {
    *code_out = cli_misused(self, "it wants a protocol and COUNT[@START]");
  } else if (!cli_parse_protocol(words[optind], &out->protocol)) {
    *code_out = cli_misused(self, "'%s' is neither tcp nor udp", words[optind]);
  } else if (!cli_parse_block(words[optind + 1], &out->range)) {
    *code_out = cli_misused(self,
                            "'%s': it wants COUNT or COUNT@START, all of them "
                            "ports from 1 to 65535",
                            words[optind + 1]);
  } else {
    return true;
  }
  return false;
}

/* At scope process a block that is held keeps nobody out. */
static enum portres_scope wanted_scope(void) {
  const char* scope = getenv("PORTRES_SCOPE");
  return scope != NULL && *scope != '\0' ? PORTRES_SCOPE_DEFAULT
                                         : PORTRES_SCOPE_SHARED;
}

/* --- The standard input --- */

static bool has_ended(int fd) {
  char ignored[512];
  ssize_t len = read(fd, ignored, sizeof ignored);
  return len == 0 || (len < 0 && errno != EINTR && errno != EAGAIN);
}

/* Until the descriptor has something to read, or, false, the standard input
 * ends. What is written to the input is of no meaning. */
static bool comes_before_end(int fd) {
  struct pollfd sources[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = fd, .events = POLLIN}};

  for (;;) {
    int count = poll(sources, 2, -1);
    if (count < 0 && errno != EINTR) {
      return false;
    }
    if (count > 0 && sources[1].revents != 0) {
      return true;
    }
    if (count > 0 && has_ended(STDIN_FILENO)) {
      return false;
    }
  }
}

/* --- Acquiring --- */

/* Whoever closes the input has given up. The acquire ends with the process. */
static int wait_for_block(const struct cli_command* self,
                          int owner,
                          const struct portres_options* options,
                          struct portres_reservation* out) {
  static struct waiter waiter;
  int error = waiter_start(&waiter, owner, options);
  int status;

  if (error != 0) {
    cli_complain(self->name, "cannot wait: %s", strerror(error));
    return CLI_FAILED;
  }
  if (!comes_before_end(waiter.ended)) {
    cli_complain(self->name, "no block: the standard input has ended");
    return CLI_BUSY;
  }
  status = waiter_join(&waiter, out);
  return status == PORTRES_OK ? CLI_OK : cli_failed(self, "no block", status);
}

/* What is free is had, whether the input has ended or not. */
static int acquire(const struct cli_command* self,
                   const struct request* request,
                   struct portres_reservation* out) {
  struct portres_options options = {.size = sizeof options,
                                    .range = request->range,
                                    .scope = wanted_scope(),
                                    .label = request->label};
  int type = request->protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int owner = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  int status;

  if (owner < 0) {
    owner = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  }
  portres_use_calls();
  status =
      owner < 0 ? PORTRES_ENOBUFS : portres_acquire_with(owner, &options, out);
  if (status == PORTRES_OK) {
    return CLI_OK;
  }
  if (request->wait_ms == 0 || owner < 0) {
    return cli_failed(self, "no block", status);
  }
  options.wait_ms = request->wait_ms;
  return wait_for_block(self, owner, &options, out);
}

/* --- Holding --- */

static void print(const struct request* request, struct portres_range range) {
  const char* protocol = cli_protocol_name(request->protocol);

  if (!request->is_json) {
    printf("%s %u %u\n", protocol, range.start, range.count);
    return;
  }
  json_open(NULL, '{');
  json_text("protocol", protocol);
  json_number("start", range.start);
  json_number("count", range.count);
  json_close('}');
}

/* Before the block is printed: who has read it may send a signal. */
static int open_signals(void) {
  sigset_t set;

  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  sigprocmask(SIG_BLOCK, &set, NULL);
  return signalfd(-1, &set, SFD_CLOEXEC);
}

int cli_hold_main(const struct cli_command* self, int count, char** words) {
  struct request request = {.label = ""};
  struct portres_reservation granted = {.token = 0};
  int signals;
  int code;

  if (!read_request(self, count, words, &request, &code)) {
    return code;
  }
  code = acquire(self, &request, &granted);
  if (code != CLI_OK) {
    return code;
  }
  signals = open_signals();
  print(&request, granted.range);
  code = cli_finish(CLI_OK);
  if (code == CLI_OK) {
    comes_before_end(signals);
  }
  return code;
}
