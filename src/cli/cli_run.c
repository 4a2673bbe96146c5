/* cli_run.c - portres run: a program and all that it starts share blocks. */
#include <errno.h>
#include <portres/calls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli_parse.h"
#include "cli_say.h"
#include "launch.h"
#include "program.h"
#include "supervise.h"
#include "surroundings.h"

struct request {
  struct tree tree;
  const char* scope;
  bool is_outgoing;
  bool is_notified; /* by wish */
  struct launch launch;
};

/* --- What is wanted --- */

static int read_block(const struct cli_command* self,
                      const char* text,
                      struct tree_block* block) {
  const char* name = cli_protocol_name(block->protocol);

  if (block->range.count != 0) {
    return cli_misused(self, "--%s is given twice", name);
  }
  if (!cli_parse_block(text, &block->range)) {
    return cli_misused(self,
                       "--%s '%s': it wants COUNT or COUNT@START, all of them "
                       "ports from 1 to 65535",
                       name, text);
  }
  return CLI_OK;
}

static int read_scope(const struct cli_command* self, struct request* request) {
  unsigned port_count = 0;

  for (int i = 0; i < TREE_BLOCKS; i++) {
    port_count += request->tree.blocks[i].range.count;
  }
  if (port_count == 0) {
    return cli_misused(self, "it wants --tcp, --udp or both");
  }
  request->tree.scope = request->scope != NULL ? cli_scope_find(request->scope)
                                               : cli_scope_default(port_count);
  if (request->tree.scope == NULL) {
    return request->scope != NULL
               ? cli_misused(self, "there is no scope '%s'", request->scope)
               : cli_misused(self, "there is no scope PORTRES_SCOPE=%s",
                             getenv("PORTRES_SCOPE"));
  }
  if (request->tree.scope->is_guarded && port_count > cli_scope_guard_limit()) {
    cli_complain(self->name,
                 "%u ports are more than can be guarded under the limit on "
                 "descriptors: %u (see 'portres check')",
                 port_count, cli_scope_guard_limit());
    return CLI_FAILED;
  }
  return CLI_OK;
}

static int take_option(const struct cli_command* self,
                       int option,
                       struct request* request) {
  switch (option) {
    case 't':
      return read_block(self, optarg, &request->tree.blocks[0]);
    case 'u':
      return read_block(self, optarg, &request->tree.blocks[1]);
    case 'l':
      request->tree.label = optarg;
      return CLI_OK;
    case 's':
      request->scope = optarg;
      return CLI_OK;
    case 'w':
      return cli_read_wait(self, optarg, &request->tree.wait_ms);
    case 'o':
      request->is_outgoing = true;
      return CLI_OK;
    default:
      request->is_notified = true;
      return CLI_OK;
  }
}

/* False: the command ends with `*code_out`. */
static bool read_request(const struct cli_command* self,
                         int count,
                         char** words,
                         struct request* request,
                         int* code_out) {
  static const struct option table[] = {{"tcp", required_argument, NULL, 't'},
                                        {"udp", required_argument, NULL, 'u'},
                                        {"label", required_argument, NULL, 'l'},
                                        {"scope", required_argument, NULL, 's'},
                                        {"wait", required_argument, NULL, 'w'},
                                        {"outgoing", no_argument, NULL, 'o'},
                                        {"static", no_argument, NULL, 'n'},
                                        {0}};
  int option;

  *code_out = CLI_OK;
  while ((option = cli_option_next(self, count, words, table, code_out)) !=
         -1) {
    if (option != CLI_OPTION_END) {
      *code_out = take_option(self, option, request);
    }
    if (option == CLI_OPTION_END || *code_out != CLI_OK) {
      return false;
    }
  }
  if (optind == count) {
    *code_out = cli_misused(self, "it wants a program to run");
    return false;
  }
  request->launch.words = words + optind;
  *code_out = read_scope(self, request);
  return *code_out == CLI_OK;
}

/* --- Running it --- */

