/* cli_list.c - portres list: every reservation that there is to see. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "block.h"
#include "cli_json.h"
#include "cli_ledger.h"
#include "cli_parse.h"
#include "cli_say.h"
#include "sockets.h"

struct listing {
  const struct cli_command* self;
  bool is_json;
  int error; /* why the system did not tell of sockets; 0: it did */
};

/* A bit for each port that some process has a socket at; a guard is no use. */
struct used {
  unsigned char bits[(PORTRES__PORT_MAX + 1) / 8];
  unsigned count;
};

static void note_socket(const struct sockets_entry* entry, void* arg) {
  struct used* used = arg;
  unsigned char bit = (unsigned char)(1u << entry->port % 8);

  if (entry->inode != 0 && !entry->is_guard &&
      (used->bits[entry->port / 8] & bit) == 0) {
    used->bits[entry->port / 8] |= bit;
    used->count++;
  }
}

/* False: the system does not tell. */
static bool count_used(struct listing* listing,
                       const struct cli_reservation* reservation,
                       unsigned* count_out) {
  static struct used used;
  int error;

  if (reservation->is_elsewhere) {
    return false;
  }
  memset(&used, 0, sizeof used);
  error = sockets_each(reservation->protocol, reservation->range, note_socket,
                       &used);
  if (error != 0) {
    listing->error = error;
    return false;
  }
  *count_out = used.count;
  return true;
}

static void json_optional(const char* name, const char* text) {
  if (*text != '\0') {
    json_text(name, text);
  } else {
    json_null(name);
  }
}

static const char* kind_name(const struct cli_reservation* reservation) {
  return reservation->kind == PORTRES_PERSISTENT ? "persistent" : "runtime";
}

static void print_json(const struct cli_reservation* reservation,
                       bool is_counted,
                       unsigned used) {
  json_open(NULL, '{');
  json_text("protocol", cli_protocol_name(reservation->protocol));
  json_number("start", reservation->range.start);
  json_number("count", reservation->range.count);
  json_text("kind", kind_name(reservation));
  json_optional("scope", reservation->scope);
  if (is_counted) {
    json_number("used", used);
    json_number("free", reservation->range.count - used);
  } else {
    json_null("used");
    json_null("free");
  }
  if (reservation->pid != 0) {
    json_number("pid", reservation->pid);
  } else {
    json_null("pid");
  }
  json_optional("program", reservation->program);
  json_optional("label", reservation->label);
  json_optional("since", reservation->since);
  json_close('}');
}

static const char* or_dash(const char* text, char* clean, unsigned clean_size) {
  return *text != '\0' ? cli_clean(text, clean, clean_size) : "-";
}

static void print_line(const struct cli_reservation* reservation,
                       bool is_counted,
                       unsigned used) {
  char program[CLI_LEDGER_TEXT_SIZE];
  char label[CLI_LEDGER_TEXT_SIZE];
  char ports[16];
  char figures[32] = "-";
  char pid[16] = "-";

  snprintf(ports, sizeof ports, "%u-%u", reservation->range.start,
           portres__block_last(reservation->range));
  if (is_counted) {
    snprintf(figures, sizeof figures, "%u/%u", used, reservation->range.count);
  }
  if (reservation->pid != 0) {
    snprintf(pid, sizeof pid, "%u", reservation->pid);
  }
  printf("%-5s %-11s %-11s %-10s %-8s %-7s %-15s %-20s %s\n",
         cli_protocol_name(reservation->protocol), figures, ports,
         kind_name(reservation),
         *reservation->scope != '\0' ? reservation->scope : "-", pid,
         or_dash(reservation->program, program, sizeof program),
         *reservation->since != '\0' ? reservation->since : "-",
         or_dash(reservation->label, label, sizeof label));
}

static void print(const struct cli_reservation* reservation, void* arg) {
  struct listing* listing = arg;
  unsigned used = 0;
  bool is_counted = count_used(listing, reservation, &used);

  if (listing->is_json) {
    print_json(reservation, is_counted, used);
  } else {
    print_line(reservation, is_counted, used);
  }
}

static int list(struct listing* listing) {
  int status;

  if (listing->is_json) {
    json_open(NULL, '{');
    json_open("reservations", '[');
  } else {
    printf("%-5s %-11s %-11s %-10s %-8s %-7s %-15s %-20s %s\n", "", "USED",
           "PORTS", "KIND", "SCOPE", "PID", "PROGRAM", "SINCE", "LABEL");
  }
  status = cli_ledger_each(print, listing);
  if (listing->is_json) {
    json_close(']');
    json_close('}');
  }
  return status;
}

int cli_list_main(const struct cli_command* self, int count, char** words) {
  struct listing listing = {.self = self};
  int code;
  int status;

  if (cli_only_json(self, count, words, &listing.is_json, &code) ==
      CLI_OPTION_END) {
    return code;
  }
  if (optind != count) {
    return cli_misused(self, "'%s' is one word too many", words[optind]);
  }
  status = list(&listing);
  if (listing.error != 0) {
    cli_complain(self->name, "the system did not tell which ports are used: %s",
                 strerror(listing.error));
  }
  if (status != PORTRES_OK) {
    cli_failed(self, "the list is not complete", status);
    return CLI_FAILED;
  }
  return CLI_OK;
}
