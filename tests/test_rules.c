/* The decision table of rules.h, row by row. Where Windows is silent the
 * number of the question in the semantics is given; a run on a real Windows
 * may change the status of such a row, and then the constant in rules.c. */
#include "rules.h"
#include "table.h"

struct rule_row {
  const char* name;
  struct portres__bind_facts facts;
  enum portres__verdict verdict;
  int status;
};

#define BLOCK \
  { 5000, 4 }

static const struct rule_row rule_rows[] = {
    {"given a stranger, when it binds port 0, then the kernel picks",
     {.port = 0},
     PORTRES__VERDICT_PASS,
     PORTRES_OK},
    {"given a stranger, when it binds a port that is not reserved, then pass",
     {.port = 5000},
     PORTRES__VERDICT_PASS,
     PORTRES_OK},
    {"given a stranger, when it binds a reserved port, then EACCES (Q13)",
     {.port = 5000, .is_reserved = true},
     PORTRES__VERDICT_REFUSE,
     PORTRES_EACCES},
    {"given a live token, when it binds port 0, then a port is picked",
     {.is_associated = true, .is_alive = true, .block = BLOCK},
     PORTRES__VERDICT_PICK,
     PORTRES_OK},
    {"given a live token, when it binds the first port, then it is held",
     {.is_associated = true, .is_alive = true, .block = BLOCK, .port = 5000},
     PORTRES__VERDICT_HOLD,
     PORTRES_OK},
    {"given a live token, when it binds the last port, then it is held",
     {.is_associated = true, .is_alive = true, .block = BLOCK, .port = 5003},
     PORTRES__VERDICT_HOLD,
     PORTRES_OK},
    {"given a live token, when it binds a port outside, then EACCES (Q5)",
     {.is_associated = true, .is_alive = true, .block = BLOCK, .port = 5004},
     PORTRES__VERDICT_REFUSE,
     PORTRES_EACCES},
    {"given a live token, when it binds another's port, then EACCES (Q5)",
     {.is_associated = true,
      .is_alive = true,
      .block = BLOCK,
      .port = 6000,
      .is_reserved = true},
     PORTRES__VERDICT_REFUSE,
     PORTRES_EACCES},
    {"given a dead token, when it binds port 0, then ENOBUFS (Q6)",
     {.is_associated = true},
     PORTRES__VERDICT_REFUSE,
     PORTRES_ENOBUFS},
    {"given a dead token, when it binds an explicit port, then EACCES (Q6)",
     {.is_associated = true, .port = 5000},
     PORTRES__VERDICT_REFUSE,
     PORTRES_EACCES},
};

static void check_rule(const void* data) {
  const struct rule_row* row = data;
  struct portres__decision decision = portres__rules_bind(&row->facts);

  assert_int_equal(decision.verdict, row->verdict);
  assert_int_equal(decision.status, row->status);
}

int main(void) {
  TABLE_ADD(rule_rows, check_rule);
  return table_run("rules");
}
