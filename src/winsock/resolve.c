/* resolve.c - getaddrinfo and its kin, with Winsock's numbers. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "error.h"
#include "memory.h"
#include "startup.h"

static const struct {
  int result;
  int error;
} results[] = {
    {0, 0},
    {EAI_AGAIN, WSATRY_AGAIN},
    {EAI_BADFLAGS, WSAEINVAL},
    {EAI_FAIL, WSANO_RECOVERY},
    {EAI_FAMILY, WSAEAFNOSUPPORT},
    {EAI_MEMORY, WSA_NOT_ENOUGH_MEMORY},
    {EAI_NONAME, WSAHOST_NOT_FOUND},
    {EAI_SERVICE, WSATYPE_NOT_FOUND},
    {EAI_SOCKTYPE, WSAESOCKTNOSUPPORT},
    {EAI_OVERFLOW, WSAEFAULT},
    {EAI_NODATA, WSANO_DATA},
    {EAI_ADDRFAMILY, WSAHOST_NOT_FOUND},
};

static int error_of(int result) {
  if (result == EAI_SYSTEM) {
    return portres__ws_error_of_errno(errno);
  }
  for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
    if (results[i].result == result) {
      return results[i].error;
    }
  }
  return WSANO_RECOVERY;
}

/* These calls return the number, and set the last error to it as well. */
static int answer(int error, int saved_errno) {
  portres__ws_answer(-error, saved_errno);
  return error;
}

/* --- getaddrinfo() --- */

static int resolve(const char* node,
                   const char* service,
                   const struct addrinfo* hints,
                   struct addrinfo** result) {
  struct addrinfo wanted;

  if (!portres__ws_is_started()) {
    return WSANOTINITIALISED;
  }
  if (!portres__ws_can_write(result, sizeof(void*))) {
    return WSAEFAULT;
  }
  if (hints != NULL) {
    if (!portres__ws_can_read(hints, sizeof *hints)) {
      return WSAEFAULT;
    }
    wanted = *hints;
    wanted.ai_family = portres__ws_family(wanted.ai_family);
    hints = &wanted;
  }
  return error_of(getaddrinfo(node, service, hints, result));
}

int portres_ws_getaddrinfo(const char* node,
                           const char* service,
                           const struct addrinfo* hints,
                           struct addrinfo** result) {
  int saved_errno = errno;

  return answer(resolve(node, service, hints, result), saved_errno);
}

void portres_ws_freeaddrinfo(struct addrinfo* result) {
  int saved_errno = errno;

  if (result != NULL) {
    freeaddrinfo(result);
  }
  errno = saved_errno;
}

/* --- getnameinfo() --- */

static int find_name(const struct sockaddr* addr,
                     int addrlen,
                     char* host,
                     DWORD hostlen,
                     char* service,
                     DWORD servicelen,
                     int flags) {
  struct portres__ws_address address;
  sa_family_t family;
  int error;

  if (!portres__ws_is_started()) {
    return WSANOTINITIALISED;
  }
  if (!portres__ws_can_read(addr, sizeof family)) {
    return WSAEFAULT;
  }
  memcpy(&family, (const char*)addr + offsetof(struct sockaddr, sa_family),
         sizeof family);
  error = portres__ws_address_take(portres__ws_family(family), addr, addrlen,
                                   &address);
  return error != 0
             ? -error
             : error_of(getnameinfo(&address.as.any, address.len, host, hostlen,
                                    service, servicelen, flags));
}

int portres_ws_getnameinfo(const struct sockaddr* addr,
                           int addrlen,
                           char* host,
                           DWORD hostlen,
                           char* service,
                           DWORD servicelen,
                           int flags) {
  int saved_errno = errno;

  return answer(
      find_name(addr, addrlen, host, hostlen, service, servicelen, flags),
      saved_errno);
}

/* --- gethostname() --- */

/* libc may cut the name without a word. */
static int copy_host_name(char* name, int name_len) {
  char own[256] = "";
  size_t length;

  if (!portres__ws_is_started()) {
    return -WSANOTINITIALISED;
  }
  if (gethostname(own, sizeof own - 1) != 0) {
    return portres__ws_errno();
  }
  length = strlen(own) + 1;
  if (name_len < 0 || length > (size_t)name_len ||
      !portres__ws_can_write(name, length)) {
    return -WSAEFAULT;
  }
  memcpy(name, own, length);
  return 0;
}

int portres_ws_gethostname(char* name, int namelen) {
  int saved_errno = errno;

  return portres__ws_answer(copy_host_name(name, namelen), saved_errno);
}

/* --- gai_strerror() --- */

/* In both widths, so that nothing has to be converted, or freed. */
#define TEXTS(TEXT)                                                    \
  TEXT(WSAHOST_NOT_FOUND, "No such host is known.")                    \
  TEXT(WSATRY_AGAIN, "The name could not be resolved for the moment.") \
  TEXT(WSANO_RECOVERY, "The name could not be resolved.")              \
  TEXT(WSANO_DATA, "The name is valid, but has no such data.")         \
  TEXT(WSATYPE_NOT_FOUND, "The service is not known.")                 \
  TEXT(WSAEAFNOSUPPORT, "The address family is not supported.")        \
  TEXT(WSAESOCKTNOSUPPORT, "The socket type is not supported.")        \
  TEXT(WSA_NOT_ENOUGH_MEMORY, "There is not enough memory.")           \
  TEXT(WSAEFAULT, "A pointer or a length is not valid.")
#define NARROW(number, text) {number, text},
#define WIDE(number, text) {number, L##text},

static const struct {
  int error;
  char text[48];
} narrow_texts[] = {TEXTS(NARROW){0, "An argument is not valid."}};

static const struct {
  int error;
  WCHAR text[48];
} wide_texts[] = {TEXTS(WIDE){0, L"An argument is not valid."}};

static size_t find_text(int error) {
  size_t i = 0;

  while (narrow_texts[i].error != error && narrow_texts[i].error != 0) {
    i++;
  }
  return i;
}

/* Windows: the text is the library's, though its type does not say so. */
char* gai_strerrorA(int ecode) {
  return (char*)(uintptr_t)narrow_texts[find_text(ecode)].text;
}

WCHAR* gai_strerrorW(int ecode) {
  return (WCHAR*)(uintptr_t)wide_texts[find_text(ecode)].text;
}
