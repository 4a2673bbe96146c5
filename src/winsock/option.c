/* option.c - setsockopt and getsockopt, by one table.
 *
 * Windows' own options without a meaning here are taken and given back: a
 * program that sets SO_RANDOMIZE_PORT goes on as on Windows, and none of them
 * promises anything that can be told apart. Options of a level that the table
 * does not have go to the kernel as they are; those of SOL_SOCKET do not, for
 * Windows has no others.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "descriptor.h"
#include "error.h"
#include "memory.h"

enum { STREAM = 1, DATAGRAM = 2, RAW = 4, ANY = STREAM | DATAGRAM | RAW };

/* Windows' figure: what of 65535 bytes the headers leave. */
enum { MAX_DATAGRAM = 65507 };

struct option;

/* Both answer 0 or the negative of a Winsock number. */
typedef int (*setter)(int fd, const struct option* option, int value);
typedef int (*getter)(int fd, const struct option* option, int* value_out);

struct option {
  int level;
  int name;
  int types;
  int min_len; /* 1: a BOOL, which may be one byte, too */
  setter set;  /* NULL: cannot be set */
  getter get;
  int note;
};

/* --- Numbers of the kernel's --- */

static int set_number(int fd, const struct option* option, int value) {
  return setsockopt(fd, option->level, option->name, &value, sizeof value) == 0
             ? 0
             : portres__ws_errno();
}

static int get_number(int fd, const struct option* option, int* value_out) {
  socklen_t value_len = sizeof *value_out;

  *value_out = 0;
  return getsockopt(fd, option->level, option->name, value_out, &value_len) == 0
             ? 0
             : portres__ws_errno();
}

/* Linux keeps, and tells, twice what it was asked for. */
static int get_size(int fd, const struct option* option, int* value_out) {
  int error = get_number(fd, option, value_out);

  *value_out /= 2;
  return error;
}

static int get_error(int fd, const struct option* option, int* value_out) {
  int error = get_number(fd, option, value_out);

  if (*value_out != 0) {
    *value_out = portres__ws_error_of_errno(*value_out);
  }
  return error;
}

/* --- Milliseconds --- */

static int set_timeout(int fd, const struct option* option, int value) {
  uint32_t milliseconds = (uint32_t)value;
  struct timeval time = {.tv_sec = milliseconds / 1000,
                         .tv_usec = (suseconds_t)(milliseconds % 1000) * 1000};

  return setsockopt(fd, option->level, option->name, &time, sizeof time) == 0
             ? 0
             : portres__ws_errno();
}

static int get_timeout(int fd, const struct option* option, int* value_out) {
  struct timeval time = {.tv_sec = 0};
  socklen_t time_len = sizeof time;

  if (getsockopt(fd, option->level, option->name, &time, &time_len) != 0) {
    return portres__ws_errno();
  }
  *value_out = (int)(uint32_t)(time.tv_sec * 1000 + time.tv_usec / 1000);
  return 0;
}

/* --- Who may have the port --- */

static int set_reuse(int fd, const struct option* option, int value) {
  if (value != 0 && portres__ws_has(fd, PORTRES__WS_IS_EXCLUSIVE)) {
    return -WSAEINVAL;
  }
  portres__ws_set(fd, PORTRES__WS_REUSES_LATE, false);
  return set_number(fd, option, value != 0);
}

/* Also what listen() has set is none of the program's. */
static int get_reuse(int fd, const struct option* option, int* value_out) {
  int error = get_number(fd, option, value_out);

  if (portres__ws_has(fd, PORTRES__WS_REUSES_LATE)) {
    *value_out = 0;
  }
  return error;
}

/* Linux has no other kind of port but the exclusive one, unless all of its
 * users ask to share it. */
static int set_exclusive(int fd, const struct option* option, int value) {
  if (value != 0 &&
      (portres__ws_fact(fd, SO_REUSEADDR) > 0 || portres__ws_is_bound(fd))) {
    return -WSAEINVAL;
  }
  return portres__ws_set(fd, (enum portres__ws_note)option->note, value != 0);
}

/* --- Options that are only noted --- */

static int set_note(int fd, const struct option* option, int value) {
  return portres__ws_set(fd, (enum portres__ws_note)option->note, value != 0);
}

static int get_note(int fd, const struct option* option, int* value_out) {
  *value_out = portres__ws_has(fd, (enum portres__ws_note)option->note);
  return 0;
}

static int ignore(int fd, const struct option* option, int value) {
  (void)fd;
  (void)option;
  (void)value;
  return 0;
}

static int get_max_datagram(int fd,
                            const struct option* option,
                            int* value_out) {
  (void)fd;
  (void)option;
  *value_out = MAX_DATAGRAM;
  return 0;
}

/* --- SO_DONTLINGER --- */

