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

static int acquire(const struct request* request,
                   struct portres_reservation* out) {
  struct portres_options options = {.size = sizeof options,
                                    .range = request->range,
                                    .scope = wanted_scope(),
                                    .label = request->label,
                                    .wait_ms = request->wait_ms};
  int type = request->protocol == PORTRES_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

  if (fd < 0) {
    fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  }
  portres_use_calls();
  return fd < 0 ? PORTRES_ENOBUFS : portres_acquire_with(fd, &options, out);
}

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

static bool has_ended(int fd) {
  char ignored[512];
  ssize_t len = read(fd, ignored, sizeof ignored);
  return len == 0 || (len < 0 && errno != EINTR && errno != EAGAIN);
}

/* Until the standard input ends, or a signal asks for it. What is written to
 * the input is of no meaning. */
static void wait_for_end(int signals) {
  struct pollfd sources[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = signals, .events = POLLIN}};

  do {
    if (poll(sources, 2, -1) < 0 && errno != EINTR) {
      return;
    }
    if (sources[1].revents != 0) {
      return;
    }
  } while (sources[0].revents == 0 || !has_ended(STDIN_FILENO));
}

int cli_hold_main(const struct cli_command* self, int count, char** words) {
  struct request request = {.label = ""};
  struct portres_reservation granted;
  int signals;
  int code;
  int status;

  if (!read_request(self, count, words, &request, &code)) {
    return code;
  }
  status = acquire(&request, &granted);
  if (status != PORTRES_OK) {
    return cli_failed(self, "no block", status);
  }
  signals = open_signals();
  print(&request, granted.range);
  code = cli_finish(CLI_OK);
  if (code == CLI_OK) {
    wait_for_end(signals);
  }
  return code;
}
