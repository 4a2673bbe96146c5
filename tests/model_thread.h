/* model_thread.h - one thread of the random test: its sockets, its random
 *                  numbers, and the report when something differs.
 */
#ifndef PORTRES_TESTS_MODEL_THREAD_H
#define PORTRES_TESTS_MODEL_THREAD_H

#include "model.h"

enum model_kind {
  MODEL_OP_SOCKET,
  MODEL_OP_CLOSE,
  MODEL_OP_DUP,
  MODEL_OP_DUP_OVER,
  MODEL_OP_ASSOCIATE,
  MODEL_OP_BIND_ANY,
  MODEL_OP_BIND_PORT,
  MODEL_OP_LISTEN,
  MODEL_OP_CONNECT,
  MODEL_OP_SEND,
  MODEL_OP_ACQUIRE,
  MODEL_OP_WILDCARD,
  MODEL_OP_RELEASE,
  MODEL_OP_DESCRIBE,
  MODEL_OP_LIST,
  MODEL_OP_BAD,
  MODEL_OP_FORK,
  MODEL_OP_CHECK,
  MODEL_OPS
};

enum {
  MODEL_HISTORY = 20,
  MODEL_ZONE = 64,    /* ports of a thread and protocol, for its own use */
  MODEL_LIVE = 14,    /* blocks of a thread that may be alive at a time */
  MODEL_CROWD = 2,    /* sockets of each thread in a crowd */
  MODEL_THREADS = 32, /* at most */
  MODEL_ERRNO = 4711  /* no errno; a call that succeeds must leave it */
};

/* ThreadSanitizer keeps account of descriptors too, but only by the calls of
 * libc it knows: a close it did not see is a race to it as soon as another
 * thread gets the number. And what it does then changes errno. */
#ifdef __SANITIZE_THREAD__
enum { MODEL_IS_WATCHED = 1 };
#else
enum { MODEL_IS_WATCHED = 0 };
#endif

struct model_descriptor {
  int fd; /* -1: none */
  int socket;
};

/* What an operation was given, and how it ended. */
struct model_record {
  long step;
  enum model_kind kind;
  int fd;
  long argument[2];
  int result;
  int error;
};

/* Descriptors the test itself needs, open from beginning to end. */
struct model_helpers {
  int listener;
  int sink;
  int pipe[2];
  int unix_socket;
  unsigned listener_port;
  unsigned sink_port;
};

/* The kernel's own choices for port 0. */
struct model_ephemeral {
  unsigned low;
  unsigned high;
};

struct model_thread {
  int number;
  uint64_t seed; /* of the whole run */
  uint64_t random;
  long step;
  long plant;     /* the step at which the model lies; 0: never */
  bool is_alone;  /* no other thread runs now */
  bool has_peers; /* there are other threads */
  struct model model;
  struct model_descriptor descriptors[MODEL_SOCKETS];
  struct model_ephemeral ephemeral;
  unsigned zone[MODEL_PROTOCOLS];
  unsigned serial;
  struct model_block* favourite; /* shared, where threads crowd; or NULL */
  bool is_in_crowd;
  struct model_helpers helpers;
  struct model_record history[MODEL_HISTORY];
  long noted; /* records there ever were */
  long counts[MODEL_OPS];
  long exhausted; /* calls that failed with ENOBUFS */
  long denied;    /* with EACCES */
  long busy;      /* with EADDRINUSE */
};

/* Random numbers */

uint64_t model_random(struct model_thread* t);
unsigned model_below(struct model_thread* t, unsigned limit);
bool model_chance(struct model_thread* t, unsigned percent);

/* Reports. Each of these ends the program when what was got differs. */

void model_note(struct model_thread* t,
                enum model_kind kind,
                int fd,
                long first,
                long second);
void model_expect(struct model_thread* t,
                  const char* what,
                  long want,
                  long got);
void model_expect_true(struct model_thread* t, const char* what, bool is_true);

/* The result of a socket call and its errno, against an errno or 0. */
void model_expect_call(struct model_thread* t, int want, int result);

/* The status of a library call, which must leave errno alone. */
void model_expect_status(struct model_thread* t, int want, int status);

const char* model_kind_name(enum model_kind kind);
int model_count_descriptors(void);

#endif
