/* persistent.c - the six functions of iphlpapi.dll for the examples, over the
 * library: where the DLL lacks them, a program that imports them itself does
 * not even get to its main(), or ends in Wine's debugger.
 */
#include <winsock2.h>
/* These want the other first. */
#include <iphlpapi.h>
#include <portres/portres.h>

#include "status_win.h"

/* The first port is in network order. */
static struct portres_range to_range(USHORT start, USHORT count) {
  struct portres_range range = {ntohs(start), count};
  return range;
}

static ULONG create(enum portres_protocol protocol,
                    struct portres_range range,
                    PULONG64 token) {
  portres_token created = 0;
  int status = portres_persistent_create(protocol, range, &created);
  *token = created;
  return portres__status_to_win32(status);
}

static ULONG look_up(enum portres_protocol protocol,
                     struct portres_range range,
                     PULONG64 token) {
  portres_token found = 0;
  int status = portres_persistent_lookup(protocol, range, &found);
  *token = found;
  return portres__status_to_win32(status);
}

static ULONG discard(enum portres_protocol protocol,
                     struct portres_range range) {
  return portres__status_to_win32(portres_persistent_delete(protocol, range));
}

ULONG WINAPI CreatePersistentTcpPortReservation(USHORT start,
                                                USHORT count,
                                                PULONG64 token) {
  return create(PORTRES_TCP, to_range(start, count), token);
}

ULONG WINAPI CreatePersistentUdpPortReservation(USHORT start,
                                                USHORT count,
                                                PULONG64 token) {
  return create(PORTRES_UDP, to_range(start, count), token);
}

ULONG WINAPI DeletePersistentTcpPortReservation(USHORT start, USHORT count) {
  return discard(PORTRES_TCP, to_range(start, count));
}

ULONG WINAPI DeletePersistentUdpPortReservation(USHORT start, USHORT count) {
  return discard(PORTRES_UDP, to_range(start, count));
}

ULONG WINAPI LookupPersistentTcpPortReservation(USHORT start,
                                                USHORT count,
                                                PULONG64 token) {
  return look_up(PORTRES_TCP, to_range(start, count), token);
}

ULONG WINAPI LookupPersistentUdpPortReservation(USHORT start,
                                                USHORT count,
                                                PULONG64 token) {
  return look_up(PORTRES_UDP, to_range(start, count), token);
}
