/* Names and errno values of the result codes; the numbers are Winsock's and
 * must never change. */
#include <errno.h>
#include <portres/portres.h>
#include <string.h>

#include "status_posix.h"
#include "table.h"

struct status_row {
  const char* name;
  int status;
  int number;
  const char* error_name;
  int error; /* 0: errno has no such value */
};

static const struct status_row status_rows[] = {
    {"success", PORTRES_OK, 0, "OK", 0},
    {"ERROR_DISK_FULL", PORTRES_EDISKFULL, -112, "EDISKFULL", 0},
    {"WSA_OPERATION_ABORTED", PORTRES_EABORTED, -995, "EABORTED", 0},
    {"WSA_IO_INCOMPLETE", PORTRES_EINCOMPLETE, -996, "EINCOMPLETE", 0},
    {"WSA_IO_PENDING", PORTRES_EPENDING, -997, "EPENDING", 0},
    {"ERROR_NOT_FOUND", PORTRES_ENOTFOUND, -1168, "ENOTFOUND", 0},
    {"ERROR_FILE_CORRUPT", PORTRES_ECORRUPT, -1392, "ECORRUPT", 0},
    {"WSAEINTR", PORTRES_EINTR, -10004, "EINTR", EINTR},
    {"WSAEACCES", PORTRES_EACCES, -10013, "EACCES", EACCES},
    {"WSAEFAULT", PORTRES_EFAULT, -10014, "EFAULT", EFAULT},
    {"WSAEINVAL", PORTRES_EINVAL, -10022, "EINVAL", EINVAL},
    {"WSAEINPROGRESS", PORTRES_EINPROGRESS, -10036, "EINPROGRESS", EINPROGRESS},
    {"WSAENOTSOCK", PORTRES_ENOTSOCK, -10038, "ENOTSOCK", ENOTSOCK},
    {"WSAEOPNOTSUPP", PORTRES_EOPNOTSUPP, -10045, "EOPNOTSUPP", EOPNOTSUPP},
    {"WSAEADDRINUSE", PORTRES_EADDRINUSE, -10048, "EADDRINUSE", EADDRINUSE},
    {"WSAENETDOWN", PORTRES_ENETDOWN, -10050, "ENETDOWN", ENETDOWN},
    {"WSAENOBUFS", PORTRES_ENOBUFS, -10055, "ENOBUFS", ENOBUFS},
    {"WSANOTINITIALISED", PORTRES_ENOTREADY, -10093, "ENOTREADY", 0},
};

static void check_status(const void* data) {
  const struct status_row* row = data;
  const char* meaning = portres_strerror(row->status);

  assert_int_equal(row->status, row->number);
  assert_string_equal(portres_error_name(row->status), row->error_name);
  assert_int_equal(meaning[strlen(meaning) - 1], '.');
  assert_string_not_equal(meaning, portres_strerror(1));
  if (row->error != 0) {
    assert_int_equal(portres__status_to_errno(row->status), row->error);
    assert_int_equal(portres__status_from_errno(row->error), row->status);
  }
}

static void unknown_status_is_said_to_be_unknown(void) {
  assert_string_equal(portres_error_name(1), "UNKNOWN");
  assert_string_equal(portres_error_name(-1), "UNKNOWN");
  assert_string_equal(portres_strerror(-1), portres_strerror(1));
}

static void shortages_are_no_buffers(void) {
  assert_int_equal(portres__status_from_errno(EMFILE), PORTRES_ENOBUFS);
  assert_int_equal(portres__status_from_errno(ENFILE), PORTRES_ENOBUFS);
  assert_int_equal(portres__status_from_errno(ENOMEM), PORTRES_ENOBUFS);
}

int main(void) {
  TABLE_ADD(status_rows, check_status);
  table_add_one("given no status, then it is UNKNOWN",
                unknown_status_is_said_to_be_unknown);
  table_add_one("given EMFILE, ENFILE or ENOMEM, then ENOBUFS",
                shortages_are_no_buffers);
  return table_run("status");
}
