/* persistent.c - the six functions of iphlpapi.h over the portable three.
 *
 * They are Win32's: the code is the return value, and the thread's last error
 * is not touched. Parameters are judged before rights, and those before the
 * block is looked for (semantics Q20).
 */
#include "portres_ws/persistent.h"

#include <arpa/inet.h>
#include <portres/portres.h>
#include <string.h>

#include "memory.h"

static const struct {
  int status;
  ULONG code;
} codes[] = {
    {PORTRES_OK, NO_ERROR},
    {PORTRES_EACCES, ERROR_ACCESS_DENIED},
    {PORTRES_EADDRINUSE, ERROR_SHARING_VIOLATION},
    {PORTRES_EINVAL, ERROR_INVALID_PARAMETER},
    {PORTRES_EFAULT, ERROR_INVALID_PARAMETER},
    {PORTRES_ENOTFOUND, ERROR_NOT_FOUND},
    {PORTRES_ENOBUFS, ERROR_NOT_ENOUGH_MEMORY},
    {PORTRES_EOPNOTSUPP, ERROR_NOT_SUPPORTED},
    {PORTRES_EABORTED, ERROR_OPERATION_ABORTED},
};

/* FormatMessage knows Winsock's numbers, too. */
static ULONG code_of(int status) {
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    if (codes[i].status == status) {
      return codes[i].code;
    }
  }
  return (ULONG)-status;
}

static struct portres_range range_of(USHORT start_be, USHORT count) {
  return (struct portres_range){.start = ntohs(start_be), .count = count};
}

typedef int (*token_call)(enum portres_protocol protocol,
                          struct portres_range range,
                          portres_token* out);

static ULONG give_token(token_call call,
                        enum portres_protocol protocol,
                        struct portres_range range,
                        PULONG64 out) {
  portres_token token;
  int status;

  if (!portres__ws_can_write(out, sizeof *out)) {
    return ERROR_INVALID_PARAMETER;
  }
  status = call(protocol, range, &token);
  if (status == PORTRES_OK) {
    memcpy(out, &token, sizeof token);
  }
  return code_of(status);
}

ULONG CreatePersistentTcpPortReservation(USHORT StartPort,
                                         USHORT NumberOfPorts,
                                         PULONG64 Token) {
  return give_token(portres_persistent_create, PORTRES_TCP,
                    range_of(StartPort, NumberOfPorts), Token);
}

ULONG CreatePersistentUdpPortReservation(USHORT StartPort,
                                         USHORT NumberOfPorts,
                                         PULONG64 Token) {
  return give_token(portres_persistent_create, PORTRES_UDP,
                    range_of(StartPort, NumberOfPorts), Token);
}

ULONG DeletePersistentTcpPortReservation(USHORT StartPort,
                                         USHORT NumberOfPorts) {
  return code_of(portres_persistent_delete(PORTRES_TCP,
                                           range_of(StartPort, NumberOfPorts)));
}

ULONG DeletePersistentUdpPortReservation(USHORT StartPort,
                                         USHORT NumberOfPorts) {
  return code_of(portres_persistent_delete(PORTRES_UDP,
                                           range_of(StartPort, NumberOfPorts)));
}

ULONG LookupPersistentTcpPortReservation(USHORT StartPort,
                                         USHORT NumberOfPorts,
                                         PULONG64 Token) {
  return give_token(portres_persistent_lookup, PORTRES_TCP,
                    range_of(StartPort, NumberOfPorts), Token);
}

ULONG LookupPersistentUdpPortReservation(USHORT StartPort,
                                         USHORT NumberOfPorts,
                                         PULONG64 Token) {
  return give_token(portres_persistent_lookup, PORTRES_UDP,
                    range_of(StartPort, NumberOfPorts), Token);
}