static int complain_of_block(const struct cli_command* self,
                             const struct tree_block* block,
                             int status) {
  char what[64];

  if (block->range.start != 0) {
    snprintf(what, sizeof what, "no block of %u %s ports from %u on",
             block->range.count, cli_protocol_name(block->protocol),
             block->range.start);
  } else {
    snprintf(what, sizeof what, "no block of %u %s ports", block->range.count,
             cli_protocol_name(block->protocol));
  }
  cli_failed(self, what, status);
  return CLI_RUN_FAILED;
}

static int complain_of_launch(const struct cli_command* self,
                              const struct launch* launch,
                              enum launch_step step,
                              int error) {
  static const char* const texts[] = {
      [LAUNCH_FORK] = "cannot start a process",
      [LAUNCH_NOTIFY] = "cannot have the kernel tell of its binds",
      [LAUNCH_EXECUTE] = "cannot execute it"};

  cli_complain(self->name, "%s: %s: %s", launch->words[0], texts[step],
               strerror(error));
  return step != LAUNCH_EXECUTE ? CLI_RUN_FAILED
         : error == ENOENT      ? CLI_RUN_MISSING
                                : CLI_RUN_CANNOT;
}

static int complain_of_error(const struct cli_command* self,
                             const char* what,
                             int error) {
  cli_complain(self->name, "%s: %s", what, strerror(error));
  return CLI_RUN_FAILED;
}

static int launch_and_supervise(const struct cli_command* self,
                                struct request* request,
                                struct supervisor* supervisor) {
  enum launch_step step;
  int notifier;
  int error = supervise_prepare();

  if (error != 0) {
    return complain_of_error(self, "cannot supervise", error);
  }
  error =
      launch_start(&request->launch, &supervisor->program, &notifier, &step);
  if (error == 0) {
    error = notifier_open(&supervisor->notifier, notifier);
    step = LAUNCH_NOTIFY;
  }
  if (error != 0) {
    return complain_of_launch(self, &request->launch, step, error);
  }
  supervise(supervisor);
  notifier_close(&supervisor->notifier);
  tree_close(&request->tree);
  return supervise_end_alike(supervisor->program_status);
}

static int run(const struct cli_command* self, struct request* request) {
  struct supervisor supervisor = {.tree = &request->tree,
                                  .notifier = {.fd = -1}};
  const char* library = surroundings_library();
  const struct tree_block* failed;
  int error;
  int status;

  request->launch.is_notified = request->is_notified ||
                                !PORTRES_CLI_HAS_HOOKS ||
                                program_needs_notify(request->launch.words[0]);
  if (library == NULL && !request->launch.is_notified) {
    cli_complain(self->name, "the library to preload is not there: %s",
                 PORTRES_CLI_LIBRARY);
    return CLI_RUN_FAILED;
  }
  request->launch.is_outgoing = request->is_outgoing;
  launch_remember(&request->launch.habits);
  portres_use_calls();
  status = tree_acquire(&request->tree, &failed);
  if (status != PORTRES_OK) {
    return complain_of_block(self, failed, status);
  }
  error = answerer_open(&supervisor.answerer);
  if (error != 0) {
    return complain_of_error(self, "cannot be asked for ports", error);
  }
  if (!surroundings_set(&request->tree, supervisor.answerer.value, library,
                        request->is_outgoing)) {
    return complain_of_error(self, "no environment", ENOMEM);
  }
  return launch_and_supervise(self, request, &supervisor);
}

int cli_run_main(const struct cli_command* self, int count, char** words) {
  struct request request = {
      .tree = {.label = "",
               .blocks = {{.protocol = PORTRES_TCP, .owner = -1},
                          {.protocol = PORTRES_UDP, .owner = -1}}}};
  int code;

  if (!read_request(self, count, words, &request, &code)) {
    return code == CLI_OK ? CLI_OK : CLI_RUN_FAILED;
  }
  code = run(self, &request);
  tree_close(&request.tree);
  return code;
}
