/* cli_who.c - portres who: what keeps a port busy, as far as one may know. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block.h"
#include "cli_json.h"
#include "cli_ledger.h"
#include "cli_parse.h"
#include "cli_say.h"
#include "guard.h"
#include "owners.h"
#include "sockets.h"

/* One transport at the port. */
struct findings {
  enum portres_protocol protocol;
  uint16_t port;
  struct cli_reservation* reservations;
  size_t reservation_count;
  struct sockets_entry* sockets;
  size_t socket_count;
  struct owners owners;
  bool is_out_of_memory;
  int ledger_status; /* why reservations may be missing; 0: none is */
  int socket_error;  /* why sockets may be; 0: none is */
  int owner_error;
  int probe_error; /* of binding to it; 0: it is free */
};

/* --- Finding --- */

static void* grow(struct findings* findings,
                  void* array,
                  size_t count,
                  size_t size) {
  void* grown = realloc(array, (count + 1) * size);

  findings->is_out_of_memory = findings->is_out_of_memory || grown == NULL;
  return grown;
}

static void take_reservation(const struct cli_reservation* reservation,
                             void* arg) {
  struct findings* findings = arg;
  struct cli_reservation* all;

  if (reservation->is_elsewhere ||
      reservation->protocol != findings->protocol ||
      !portres__block_contains(reservation->range, findings->port)) {
    return;
  }
  all = grow(findings, findings->reservations, findings->reservation_count,
             sizeof *all);
  if (all != NULL) {
    findings->reservations = all;
    all[findings->reservation_count++] = *reservation;
  }
}

static void take_socket(const struct sockets_entry* entry, void* arg) {
  struct findings* findings = arg;
  struct sockets_entry* all =
      grow(findings, findings->sockets, findings->socket_count, sizeof *all);

  if (all != NULL) {
    findings->sockets = all;
    all[findings->socket_count++] = *entry;
  }
}

static int find_owners(struct findings* findings) {
  uint64_t* inodes = calloc(findings->socket_count + 1, sizeof *inodes);
  int error;

  if (inodes == NULL) {
    return ENOMEM;
  }
  for (size_t i = 0; i < findings->socket_count; i++) {
    inodes[i] = findings->sockets[i].inode;
  }
  error = owners_find(inodes, findings->socket_count, &findings->owners);
  free(inodes);
  return error;
}

/* The last resort: what is not told of is felt. */
static int probe(const struct findings* findings) {
  int guard = guard_open(findings->protocol, findings->port);

  if (guard < 0) {
    return errno;
  }
  close(guard);
  return 0;
}

static void find(struct findings* findings) {
  const struct portres_range port = {findings->port, 1};

  findings->ledger_status = cli_ledger_each(take_reservation, findings);
  findings->socket_error =
      sockets_each(findings->protocol, port, take_socket, findings);
  if (findings->socket_count != 0) {
    findings->owner_error = find_owners(findings);
  }
  findings->probe_error =
      findings->socket_count != 0 ? EADDRINUSE : probe(findings);
}

static void forget(struct findings* findings) {
  free(findings->reservations);
  free(findings->sockets);
  owners_free(&findings->owners);
}

/* --- Telling --- */

static void print_reservation(const struct findings* findings,
                              const struct cli_reservation* reservation) {
  char text[CLI_LEDGER_TEXT_SIZE];

  printf("%s %u: reserved, one of %u-%u", cli_protocol_name(findings->protocol),
         findings->port, reservation->range.start,
         portres__block_last(reservation->range));
  if (reservation->kind == PORTRES_PERSISTENT) {
    fputs(", persistently", stdout);
  } else {
    printf(", scope %s, by pid %u (%s)", reservation->scope, reservation->pid,
           cli_clean(reservation->program, text, sizeof text));
  }
  if (*reservation->label != '\0') {
    printf(", label %s", cli_clean(reservation->label, text, sizeof text));
  }
  printf("%s%s\n", *reservation->since != '\0' ? ", since " : "",
         reservation->since);
}

static void print_owners(const struct findings* findings, uint64_t inode) {
  const char* separator = ", by";
  char name[OWNERS_NAME_SIZE];

  for (size_t i = 0; i < findings->owners.count; i++) {
    const struct owners_entry* owner = &findings->owners.entries[i];
    if (owner->inode == inode) {
      printf("%s pid %d (%s)", separator, (int)owner->pid,
             cli_clean(owner->program, name, sizeof name));
      separator = " and";
    }
  }
  if (strcmp(separator, ", by") == 0) {
    fputs(", by a process that cannot be looked into", stdout);
  }
}

static void print_socket(const struct findings* findings,
                         const struct sockets_entry* entry) {
  printf("%s %u: socket, %s, at %s", cli_protocol_name(findings->protocol),
         findings->port, entry->state, entry->address);
  if (*entry->peer != '\0') {
    printf(", to %s", entry->peer);
  }
  if (entry->inode != 0) {
    printf(", of uid %u", entry->uid);
    print_owners(findings, entry->inode);
  } else {
    fputs(", left by a closed connection or not accepted yet", stdout);
  }
  putchar('\n');
}

static void print_probe(const struct findings* findings) {
  const char* name = cli_protocol_name(findings->protocol);

  if (findings->probe_error == 0) {
    printf("%s %u: no socket\n", name, findings->port);
  } else if (findings->probe_error == EADDRINUSE) {
    printf("%s %u: socket, of which the system does not tell\n", name,
           findings->port);
  } else {
    printf("%s %u: no socket that the system tells of; cannot be tried: %s\n",
           name, findings->port, strerror(findings->probe_error));
  }
}

