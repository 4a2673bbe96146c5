#include "cli_say.h"

#include <errno.h>
#include <portres/portres.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 1024 };

const char* cli_clean(const char* text, char* out, unsigned out_size) {
  unsigned len = 0;

  for (; text[len] != '\0' && len + 1 < out_size; len++) {
    bool is_control = (unsigned char)text[len] < ' ' || text[len] == 0x7f;
    out[len] = text[len];
    if (is_control) {
      out[len] = '?';
    }
  }
  out[len] = '\0';
  return out;
}

static void say(const char* name, const char* format, va_list arguments) {
  char line[LINE_SIZE];
  char clean[LINE_SIZE];

  vsnprintf(line, sizeof line, format, arguments);
  fprintf(stderr, "portres: %s%s%s\n", name, *name != '\0' ? ": " : "",
          cli_clean(line, clean, sizeof clean));
}

void cli_complain(const char* name, const char* format, ...) {
  va_list arguments;

  va_start(arguments, format);
  say(name, format, arguments);
  va_end(arguments);
}

int cli_misused(const struct cli_command* self, const char* format, ...) {
  va_list arguments;

  va_start(arguments, format);
  say(self->name, format, arguments);
  va_end(arguments);
  fprintf(stderr, "Try 'portres %s --help'.\n", self->name);
  return CLI_USAGE;
}

int cli_failed(const struct cli_command* self, const char* what, int status) {
  cli_complain(self->name, "%s: %s (%s)", what, portres_strerror(status),
               portres_error_name(status));
  return status == PORTRES_EADDRINUSE || status == PORTRES_ENOBUFS ? CLI_BUSY
                                                                   : CLI_FAILED;
}

int cli_finish(int code) {
  if (fflush(stdout) == 0 && ferror(stdout) == 0) {
    return code;
  }
  cli_complain("", "cannot write the output: %s", strerror(errno));
  return CLI_FAILED;
}