static int set_dont_linger(int fd, const struct option* option, int value) {
  struct linger linger = {.l_onoff = 0};
  socklen_t linger_len = sizeof linger;

  (void)option;
  getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &linger_len);
  linger.l_onoff = value == 0;
  return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0
             ? 0
             : portres__ws_errno();
}

static int get_dont_linger(int fd,
                           const struct option* option,
                           int* value_out) {
  struct linger linger = {.l_onoff = 0};
  socklen_t linger_len = sizeof linger;

  (void)option;
  if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &linger_len) != 0) {
    return portres__ws_errno();
  }
  *value_out = linger.l_onoff == 0;
  return 0;
}

/* --- The table --- */

#define BOOL_OF(level, name, types) \
  { level, name, types, 1, set_number, get_number, 0 }
#define INT_OF(level, name, types) \
  { level, name, types, 4, set_number, get_number, 0 }
#define NOTE_OF(name, types, note) \
  { SOL_SOCKET, name, types, 1, set_note, get_note, note }
/* A structure: the kernel's own form is Windows', with this length at least. */
#define STRUCT_OF(level, name, types, type) \
  { level, name, types, sizeof(type), NULL, NULL, 0 }

static const struct option options[] = {
    {SOL_SOCKET, SO_REUSEADDR, ANY, 1, set_reuse, get_reuse, 0},
    {SOL_SOCKET, SO_EXCLUSIVEADDRUSE, ANY, 1, set_exclusive, get_note,
     PORTRES__WS_IS_EXCLUSIVE},
    {SOL_SOCKET, SO_SNDBUF, ANY, 4, set_number, get_size, 0},
    {SOL_SOCKET, SO_RCVBUF, ANY, 4, set_number, get_size, 0},
    {SOL_SOCKET, SO_SNDTIMEO, ANY, 4, set_timeout, get_timeout, 0},
    {SOL_SOCKET, SO_RCVTIMEO, ANY, 4, set_timeout, get_timeout, 0},
    {SOL_SOCKET, SO_TYPE, ANY, 4, NULL, get_number, 0},
    {SOL_SOCKET, SO_ERROR, ANY, 4, NULL, get_error, 0},
    {SOL_SOCKET, SO_ACCEPTCONN, STREAM, 1, NULL, get_number, 0},
    {SOL_SOCKET, SO_MAX_MSG_SIZE, DATAGRAM, 4, NULL, get_max_datagram, 0},
    {SOL_SOCKET, SO_DONTLINGER, STREAM, 1, set_dont_linger, get_dont_linger, 0},
    {SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, STREAM, sizeof(SOCKET), ignore, NULL,
     0},
    {SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, STREAM, 0, ignore, NULL, 0},
    BOOL_OF(SOL_SOCKET, SO_BROADCAST, DATAGRAM | RAW),
    BOOL_OF(SOL_SOCKET, SO_KEEPALIVE, STREAM),
    BOOL_OF(SOL_SOCKET, SO_OOBINLINE, STREAM),
    BOOL_OF(SOL_SOCKET, SO_DONTROUTE, ANY),
    STRUCT_OF(SOL_SOCKET, SO_LINGER, STREAM, struct linger),
    NOTE_OF(SO_RANDOMIZE_PORT, ANY, PORTRES__WS_RANDOMIZE_PORT),
    NOTE_OF(SO_PORT_SCALABILITY, ANY, PORTRES__WS_SCALABILITY),
    NOTE_OF(SO_REUSE_UNICASTPORT, ANY, PORTRES__WS_UNICASTPORT),
    NOTE_OF(SO_CONDITIONAL_ACCEPT, STREAM, PORTRES__WS_CONDITIONAL),
    BOOL_OF(IPPROTO_TCP, TCP_NODELAY, STREAM),
    BOOL_OF(IPPROTO_IPV6, IPV6_V6ONLY, ANY),
    BOOL_OF(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, DATAGRAM | RAW),
    INT_OF(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ANY),
    INT_OF(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, DATAGRAM | RAW),
    INT_OF(IPPROTO_IPV6, IPV6_MULTICAST_IF, DATAGRAM | RAW),
    STRUCT_OF(IPPROTO_IPV6, IPV6_JOIN_GROUP, DATAGRAM | RAW, struct ipv6_mreq),
    STRUCT_OF(IPPROTO_IPV6, IPV6_LEAVE_GROUP, DATAGRAM | RAW, struct ipv6_mreq),
    INT_OF(IPPROTO_IP, IP_TTL, ANY),
    INT_OF(IPPROTO_IP, IP_TOS, ANY),
    BOOL_OF(IPPROTO_IP, IP_HDRINCL, RAW),
    BOOL_OF(IPPROTO_IP, IP_MULTICAST_LOOP, DATAGRAM | RAW),
    BOOL_OF(IPPROTO_IP, IP_MULTICAST_TTL, DATAGRAM | RAW),
    STRUCT_OF(IPPROTO_IP, IP_MULTICAST_IF, DATAGRAM | RAW, struct in_addr),
    STRUCT_OF(IPPROTO_IP, IP_ADD_MEMBERSHIP, DATAGRAM | RAW, struct ip_mreq),
    STRUCT_OF(IPPROTO_IP, IP_DROP_MEMBERSHIP, DATAGRAM | RAW, struct ip_mreq),
};