static void print(const struct findings* findings) {
  for (size_t i = 0; i < findings->reservation_count; i++) {
    print_reservation(findings, &findings->reservations[i]);
  }
  for (size_t i = 0; i < findings->socket_count; i++) {
    print_socket(findings, &findings->sockets[i]);
  }
  if (findings->socket_count == 0) {
    print_probe(findings);
  }
}

/* --- The same as JSON --- */

static void json_reservation(const struct cli_reservation* reservation) {
  json_open(NULL, '{');
  json_number("start", reservation->range.start);
  json_number("count", reservation->range.count);
  json_text("kind",
            reservation->kind == PORTRES_PERSISTENT ? "persistent" : "runtime");
  if (reservation->kind == PORTRES_RUNTIME) {
    json_text("scope", reservation->scope);
    json_number("pid", reservation->pid);
    json_text("program", reservation->program);
  }
  json_text("label", reservation->label);
  json_text("since", reservation->since);
  json_close('}');
}

static void json_socket(const struct findings* findings,
                        const struct sockets_entry* entry) {
  json_open(NULL, '{');
  json_text("state", entry->state);
  json_text("address", entry->address);
  if (*entry->peer != '\0') {
    json_text("peer", entry->peer);
  } else {
    json_null("peer");
  }
  if (entry->inode != 0) {
    json_number("uid", entry->uid);
  } else {
    json_null("uid");
  }
  json_open("processes", '[');
  for (size_t i = 0; i < findings->owners.count; i++) {
    if (findings->owners.entries[i].inode == entry->inode) {
      json_open(NULL, '{');
      json_number("pid", (unsigned)findings->owners.entries[i].pid);
      json_text("program", findings->owners.entries[i].program);
      json_close('}');
    }
  }
  json_close(']');
  json_close('}');
}

static const char* probe_name(const struct findings* findings) {
  return findings->probe_error == 0            ? "free"
         : findings->probe_error == EADDRINUSE ? "in use"
         : findings->probe_error == EACCES     ? "no right"
                                               : "unknown";
}

static void json_findings(const struct findings* findings) {
  json_open(NULL, '{');
  json_text("protocol", cli_protocol_name(findings->protocol));
  json_text("state", probe_name(findings));
  json_open("reservations", '[');
  for (size_t i = 0; i < findings->reservation_count; i++) {
    json_reservation(&findings->reservations[i]);
  }
  json_close(']');
  json_open("sockets", '[');
  for (size_t i = 0; i < findings->socket_count; i++) {
    json_socket(findings, &findings->sockets[i]);
  }
  json_close(']');
  json_number("hidden_processes", findings->owners.hidden);
  json_close('}');
}

/* --- The command --- */

/* What could not be seen. */
static void complain(const struct cli_command* self,
                     const struct findings* findings) {
  const char* name = cli_protocol_name(findings->protocol);

  if (findings->ledger_status != PORTRES_OK) {
    cli_complain(self->name, "%s: reservations may be missing: %s (%s)", name,
                 portres_strerror(findings->ledger_status),
                 portres_error_name(findings->ledger_status));
  }
  if (findings->socket_error != 0) {
    cli_complain(self->name, "%s: sockets may be missing: %s", name,
                 strerror(findings->socket_error));
  }
  if (findings->owner_error != 0 || findings->is_out_of_memory) {
    cli_complain(
        self->name, "%s: processes may be missing: %s", name,
        strerror(findings->owner_error != 0 ? findings->owner_error : ENOMEM));
  }
  if (findings->owners.hidden != 0) {
    cli_complain(self->name,
                 "%s: %zu processes of others could not be looked into", name,
                 findings->owners.hidden);
  }
}

static bool is_held(const struct findings* findings) {
  return findings->reservation_count != 0 || findings->socket_count != 0 ||
         findings->probe_error == EADDRINUSE;
}

/* `protocol` 0: both. */
static int who(const struct cli_command* self,
               int protocol,
               uint16_t port,
               bool is_json) {
  static const enum portres_protocol protocols[] = {PORTRES_TCP, PORTRES_UDP};
  int code = CLI_FAILED;

  if (is_json) {
    json_open(NULL, '{');
    json_number("port", port);
    json_open("protocols", '[');
  }
  for (int i = 0; i < 2; i++) {
    struct findings findings = {.protocol = protocols[i], .port = port};
    if (protocol == 0 || protocol == (int)protocols[i]) {
      find(&findings);
      (is_json ? json_findings : print)(&findings);
      complain(self, &findings);
      code = is_held(&findings) ? CLI_OK : code;
      forget(&findings);
    }
  }
  if (is_json) {
    json_close(']');
    json_close('}');
  }
  return code;
}

int cli_who_main(const struct cli_command* self, int count, char** words) {
  enum portres_protocol protocol = 0;
  bool is_json;
  unsigned port;
  int code;

  if (cli_only_json(self, count, words, &is_json, &code) == CLI_OPTION_END) {
    return code;
  }
  if (count - optind == 2 && !cli_parse_protocol(words[optind++], &protocol)) {
    return cli_misused(self, "'%s' is neither tcp nor udp", words[optind - 1]);
  }
  if (count - optind != 1) {
    return cli_misused(self, "it wants a port, and maybe a protocol before");
  }
  if (!cli_parse_number(words[optind], 1, PORTRES__PORT_MAX, &port)) {
    return cli_misused(self, "'%s' is no port from 1 to 65535", words[optind]);
  }
  return who(self, (int)protocol, (uint16_t)port, is_json);
}
