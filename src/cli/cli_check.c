/* cli_check.c - portres check: what this system can enforce.
 *
 * Each thing is tried where trying does no harm, and else looked up; a line
 * says what came of it, and what that is for. */
#include <stdio.h>

#include "checks.h"
#include "cli_json.h"
#include "cli_parse.h"
#include "cli_say.h"

struct printer {
  bool is_json;
  bool has_failed; /* a check that everything needs */
};

static void print(const struct check* check,
                  const struct check_result* result,
                  struct printer* printer) {
  static const char* const words[] = {
      [CHECK_NO] = "no", [CHECK_YES] = "yes", [CHECK_PARTLY] = "partly"};

  if (printer->is_json) {
    json_open(NULL, '{');
    json_text("name", check->name);
    json_text("state", words[result->state]);
    json_text("detail", result->detail);
    json_close('}');
  } else {
    printf("%-20s %-7s %s\n", check->name, words[result->state],
           result->detail);
  }
  printer->has_failed =
      printer->has_failed || (check->is_needed && result->state == CHECK_NO);
}

int cli_check_main(const struct cli_command* self, int count, char** words) {
  struct printer printer = {0};
  int code;

  if (cli_only_json(self, count, words, &printer.is_json, &code) ==
      CLI_OPTION_END) {
    return code;
  }
  if (optind != count) {
    return cli_misused(self, "'%s' is one word too many", words[optind]);
  }
  if (printer.is_json) {
    json_open(NULL, '{');
    json_text("version", portres_version());
    json_open("checks", '[');
  }
  for (size_t i = 0; i < checks_count; i++) {
    struct check_result result = {.state = CHECK_NO};
    checks[i].look(&result);
    print(&checks[i], &result, &printer);
  }
  if (printer.is_json) {
    json_close(']');
    json_close('}');
  }
  return printer.has_failed ? CLI_FAILED : CLI_OK;
}
