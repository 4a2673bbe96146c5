/* status.c - the names and meanings of the result codes. */
#include <portres/portres.h>

struct status_text {
  int status;
  const char* name;
  const char* meaning;
};

static const struct status_text texts[] = {
    {PORTRES_OK, "OK", "Success."},
    {PORTRES_EDISKFULL, "EDISKFULL", "The disk of the store is full."},
    {PORTRES_EABORTED, "EABORTED", "The operation was aborted."},
    {PORTRES_EINCOMPLETE, "EINCOMPLETE", "The operation is not complete yet."},
    {PORTRES_EPENDING, "EPENDING", "The operation will complete later."},
    {PORTRES_ENOTFOUND, "ENOTFOUND", "There is no such reservation."},
    {PORTRES_ECORRUPT, "ECORRUPT",
     "The store of persistent reservations is damaged or not trusted."},
    {PORTRES_EINTR, "EINTR", "The call was interrupted."},
    {PORTRES_EACCES, "EACCES", "The port is reserved, or needs a privilege."},
    {PORTRES_EFAULT, "EFAULT", "A pointer is not valid."},
    {PORTRES_EINVAL, "EINVAL", "An argument, a token or a state is not valid."},
    {PORTRES_EINPROGRESS, "EINPROGRESS", "A blocking call is in progress."},
    {PORTRES_ENOTSOCK, "ENOTSOCK", "The descriptor is not an open socket."},
    {PORTRES_EOPNOTSUPP, "EOPNOTSUPP", "This is not supported here."},
    {PORTRES_EADDRINUSE, "EADDRINUSE", "A port is in use or reserved."},
    {PORTRES_ENETDOWN, "ENETDOWN", "The network is down."},
    {PORTRES_ENOBUFS, "ENOBUFS", "No port, memory or descriptor is left."},
    {PORTRES_ENOTREADY, "ENOTREADY", "WSAStartup has not been called."},
};

static const struct status_text* find_text(int status) {
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    if (texts[i].status == status) {
      return &texts[i];
    }
  }
  return NULL;
}

const char* portres_strerror(int status) {
  const struct status_text* text = find_text(status);
  return text != NULL ? text->meaning : "This is no status of portres.";
}

const char* portres_error_name(int status) {
  const struct status_text* text = find_text(status);
  return text != NULL ? text->name : "UNKNOWN";
}
