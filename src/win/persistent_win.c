/* persistent_win.c - the six functions of iphlpapi.dll. They take the start in
 * network order, return a Win32 code, and need no WSAStartup. */
#include "persistent_win.h"

#include <winsock2.h>

#include "import_win.h"
#include "known_win.h"
#include "platform.h"
#include "status_win.h"

typedef ULONG(WINAPI* token_function)(USHORT start_be,
                                      USHORT count,
                                      PULONG64 token);
typedef ULONG(WINAPI* range_function)(USHORT start_be, USHORT count);

static const char* name_for(enum portres_protocol protocol,
                            const char* tcp,
                            const char* udp) {
  return protocol == PORTRES_TCP ? tcp : udp;
}

/* Call one that tells a token. */
static int get_token(const char* name,
                     struct portres_range range,
                     portres_token* out) {
  struct portres__import import;
  ULONG64 token = 0;
  int status = portres__import_open(name, &import);

  if (status != PORTRES_OK) {
    return status;
  }
  status = portres__status_from_windows(((token_function)import.function)(
      htons(range.start), range.count, &token));
  portres__import_close(&import);
  if (status == PORTRES_OK) {
    *out = token;
  }
  return status;
}

int portres__persistent_look_up(enum portres_protocol protocol,
                                struct portres_range range,
                                portres_token* out) {
  return get_token(name_for(protocol, "LookupPersistentTcpPortReservation",
                            "LookupPersistentUdpPortReservation"),
                   range, out);
}

/* As get_token(), and take a note. */
static int get_and_keep(const char* name,
                        enum portres_protocol protocol,
                        struct portres_range range,
                        portres_token* out) {
  struct portres__known* known = portres__known_create();
  int status = known == NULL ? PORTRES_ENOBUFS : get_token(name, range, out);

  if (status != PORTRES_OK) {
    portres__known_drop(known);
    return status;
  }
  known->info.token = *out;
  known->info.range = range;
  known->info.protocol = protocol;
  known->info.kind = PORTRES_PERSISTENT;
  known->info.scope = PORTRES_SCOPE_MACHINE;
  portres__known_keep(known);
  return status;
}

int portres__facility_persistent_create(enum portres_protocol protocol,
                                        struct portres_range range,
                                        portres_token* out) {
  return get_and_keep(name_for(protocol, "CreatePersistentTcpPortReservation",
                               "CreatePersistentUdpPortReservation"),
                      protocol, range, out);
}

int portres__facility_persistent_lookup(enum portres_protocol protocol,
                                        struct portres_range range,
                                        portres_token* out) {
  return get_and_keep(name_for(protocol, "LookupPersistentTcpPortReservation",
                               "LookupPersistentUdpPortReservation"),
                      protocol, range, out);
}

int portres__facility_persistent_delete(enum portres_protocol protocol,
                                        struct portres_range range) {
  struct portres__import import;
  int status = portres__import_open(
      name_for(protocol, "DeletePersistentTcpPortReservation",
               "DeletePersistentUdpPortReservation"),
      &import);

  if (status != PORTRES_OK) {
    return status;
  }
  status = portres__status_from_windows(
      ((range_function)import.function)(htons(range.start), range.count));
  portres__import_close(&import);
  if (status == PORTRES_OK) {
    portres__known_forget_range(protocol, range);
  }
  return status;
}
