/* ports_win.c - the tables of GetExtendedTcpTable and GetExtendedUdpTable.
 *
 * A TCP socket that is bound and neither listens nor is connected is in no
 * table: Windows tells of it nowhere.
 */
#include "ports_win.h"

#include <winsock2.h>
/* These want the other first. */
#include <iphlpapi.h>
#include <stdlib.h>
#include <string.h>

#include "import_win.h"
#include "platform.h"
#include "status_win.h"

/* The class is an enumeration of its own in each of the two. */
typedef DWORD(WINAPI* table_function)(PVOID table,
                                      PDWORD size,
                                      BOOL is_sorted,
                                      ULONG family,
                                      int class_of_table,
                                      ULONG reserved);

/* Four tables of the same make: a count, and rows that differ. */
struct layout {
  enum portres_protocol protocol;
  ULONG family;
  size_t first_row;
  size_t row_size;
  size_t port; /* network order, in the lower half of a DWORD */
  size_t pid;
};

static const struct layout layouts[] = {
    {PORTRES_TCP, AF_INET, offsetof(MIB_TCPTABLE_OWNER_PID, table),
     sizeof(MIB_TCPROW_OWNER_PID), offsetof(MIB_TCPROW_OWNER_PID, dwLocalPort),
     offsetof(MIB_TCPROW_OWNER_PID, dwOwningPid)},
    {PORTRES_TCP, AF_INET6, offsetof(MIB_TCP6TABLE_OWNER_PID, table),
     sizeof(MIB_TCP6ROW_OWNER_PID),
     offsetof(MIB_TCP6ROW_OWNER_PID, dwLocalPort),
     offsetof(MIB_TCP6ROW_OWNER_PID, dwOwningPid)},
    {PORTRES_UDP, AF_INET, offsetof(MIB_UDPTABLE_OWNER_PID, table),
     sizeof(MIB_UDPROW_OWNER_PID), offsetof(MIB_UDPROW_OWNER_PID, dwLocalPort),
     offsetof(MIB_UDPROW_OWNER_PID, dwOwningPid)},
    {PORTRES_UDP, AF_INET6, offsetof(MIB_UDP6TABLE_OWNER_PID, table),
     sizeof(MIB_UDP6ROW_OWNER_PID),
     offsetof(MIB_UDP6ROW_OWNER_PID, dwLocalPort),
     offsetof(MIB_UDP6ROW_OWNER_PID, dwOwningPid)},
};

enum {
  LAYOUT_COUNT = sizeof layouts / sizeof layouts[0],
  FIRST_SIZE = 16384, /* some hundreds of rows */
  MOST_TRIES = 8      /* the table may grow between two calls */
};

/* What the function says; the table is the caller's to free. */
static DWORD fetch(table_function function,
                   const struct layout* layout,
                   char** table_out) {
  int class_of_table = layout->protocol == PORTRES_TCP
                           ? (int)TCP_TABLE_OWNER_PID_ALL
                           : (int)UDP_TABLE_OWNER_PID;
  DWORD code = ERROR_INSUFFICIENT_BUFFER;
  DWORD size = FIRST_SIZE;

  *table_out = NULL;
  for (int i = 0; i < MOST_TRIES && code == ERROR_INSUFFICIENT_BUFFER; i++) {
    free(*table_out);
    *table_out = malloc(size);
    if (*table_out == NULL) {
      return ERROR_NOT_ENOUGH_MEMORY;
    }
    code =
        function(*table_out, &size, FALSE, layout->family, class_of_table, 0);
  }
  return code == ERROR_INSUFFICIENT_BUFFER ? ERROR_NOT_ENOUGH_MEMORY : code;
}

static DWORD read_member(const char* row, size_t offset) {
  DWORD value;

  memcpy(&value, row + offset, sizeof value);
  return value;
}

static void mark(struct portres__ports* ports,
                 const struct layout* layout,
                 const char* table) {
  DWORD count = read_member(table, 0);
  DWORD us = portres__platform_pid();

  for (DWORD i = 0; i < count; i++) {
    const char* row = table + layout->first_row + i * layout->row_size;
    uint8_t* holder =
        &ports->holders[ntohs((uint16_t)read_member(row, layout->port))];
    if (read_member(row, layout->pid) == us) {
      *holder = PORTRES__HOLDER_US;
    } else if (*holder == PORTRES__HOLDER_NONE) {
      *holder = PORTRES__HOLDER_OTHER;
    }
  }
}

static int mark_all(struct portres__ports* ports,
                    enum portres_protocol protocol,
                    table_function function) {
  int status = PORTRES_OK;

  for (int i = 0; i < LAYOUT_COUNT && status == PORTRES_OK; i++) {
    char* table = NULL;
    if (layouts[i].protocol == protocol) {
      status =
          portres__status_from_windows(fetch(function, &layouts[i], &table));
    }
    if (table != NULL && status == PORTRES_OK) {
      mark(ports, &layouts[i], table);
    }
    free(table);
  }
  return status;
}

struct portres__ports* portres__ports_read(enum portres_protocol protocol,
                                           int* status_out) {
  struct portres__ports* ports = calloc(1, sizeof *ports);
  struct portres__import import;

  *status_out = ports == NULL
                    ? PORTRES_ENOBUFS
                    : portres__import_open(protocol == PORTRES_TCP
                                               ? "GetExtendedTcpTable"
                                               : "GetExtendedUdpTable",
                                           &import);
  if (*status_out == PORTRES_OK) {
    *status_out = mark_all(ports, protocol, (table_function)import.function);
    portres__import_close(&import);
  }
  if (*status_out != PORTRES_OK) {
    portres__ports_drop(ports);
    return NULL;
  }
  return ports;
}

void portres__ports_drop(struct portres__ports* ports) {
  free(ports);
}

void portres__ports_count(const struct portres__ports* ports,
                          struct portres_info* info) {
  info->used = 0;
  info->cooling = 0;
  for (uint32_t i = 0; i < info->range.count; i++) {
    uint8_t holder = ports->holders[info->range.start + i];
    info->used += holder == PORTRES__HOLDER_US;
    info->cooling += holder == PORTRES__HOLDER_OTHER;
  }
  info->free = info->range.count - info->used - info->cooling;
}
