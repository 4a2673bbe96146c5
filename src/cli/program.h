/* program.h - what kind of program a file is: does preloading reach it? */
#ifndef PORTRES_CLI_PROGRAM_H
#define PORTRES_CLI_PROGRAM_H

#include <stdbool.h>

/* True for a static program, and for one that was made by Go, which makes its
 * system calls by itself. False for scripts and whatever cannot be told. */
bool program_needs_notify(const char* name);

#endif
