#include "ledgerreader_posix.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk_posix.h"
#include "ledgerfile_posix.h"
#include "ledgernames_posix.h"
#include "ofd_posix.h"
#include "runtimedir_posix.h"
#include "statedir_posix.h"

/* A ledger that is read: its first part as it was, and the file. */
struct reader {
  int fd;
  struct portres__ledger* ledger;
  struct portres__ledger_entry entry;
  portres__ledger_visit visit;
  void* arg;
};

/* --- One ledger --- */

static ssize_t read_at(int fd, void* out, size_t out_len, off_t at) {
  return lseek(fd, at, SEEK_SET) == at
             ? portres__disk_read_all(fd, out, out_len)
             : -1;
}

static bool read_record(struct reader* reader,
                        enum portres_protocol protocol,
                        uint16_t start) {
  struct portres__ledger_record* record = &reader->entry.record;
  off_t place = (off_t)portres__ledger_place(protocol, start);

  return read_at(reader->fd, record, sizeof *record, place) ==
             (ssize_t)sizeof *record &&
         portres__ledger_is_record_of(record, protocol, start);
}

static bool is_locked(const struct reader* reader,
                      enum portres_protocol protocol,
                      uint16_t port) {
  const struct portres__ofd_range byte = {portres__ledger_byte(protocol, port),
                                          1};
  struct portres__ofd_range held;
  bool is_shared;

  return portres__ofd_find(reader->fd, byte, &held, &is_shared) && !is_shared;
}

/* The ports from here on that are locked, and not settled: a block that is
 * being acquired. */
static uint16_t count_claimed(const struct reader* reader,
                              enum portres_protocol protocol,
                              uint16_t start) {
  const struct portres__space* reserved =
      portres__ledger_reserved(reader->ledger, protocol);
  uint32_t port = start;

  do {
    port++;
  } while (port <= PORTRES__PORT_MAX &&
           portres__space_is_reserved(reserved, (uint16_t)port) &&
           is_locked(reader, protocol, (uint16_t)port));
  return (uint16_t)(port - start);
}

static void describe_claim(struct reader* reader,
                           enum portres_protocol protocol,
                           uint16_t start) {
  struct portres__ledger_record* record = &reader->entry.record;

  memset(record, 0, sizeof *record);
  record->start = start;
  record->protocol = (uint8_t)protocol;
  record->count = count_claimed(reader, protocol, start);
}

/* Records of blocks that ended are never cleared: one that lies where no block
 * of now begins is passed over with the block that it lies in. */
static int visit_block(struct reader* reader,
                       enum portres_protocol protocol,
                       uint16_t start) {
  bool is_settled = portres__space_is_reserved(
      portres__ledger_settled(reader->ledger, protocol), start);

  reader->entry.has_record = is_settled && read_record(reader, protocol, start);
  if (!reader->entry.has_record) {
    describe_claim(reader, protocol, start);
  }
  return reader->visit(&reader->entry, reader->arg);
}

static int visit_protocol(struct reader* reader,
                          enum portres_protocol protocol) {
  const struct portres__space* reserved =
      portres__ledger_reserved(reader->ledger, protocol);
  uint32_t port = 1;
  int result = 0;

  while (port <= PORTRES__PORT_MAX && result == 0) {
    uint16_t start = (uint16_t)port++;
    if (portres__space_is_reserved(reserved, start) &&
        is_locked(reader, protocol, start)) {
      result = visit_block(reader, protocol, start);
      port = (uint32_t)start + reader->entry.record.count;
    }
  }
  return result;
}

static int visit_ledger(struct reader* reader) {
  int result;

  if (read_at(reader->fd, reader->ledger, sizeof *reader->ledger, 0) !=
          (ssize_t)sizeof *reader->ledger ||
      portres__ledger_judge(&reader->ledger->head) != PORTRES__LEDGER_OURS) {
    return 0;
  }
  result = visit_protocol(reader, PORTRES_TCP);
  return result != 0 ? result : visit_protocol(reader, PORTRES_UDP);
}

/* --- A directory --- */

static int visit_file(int dir, const char* name, struct reader* reader) {
  int result = 0;

  if (portres__statedir_open_file(dir, name, O_RDONLY, 0, &reader->fd) !=
      PORTRES_OK) {
    return 0;
  }
  reader->entry.netns = portres__ledgerfile_netns(name);
  result = visit_ledger(reader);
  portres__disk->close(reader->fd);
  return result;
}

static int visit_files(int dir, struct reader* reader) {
  struct portres__ledgernames names;
  int result = PORTRES_ENOBUFS;

  if (portres__ledgernames_read(dir, &names)) {
    result = 0;
    for (size_t i = 0; i < names.count && result == 0; i++) {
      if (portres__ledgerfile_is_current(names.list[i])) {
        result = visit_file(dir, names.list[i], reader);
      }
    }
  }
  portres__ledgernames_free(&names);
  return result;
}

int portres__ledger_each(int dir, portres__ledger_visit visit, void* arg) {
  struct reader reader = {.visit = visit, .arg = arg};
  struct stat facts;
  int result;

  if (portres__disk->fstat(dir, &facts) != 0) {
    return PORTRES_ENOBUFS;
  }
  reader.entry.user = facts.st_uid;
  reader.ledger = malloc(sizeof *reader.ledger);
  if (reader.ledger == NULL) {
    return PORTRES_ENOBUFS;
  }
  result = visit_files(dir, &reader);
  free(reader.ledger);
  return result;
}

/* --- All of them --- */

struct all {
  portres__ledger_visit visit;
  void* arg;
  int result;
};

static void visit_dir(int dir, void* arg) {
  struct all* all = arg;

  if (all->result == 0) {
    all->result = portres__ledger_each(dir, all->visit, all->arg);
  }
}

int portres__ledger_each_of_all(portres__ledger_visit visit, void* arg) {
  struct all all = {visit, arg, 0};

  portres__runtimedir_each(visit_dir, &all);
  return all.result;
}

bool portres__ledger_is_pid_ours(const struct portres__ledger_record* record) {
  struct stat facts;

  return stat("/proc/self/ns/pid", &facts) == 0 &&
         facts.st_ino == record->pid_namespace;
}
