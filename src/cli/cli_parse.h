/* cli_parse.h - the words of the command line: protocols, ports, options. */
#ifndef PORTRES_CLI_PARSE_H
#define PORTRES_CLI_PARSE_H

#include <getopt.h>
#include <portres/portres.h>

#include "cli.h"

/* False: it is not one. */
bool cli_parse_protocol(const char* text, enum portres_protocol* out);

/* Decimal digits and nothing else, from `low` to `high`. */
bool cli_parse_number(const char* text,
                      unsigned low,
                      unsigned high,
                      unsigned* out);

/* COUNT or COUNT@START, where all ports are ports. */
bool cli_parse_block(const char* text, struct portres_range* out);

const char* cli_protocol_name(enum portres_protocol protocol);

/* The value of --wait: up to 65535 seconds, or "forever". Returns: CLI_OK, or
 * CLI_USAGE when it has said what is wrong. */
int cli_read_wait(const struct cli_command* self,
                  const char* text,
                  uint32_t* out_ms);

/* getopt_long() for a subcommand. `table` has no --help: it is understood
 * everywhere. Returns: the option's value; -1: no more, `optind` is the first
 * word; CLI_OPTION_END: the command ends with `*code_out`. */
enum { CLI_OPTION_END = -2 };
int cli_option_next(const struct cli_command* self,
                    int count,
                    char** words,
                    const struct option* table,
                    int* code_out);

/* The options of a command that knows only --json. Returns: as above. */
int cli_only_json(const struct cli_command* self,
                  int count,
                  char** words,
                  bool* is_json_out,
                  int* code_out);

#endif
