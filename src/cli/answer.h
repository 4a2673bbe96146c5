/* answer.h - the supervisor's end of ask_posix.h. */
#ifndef PORTRES_CLI_ANSWER_H
#define PORTRES_CLI_ANSWER_H

#include "ask_posix.h"
#include "tree.h"

struct answerer {
  int line;
  char value[PORTRES__ASK_VALUE_LEN + 1]; /* of PORTRES_TREE */
};

/* Returns: 0, or an errno value. */
int answerer_open(struct answerer* out);

/* Answer the questions that have come. */
void answerer_serve(const struct answerer* answerer, struct tree* tree);

#endif
