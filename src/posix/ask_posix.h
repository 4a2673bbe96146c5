/* ask_posix.h - a process under `portres run` asks its supervisor for a port.
 *
 * The blocks of a tree of processes are the supervisor's: a process sends it
 * the socket and the address, the supervisor binds the socket, which is the
 * same one in both, and answers with an errno value. Nothing is kept here, no
 * descriptor and no memory: so a process may close all its descriptors, fork,
 * execute another program or be killed at any moment. Each question is a
 * message of its own on an abstract unix socket, which chroot() does not hide,
 * and brings the descriptor that the answer comes by; when the supervisor is no
 * more, the question fails at once, and the block has ended.
 *
 * PORTRES_TREE=NAME:SECRET names the supervisor's socket. The names of abstract
 * sockets are known to all users, the environment of a process is not.
 */
#ifndef PORTRES_ASK_POSIX_H
#define PORTRES_ASK_POSIX_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

#include "address_posix.h"

enum {
  PORTRES__ASK_FORMAT = 0x50525431, /* "PRT1" */
  PORTRES__ASK_NAME_LEN = 16,       /* hexadecimal digits, as the secret's */
  PORTRES__ASK_SECRET_LEN = 32,
  PORTRES__ASK_VALUE_LEN = PORTRES__ASK_NAME_LEN + 1 + PORTRES__ASK_SECRET_LEN,
  PORTRES__ASK_DESCRIPTORS = 2 /* the socket, and where the answer goes */
};

enum portres__ask_call { PORTRES__ASK_BIND = 1, PORTRES__ASK_LISTEN };

struct portres__ask_question {
  uint32_t format;
  uint32_t call;
  int32_t backlog; /* of listen */
  uint32_t address_len;
  union portres__address address;
  char secret[PORTRES__ASK_SECRET_LEN];
};

struct portres__ask_answer {
  uint32_t format;
  int32_t error; /* 0: it is bound */
};

/* The address of the supervisor with this name, and its length. */
socklen_t portres__ask_address(const char* name, struct sockaddr_un* out);

/* True for a value that PORTRES_TREE may have. */
bool portres__ask_is_value(const char* value);

/* Have the supervisor that `value` names bind the socket. Returns: 0, or -1 and
 * errno; ECONNREFUSED: there is no supervisor. Async-signal-safe. */
int portres__ask_bind(const char* value,
                      int fd,
                      const struct sockaddr* address,
                      socklen_t address_len);

/* The same for listen(): beside a guard of the supervisor's a process cannot
 * listen by itself. */
int portres__ask_listen(const char* value, int fd, int backlog);

#endif
