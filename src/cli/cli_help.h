/* cli_help.h - what --help says. */
#ifndef PORTRES_CLI_HELP_H
#define PORTRES_CLI_HELP_H

extern const char cli_help_all[];
extern const char cli_help_run[];
extern const char cli_help_hold[];
extern const char cli_help_list[];
extern const char cli_help_who[];
extern const char cli_help_create[];
extern const char cli_help_delete[];
extern const char cli_help_lookup[];
extern const char cli_help_check[];

#endif
