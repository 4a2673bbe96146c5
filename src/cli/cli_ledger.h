/* cli_ledger.h - every reservation that this user may see: the persistent ones
 *                and those of running processes. */
#ifndef PORTRES_CLI_LEDGER_H
#define PORTRES_CLI_LEDGER_H

#include <portres/portres.h>
#include <stdbool.h>

enum { CLI_LEDGER_TEXT_SIZE = 64 };

struct cli_reservation {
  enum portres_protocol protocol;
  struct portres_range range;
  enum portres_kind kind;
  const char* scope; /* empty: of a persistent one */
  uint32_t pid;      /* 0: of no process */
  char program[CLI_LEDGER_TEXT_SIZE];
  char label[CLI_LEDGER_TEXT_SIZE];
  bool is_elsewhere;                /* in another network namespace */
  char since[CLI_LEDGER_TEXT_SIZE]; /* 2026-11-22T21:36:06Z; empty: unknown */
};

typedef void (*cli_ledger_visit)(const struct cli_reservation* reservation,
                                 void* arg);

/* Call `visit` for each of them. Returns: 0, or a status: some are missing. */
int cli_ledger_each(cli_ledger_visit visit, void* arg);

#endif