/* One of a level that goes to the kernel. */
static const struct option any_option = {.types = ANY};

static int mask_of(int type) {
  return type == SOCK_STREAM ? STREAM : type == SOCK_DGRAM ? DATAGRAM : RAW;
}

/* Returns: 0, -WSAEINVAL: no such level; -WSAENOPROTOOPT: no such option of
 * it, or not for a socket of this type. */
static int find(int type, int level, int name, const struct option** out) {
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    if (options[i].level == level && options[i].name == name) {
      *out = &options[i];
      return (options[i].types & mask_of(type)) != 0 ? 0 : -WSAENOPROTOOPT;
    }
  }
  *out = &any_option;
  return level == IPPROTO_IP || level == IPPROTO_IPV6 || level == IPPROTO_TCP ||
                 level == IPPROTO_UDP
             ? 0
         : level == SOL_SOCKET ? -WSAENOPROTOOPT
                               : -WSAEINVAL;
}

/* The descriptor, and the option in `out`. */
static int find_for(SOCKET s, int level, int name, const struct option** out) {
  int fd = portres__ws_fd(s);
  int type = fd < 0 ? fd : portres__ws_fact(fd, SO_TYPE);
  int error = type < 0 ? type : find(type, level, name, out);

  return error == 0 ? fd : error;
}

/* --- setsockopt() --- */

static int set_struct(
    int fd, int level, int name, const char* value, int value_len) {
  return setsockopt(fd, level, name, value, (socklen_t)value_len) == 0
             ? 0
             : portres__ws_errno();
}

/* A BOOL may be one byte, as some programs have it; a longer value counts as
 * far as it is needed. */
static int read_number(const char* value, int value_len) {
  int number = 0;

  if (value_len >= (int)sizeof number) {
    memcpy(&number, value, sizeof number);
  } else if (value_len > 0) {
    number = *(const unsigned char*)value;
  }
  return number;
}

static int set_option(
    SOCKET s, int level, int name, const char* value, int value_len) {
  const struct option* option;
  int fd = find_for(s, level, name, &option);

  if (fd < 0) {
    return fd;
  }
  if (option->set == NULL && option->get != NULL) {
    return -WSAENOPROTOOPT;
  }
  if (value_len < option->min_len ||
      (value_len > 0 && !portres__ws_can_read(value, (size_t)value_len))) {
    return -WSAEFAULT;
  }
  return option->set == NULL
             ? set_struct(fd, level, name, value, value_len)
             : option->set(fd, option, read_number(value, value_len));
}

int portres_ws_setsockopt(
    SOCKET s, int level, int optname, const char* optval, int optlen) {
  int saved_errno = errno;

  return portres__ws_answer(set_option(s, level, optname, optval, optlen),
                            saved_errno);
}

/* --- getsockopt() --- */

static int get_struct(
    int fd, int level, int name, char* value, int* value_len) {
  socklen_t length = (socklen_t)*value_len;

  if (getsockopt(fd, level, name, value, &length) != 0) {
    return portres__ws_errno();
  }
  *value_len = (int)length;
  return 0;
}

static void write_number(int number, char* value, int* value_len) {
  if (*value_len >= (int)sizeof number) {
    memcpy(value, &number, sizeof number);
    *value_len = sizeof number;
  } else {
    *value = (char)number;
    *value_len = 1;
  }
}

static int get_option(
    SOCKET s, int level, int name, char* value, int* value_len) {
  const struct option* option;
  int fd = find_for(s, level, name, &option);
  int number;
  int error;

  if (fd < 0) {
    return fd;
  }
  if (option->get == NULL && option->set != NULL) {
    return -WSAENOPROTOOPT;
  }
  if (!portres__ws_can_write(value_len, sizeof *value_len) || *value_len <= 0 ||
      *value_len < option->min_len ||
      !portres__ws_can_write(value, (size_t)*value_len)) {
    return -WSAEFAULT;
  }
  if (option->get == NULL) {
    return get_struct(fd, level, name, value, value_len);
  }
  error = option->get(fd, option, &number);
  if (error == 0) {
    write_number(number, value, value_len);
  }
  return error;
}

int portres_ws_getsockopt(
    SOCKET s, int level, int optname, char* optval, int* optlen) {
  int saved_errno = errno;

  return portres__ws_answer(get_option(s, level, optname, optval, optlen),
                            saved_errno);
}
