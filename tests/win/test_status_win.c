/* The border table of src/win, both ways, and the services of platform.h. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "platform.h"
#include "status_win.h"
#include "support.h"

struct status_row {
  const char* name;
  int status;
  DWORD winsock;
  DWORD win32;
};

static const struct status_row status_rows[] = {
    {"OK, both ways", PORTRES_OK, 0, 0},
    {"EABORTED, both ways", PORTRES_EABORTED, 995, 995},
    {"EINCOMPLETE, both ways", PORTRES_EINCOMPLETE, 996, 996},
    {"EPENDING, both ways", PORTRES_EPENDING, 997, 997},
    {"EINTR, both ways", PORTRES_EINTR, 10004, 10004},
    {"EACCES, both ways", PORTRES_EACCES, 10013, 5},
    {"EFAULT, both ways", PORTRES_EFAULT, 10014, 998},
    {"EINVAL, both ways", PORTRES_EINVAL, 10022, 87},
    {"EINPROGRESS, both ways", PORTRES_EINPROGRESS, 10036, 10036},
    {"ENOTSOCK, both ways", PORTRES_ENOTSOCK, 10038, 6},
    {"EOPNOTSUPP, both ways", PORTRES_EOPNOTSUPP, 10045, 50},
    {"EADDRINUSE, both ways", PORTRES_EADDRINUSE, 10048, 32},
    {"ENETDOWN, both ways", PORTRES_ENETDOWN, 10050, 10050},
    {"ENOBUFS, both ways", PORTRES_ENOBUFS, 10055, 8},
    {"ENOTREADY, both ways", PORTRES_ENOTREADY, 10093, 10093},
};

static void check_status(const void* data) {
  const struct status_row* row = data;
  assert_int_equal(portres__status_to_winsock(row->status), row->winsock);
  assert_int_equal(portres__status_to_win32(row->status), row->win32);
  assert_int_equal(portres__status_from_windows(row->winsock), row->status);
  assert_int_equal(portres__status_from_windows(row->win32), row->status);
}

struct code_row {
  const char* name;
  DWORD code;
  int status;
};

static const struct code_row code_rows[] = {
    {"given ERROR_NOT_FOUND, then ENOTFOUND", 1168, PORTRES_ENOTFOUND},
    {"given ERROR_DISK_FULL, then EDISKFULL", 112, PORTRES_EDISKFULL},
    {"given ERROR_FILE_CORRUPT, then ECORRUPT", 1392, PORTRES_ECORRUPT},
    {"given ERROR_ELEVATION_REQUIRED, then EACCES", 740, PORTRES_EACCES},
    {"given ERROR_PRIVILEGE_NOT_HELD, then EACCES", 1314, PORTRES_EACCES},
    {"given ERROR_CALL_NOT_IMPLEMENTED, then EOPNOTSUPP", 120,
     PORTRES_EOPNOTSUPP},
    {"given ERROR_MOD_NOT_FOUND, then EOPNOTSUPP", 126, PORTRES_EOPNOTSUPP},
    {"given ERROR_PROC_NOT_FOUND, then EOPNOTSUPP", 127, PORTRES_EOPNOTSUPP},
    {"given WSAEMFILE, then ENOBUFS", 10024, PORTRES_ENOBUFS},
    {"given ERROR_OUTOFMEMORY, then ENOBUFS", 14, PORTRES_ENOBUFS},
    {"given ERROR_NO_SYSTEM_RESOURCES, then ENOBUFS", 1450, PORTRES_ENOBUFS},
    {"given a code of no table, then EINVAL", 10049, PORTRES_EINVAL},
};

static void check_code(const void* data) {
  const struct code_row* row = data;
  assert_int_equal(portres__status_from_windows(row->code), row->status);
}

static void check_without_counterpart(void) {
  assert_int_equal(portres__status_to_winsock(PORTRES_ENOTFOUND), WSAEINVAL);
  assert_int_equal(portres__status_to_win32(PORTRES_ENOTFOUND), 1168);
  assert_int_equal(portres__status_to_win32(PORTRES_EDISKFULL), 112);
  assert_int_equal(portres__status_to_win32(PORTRES_ECORRUPT), 1392);
  assert_int_equal(portres__status_to_winsock(1), WSAEINVAL);
  assert_int_equal(portres__status_to_win32(1), ERROR_INVALID_PARAMETER);
}

/* Services */

static void check_random(void) {
  unsigned char seen[64] = {0};
  unsigned char none[64] = {0};
  assert_true(portres__platform_random(seen, sizeof seen));
  assert_memory_not_equal(seen, none, sizeof seen);
  assert_true(portres__platform_random(none, 0));
}

static void check_entry(void) {
  errno = ENOTDIR;
  SetLastError(4711);
  struct portres__platform_entry entry = portres__platform_enter();
  errno = 0;
  SetLastError(0);
  portres__platform_leave(entry);
  assert_int_equal(errno, ENOTDIR);
  assert_int_equal(GetLastError(), 4711);
}

static void check_locks(void) {
  for (int i = 0; i < 2; i++) {
    portres__platform_lock_acquire();
    portres__platform_lock_engine();
    portres__platform_unlock_engine();
    portres__platform_unlock_acquire();
  }
}

static const struct support_row rows[] = {
    {"given a status without a code in a dialect, then it is invalid there",
     check_without_counterpart},
    {"given 64 random bytes, then they are not all 0", check_random},
    {"given enter and leave, then errno and the last error are as before",
     check_entry},
    {"given both locks in their order, then both can be taken again",
     check_locks},
};

int main(void) {
  TABLE_ADD(status_rows, check_status);
  TABLE_ADD(code_rows, check_code);
  TABLE_ADD(rows, support_check);
  return table_run("status");
}
