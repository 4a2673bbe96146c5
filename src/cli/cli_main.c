/* cli_main.c - the `portres` command: which subcommand it is. */
#include <fcntl.h>
#include <portres/portres.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_help.h"
#include "cli_say.h"

static const struct cli_command commands[] = {
    {"run", cli_help_run, cli_run_main, true},
    {"hold", cli_help_hold, cli_hold_main, false},
    {"list", cli_help_list, cli_list_main, false},
    {"who", cli_help_who, cli_who_main, false},
    {"create", cli_help_create, cli_create_main, false},
    {"delete", cli_help_delete, cli_delete_main, false},
    {"lookup", cli_help_lookup, cli_lookup_main, false},
    {"check", cli_help_check, cli_check_main, false},
};

static const struct cli_command* find(const char* name) {
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
    if (strcmp(commands[i].name, name) == 0) {
      return &commands[i];
    }
  }
  return NULL;
}

static int complain(const char* problem, const char* word) {
  cli_complain("", "%s%s", problem, word);
  fputs("Try 'portres --help'.\n", stderr);
  return CLI_USAGE;
}

static int help(int count, char** words) {
  const struct cli_command* command = count > 2 ? find(words[2]) : NULL;

  if (count > 2 && command == NULL) {
    return complain("there is no command ", words[2]);
  }
  fputs(command != NULL ? command->help : cli_help_all, stdout);
  return CLI_OK;
}

static int run(int count, char** words) {
  const struct cli_command* command;

  if (count < 2) {
    return complain("it wants a command", "");
  }
  if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0 ||
      strcmp(words[1], "help") == 0) {
    return help(count, words);
  }
  if (strcmp(words[1], "--version") == 0) {
    printf("portres %s\n", portres_version());
    return CLI_OK;
  }
  command = find(words[1]);
  if (command == NULL) {
    return complain(
        *words[1] == '-' ? "there is no option " : "there is no command ",
        words[1]);
  }
  return command->run(command, count - 1, words + 1);
}

/* What a closed standard stream would otherwise be: some socket of ours. */
static void occupy_standard_streams(void) {
  int fd;

  do {
    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
  close(fd);
}

int main(int count, char** words) {
  occupy_standard_streams();
  return cli_finish(run(count, words));
}
