/* cli_ledger.c - the one place that reads reservations for list and who. */
#include "cli_ledger.h"

#include <stdio.h>

#include "cli_parse.h"
#include "store.h"

struct visit {
  cli_ledger_visit visit;
  void* arg;
};

/* The text of the store is read here and not by portres_list(), which does not
 * tell when a reservation was made. */
static void visit_record(const struct portres__store_record* record,
                         const struct visit* visit) {
  struct cli_reservation reservation = {.protocol = record->protocol,
                                        .range = record->range,
                                        .kind = PORTRES_PERSISTENT,
                                        .scope = ""};

  snprintf(reservation.since, sizeof reservation.since, "%s", record->created);
  visit->visit(&reservation, visit->arg);
}

static bool feed(const char* text, size_t text_len, void* reader) {
  return portres__store_reader_feed(reader, text, text_len);
}

static int each_persistent(const struct visit* visit) {
  struct portres__store store = {0};
  struct portres__store_reader reader;
  int status;

  portres__store_reader_start(&reader, portres__store_collect, &store);
  status = portres__platform_store_read(feed, &reader);
  if (status == PORTRES_OK) {
    status = portres__store_reader_end(&reader);
  }
  for (size_t i = 0; status == PORTRES_OK && i < store.count; i++) {
    visit_record(&store.records[i], visit);
  }
  portres__store_free(&store);
  return status == PORTRES_ENOTFOUND ? PORTRES_OK : status;
}

int cli_ledger_each(cli_ledger_visit visit, void* arg) {
  struct visit all = {visit, arg};
  return each_persistent(&all);
}
