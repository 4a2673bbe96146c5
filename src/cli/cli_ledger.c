/* cli_ledger.c - the one place that reads reservations for list and who. */
#include "cli_ledger.h"

#include <stdio.h>
#include <time.h>

#include "cli_parse.h"
#include "ledgerreader_posix.h"
#include "store.h"

struct visit {
  cli_ledger_visit visit;
  void* arg;
  struct portres__netns netns; /* our own */
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

/* --- Of running processes --- */

static const char* scope_name(int scope) {
  return scope == PORTRES_SCOPE_MACHINE   ? "machine"
         : scope == PORTRES_SCOPE_PROCESS ? "process"
                                          : "shared";
}

static void print_utc(time_t seconds, char* out, size_t out_size) {
  struct tm parts;

  if (gmtime_r(&seconds, &parts) == NULL ||
      strftime(out, out_size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    *out = '\0';
  }
}

/* One that was claimed a moment ago has no record yet. */
static int visit_entry(const struct portres__ledger_entry* entry, void* arg) {
  const struct portres__ledger_record* record = &entry->record;
  const struct visit* visit = arg;
  struct cli_reservation reservation = {
      .protocol = (enum portres_protocol)record->protocol,
      .range = {record->start, record->count},
      .kind = PORTRES_RUNTIME,
      .scope = scope_name(record->scope),
      .is_elsewhere = !portres__netns_is_same(entry->netns, visit->netns)};

  if (entry->has_record) {
    reservation.pid = portres__ledger_is_pid_ours(record) ? record->pid : 0;
    snprintf(reservation.program, sizeof reservation.program, "%.*s",
             (int)sizeof record->program, record->program);
    snprintf(reservation.label, sizeof reservation.label, "%.*s",
             (int)sizeof record->label, record->label);
    print_utc((time_t)record->since_epoch, reservation.since,
              sizeof reservation.since);
  }
  visit->visit(&reservation, visit->arg);
  return 0;
}

int cli_ledger_each(cli_ledger_visit visit, void* arg) {
  struct visit all = {.visit = visit, .arg = arg};
  int of_processes;
  int persistent;

  if (!portres__netns_of(-1, &all.netns)) {
    return PORTRES_ENOBUFS;
  }
  of_processes = portres__ledger_each_of_all(visit_entry, &all);
  persistent = each_persistent(&all);
  return of_processes != PORTRES_OK ? of_processes : persistent;
}
