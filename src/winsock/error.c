#include "error.h"

#include <errno.h>
#include <stddef.h>

#include "portres_ws/socket.h"

struct pair {
  int error_number;
  int error;
};

static const struct pair pairs[] = {
    {EINTR, WSAEINTR},
    {EBADF, WSAENOTSOCK}, /* Winsock has one number for both */
    {EACCES, WSAEACCES},
    {EPERM, WSAEACCES},
    {EFAULT, WSAEFAULT},
    {EINVAL, WSAEINVAL},
    {EMFILE, WSAEMFILE},
    {ENFILE, WSAEMFILE},
    {EAGAIN, WSAEWOULDBLOCK},
    {EINPROGRESS, WSAEINPROGRESS},
    {EALREADY, WSAEALREADY},
    {ENOTSOCK, WSAENOTSOCK},
    {EDESTADDRREQ, WSAEDESTADDRREQ},
    {EMSGSIZE, WSAEMSGSIZE},
    {EPROTOTYPE, WSAEPROTOTYPE},
    {ENOPROTOOPT, WSAENOPROTOOPT},
    {EPROTONOSUPPORT, WSAEPROTONOSUPPORT},
    {ESOCKTNOSUPPORT, WSAESOCKTNOSUPPORT},
    {EOPNOTSUPP, WSAEOPNOTSUPP},
    {EPFNOSUPPORT, WSAEPFNOSUPPORT},
    {EAFNOSUPPORT, WSAEAFNOSUPPORT},
    {EADDRINUSE, WSAEADDRINUSE},
    {EADDRNOTAVAIL, WSAEADDRNOTAVAIL},
    {ENETDOWN, WSAENETDOWN},
    {ENETUNREACH, WSAENETUNREACH},
    {ENETRESET, WSAENETRESET},
    {ECONNABORTED, WSAECONNABORTED},
    {ECONNRESET, WSAECONNRESET},
    {EPIPE, WSAESHUTDOWN},
    {ENOBUFS, WSAENOBUFS},
    {ENOMEM, WSAENOBUFS},
    {EISCONN, WSAEISCONN},
    {ENOTCONN, WSAENOTCONN},
    {ESHUTDOWN, WSAESHUTDOWN},
    {ETIMEDOUT, WSAETIMEDOUT},
    {ECONNREFUSED, WSAECONNREFUSED},
    {ELOOP, WSAELOOP},
    {ENAMETOOLONG, WSAENAMETOOLONG},
    {EHOSTDOWN, WSAEHOSTDOWN},
    {EHOSTUNREACH, WSAEHOSTUNREACH},
};

static _Thread_local int last_error;

int WSAGetLastError(void) {
  return last_error;
}

void WSASetLastError(int error) {
  last_error = error;
}

int portres__ws_error_of_errno(int error_number) {
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    if (pairs[i].error_number == error_number) {
      return pairs[i].error;
    }
  }
  return WSAEINVAL;
}

int portres__ws_error_of_status(int status) {
  return -status;
}

int portres__ws_fail(int error) {
  last_error = error;
  return SOCKET_ERROR;
}

int portres__ws_answer(int result, int saved_errno) {
  errno = saved_errno;
  return result < 0 ? portres__ws_fail(-result) : result;
}

int portres__ws_errno(void) {
  return -portres__ws_error_of_errno(errno);
}

int portres__ws_fail_errno(int error_number) {
  return portres__ws_fail(portres__ws_error_of_errno(error_number));
}
