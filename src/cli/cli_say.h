/* cli_say.h - what the command says on stderr, and when its output is lost. */
#ifndef PORTRES_CLI_SAY_H
#define PORTRES_CLI_SAY_H

#include "cli.h"

/* One line: "portres: NAME: ...". */
void cli_complain(const char* name, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same, and where help is. Returns: CLI_USAGE. */
int cli_misused(const struct cli_command* self, const char* format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a failure of the library. Returns: CLI_BUSY where another time
 * may be better, else CLI_FAILED. */
int cli_failed(const struct cli_command* self, const char* what, int status);

/* Have the output written. Returns: `code`, or CLI_FAILED when it cannot be,
 * and complains. */
int cli_finish(int code);

/* Every message in one line, whatever names it quotes: the text with control
 * characters replaced, cut to fit. Returns: `out`. */
const char* cli_clean(const char* text, char* out, unsigned out_size);

#endif
