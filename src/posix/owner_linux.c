/* owner_linux.c - who this process is, for those who list reservations. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "disk_posix.h"
#include "ledger_posix.h"
#include "process_posix.h"

enum { STAT_SIZE = 512, STARTED_FIELD = 22, NS_PER_S = 1000000000 };

/* Known once for a process, and again for its child: an acquire is to make no
 * system calls for it. Lock: the acquire lock. */
static struct {
  uint32_t pid;
  uint64_t started;
  uint64_t pid_namespace;
} self;

/* PID (NAME) STATE ...: the name may have spaces and parentheses. */
static uint64_t parse_started(char text[STAT_SIZE]) {
  char* at = strrchr(text, ')');

  for (int field = 2; at != NULL && field < STARTED_FIELD; field++) {
    at = strchr(at + 1, ' ');
  }
  return at != NULL ? strtoull(at + 1, NULL, 10) : 0;
}

static uint64_t read_started(void) {
  char text[STAT_SIZE] = "";
  ssize_t text_len = 0;
  int fd;

  /* Under the probe's lock, as all descriptors that a child must not have. */
  portres__process_lock_probe();
  fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    text_len = portres__disk_read_all(fd, text, sizeof text - 1);
    close(fd);
  }
  portres__process_unlock_probe();
  return text_len > 0 ? parse_started(text) : 0;
}

static void know_self(void) {
  struct stat facts;

  if (self.pid != 0) {
    return;
  }
  self.pid = portres__platform_pid();
  self.started = read_started();
  self.pid_namespace =
      stat("/proc/self/ns/pid", &facts) == 0 ? facts.st_ino : 0;
}

void portres__ledger_forget_self(void) {
  self.pid = 0;
}

void portres__ledger_sign(struct portres__ledger_record* record) {
  struct timespec since_boot = {0, 0};

  know_self();
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  record->pid = self.pid;
  record->started = self.started;
  record->pid_namespace = self.pid_namespace;
  record->since_boot =
      (uint64_t)since_boot.tv_sec * NS_PER_S + (uint64_t)since_boot.tv_nsec;
  record->since_epoch = (int64_t)time(NULL);
  strncpy(record->program, program_invocation_short_name,
          sizeof record->program - 1);
}
