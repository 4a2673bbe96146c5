/* cli.h - the `portres` command: its subcommands, and how each may end.
 *
 * Exit codes are an interface: portres(1) lists them. `run` keeps to 125 to 127
 * for itself, as env(1) and timeout(1) do, because every other code may be that
 * of the program it runs; 75 is EX_TEMPFAIL of sysexits(3).
 */
#ifndef PORTRES_CLI_H
#define PORTRES_CLI_H

#include <stdbool.h>

enum cli_exit {
  CLI_OK = 0,
  CLI_FAILED = 1, /* also: there is no such reservation, nobody holds it */
  CLI_USAGE = 2,
  CLI_BUSY = 75, /* ports are in use or reserved; another time it may work */
  CLI_RUN_FAILED = 125,
  CLI_RUN_CANNOT = 126, /* the program is there and cannot be executed */
  CLI_RUN_MISSING = 127 /* there is no such program */
};

struct cli_command {
  const char* name;
  const char* help; /* all that --help says */
  int (*run)(const struct cli_command* self, int count, char** words);
  bool has_command; /* what follows its first word are another's options */
};

/* The words begin with the name of the subcommand, as argv does. */
int cli_run_main(const struct cli_command* self, int count, char** words);
int cli_hold_main(const struct cli_command* self, int count, char** words);
int cli_list_main(const struct cli_command* self, int count, char** words);
int cli_who_main(const struct cli_command* self, int count, char** words);
int cli_check_main(const struct cli_command* self, int count, char** words);
int cli_create_main(const struct cli_command* self, int count, char** words);
int cli_delete_main(const struct cli_command* self, int count, char** words);
int cli_lookup_main(const struct cli_command* self, int count, char** words);

#endif
