/* shared_support.h - other processes at scope shared, and their directory.
 *
 * The library reads PORTRES_RUNTIME_DIR once, when it is loaded. So a test
 * program runs itself again with a directory of its own; see shared_main().
 * All functions fail the row by themselves.
 */
#ifndef PORTRES_TESTS_SHARED_SUPPORT_H
#define PORTRES_TESTS_SHARED_SUPPORT_H

#include <portres/portres.h>
#include <stdbool.h>
#include <sys/types.h>

#include "contract.h"

/* What main() returns: `run` in this program, run again with a runtime
 * directory that is not there yet, in a folder that is removed afterwards.
 * Arguments "peer" are another process' (SHARED_STARTED). */
int shared_main(int argc, char** argv, int (*run)(int argc, char** argv));

const char* shared_dir(void);    /* the runtime directory */
const char* shared_folder(void); /* what it lies in */
void shared_clear(void);         /* it is not there */

/* The path of the one ledger there is; NULL: there is none, or several. */
const char* shared_ledger(void);

/* --- This process --- */

int shared_acquire(int s,
                   struct portres_range want,
                   struct portres_reservation* out);

/* A block of `count` ports anywhere; contract_end() ends it. */
struct contract_block shared_block(int protocol, uint16_t count);

/* --- Another one, which does what it is told --- */

enum shared_way {
  SHARED_FORKED,  /* a child of this one: it has its memory */
  SHARED_STARTED, /* this program anew: it knows nothing */
  SHARED_VFORKED  /* a raw clone, which runs no fork handlers */
};

struct shared_peer {
  pid_t pid;
  int to;
  int from;
};

struct shared_peer shared_peer(enum shared_way way);
void shared_quit(const struct shared_peer* peer); /* in order */
void shared_kill(const struct shared_peer* peer); /* by SIGKILL */

/* A pipe of the test's, for children of peers that are forked after it. */
extern int shared_linger[2];

enum shared_act {
  SHARED_ACQUIRE, /* with a socket of its own, kept open */
  SHARED_RELEASE, /* what was acquired last */
  SHARED_CLOSE,   /* the socket that acquired last */
  SHARED_BIND,    /* another socket to range.start; it is closed again */
  SHARED_TAKE,    /* an associated socket to a port of the last block; kept */
  SHARED_FORK,    /* a child that lives as long as the peer does */
  SHARED_FORK_LINGERING, /* one that lives until shared_linger[1] is closed */
  SHARED_SCOPE,          /* portres_set_scope() */
  SHARED_SET_USER,       /* setuid() to another one */
  SHARED_UNSHARE,        /* into a network namespace of its own */
  SHARED_EXEC,       /* become `sleep`, with the descriptors that exec leaves */
  SHARED_DESCRIBE,   /* the scope of the last block */
  SHARED_LIMIT,      /* to range.count descriptors */
  SHARED_FILE_LIMIT, /* to files of range.count bytes */
  SHARED_MOUNT       /* a runtime directory with room for range.count pages */
};

struct shared_request {
  enum shared_act act;
  int protocol;
  struct portres_range range;
  int scope;
};

struct shared_answer {
  int status; /* of a call of ours; or an errno */
  struct portres_range range;
  int scope;
};

struct shared_answer shared_ask(const struct shared_peer* peer,
                                struct shared_request request);

/* The most usual ones. */
int shared_peer_acquire(const struct shared_peer* peer,
                        int protocol,
                        struct portres_range range);
int shared_peer_bind(const struct shared_peer* peer,
                     int protocol,
                     uint16_t port);

#endif
