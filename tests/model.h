/* model.h - the reference model: what the library ought to answer.
 *
 * Plain arrays that are searched from the front, so that it is easy to see
 * that they are right. Each thread of the test has a model of its own sockets
 * and blocks; the ports, and the blocks that all threads share, are one space.
 * Nothing here makes a system call.
 */
#ifndef PORTRES_TESTS_MODEL_H
#define PORTRES_TESTS_MODEL_H

#include <portres/portres.h>
#include <stdatomic.h>
#include <stdbool.h>

enum {
  MODEL_PORTS = 65536,
  MODEL_SOCKETS = 1024, /* of one thread */
  MODEL_BLOCKS = 48,    /* of one thread, the dead ones it remembers too */
  MODEL_SHARED = 6,
  MODEL_FIRST = 49152 /* of the dynamic range; the header says so */
};

enum { MODEL_TCP, MODEL_UDP, MODEL_PROTOCOLS };

/* The names say which families an address takes: ANY46 is dual-stack. */
enum model_address {
  MODEL_ANY4,
  MODEL_LOOPBACK4,
  MODEL_OTHER4,
  MODEL_ANY46,
  MODEL_ANY6,
  MODEL_LOOPBACK6
};

enum model_family { MODEL_V4, MODEL_DUAL, MODEL_V6ONLY, MODEL_FAMILIES };

enum model_state {
  MODEL_CLOSED,
  MODEL_UNBOUND,
  MODEL_BOUND,
  MODEL_LISTENING,
  MODEL_CONNECTED
};

/* The middle two only for shared blocks, see model_token_ops.c. */
enum model_life { MODEL_DEAD, MODEL_DYING, MODEL_CLAIMED, MODEL_ALIVE };

struct model_port {
  atomic_int blocks;  /* reservations that hold it: 0 or 1 */
  atomic_int sockets; /* sockets bound to it */
};

struct model_block {
  portres_token token;
  unsigned serial; /* a new one each time the slot is used again */
  int protocol;
  unsigned start;
  unsigned count;
  unsigned label;
  unsigned last; /* the port the last pick took, for a rotating block */
  bool rotating;
  bool shared;
  int acquirer; /* a socket of the thread */
  atomic_int life;
  /* What follows is for shared blocks only, see model_bind_ops.c. */
  atomic_long held;
  atomic_long started;
  atomic_int releases;
};

struct model_socket {
  enum model_state state;
  int protocol;
  enum model_family family;
  int references; /* descriptors */
  bool reuse;
  bool blurred; /* connected: the kernel has narrowed its address */
  enum model_address address;
  unsigned port;
  struct model_block* block; /* NULL: not associated */
  unsigned serial;           /* of that block */
  int peer;                  /* the accepted end of its connection, or -1 */
};

struct model_space {
  struct model_port ports[MODEL_PROTOCOLS][MODEL_PORTS];
  struct model_block shared[MODEL_SHARED];
};

struct model {
  struct model_space* space;
  int size; /* sockets there can be */
  struct model_socket sockets[MODEL_SOCKETS];
  struct model_block blocks[MODEL_BLOCKS];
};

/* What a call should do. An error of 0 is success; a port of 0 is one that
 * the kernel chooses. */
struct model_want {
  int error;
  unsigned port;
  bool shared;    /* decided by invariants, not here */
  bool undecided; /* nothing the header says decides it */
};

/* Sockets */

int model_open(struct model* m, int protocol, enum model_family f, bool reuse);
void model_refer(struct model_socket* s);

/* Takes a descriptor away; with the last one the socket's blocks die and its
 * port comes back. Tells whether it was the last. */
bool model_drop(struct model* m, struct model_socket* s);

void model_associate(struct model_socket* s, struct model_block* block);
bool model_is_alive(const struct model_socket* s);

/* Tells how many sockets were on the port before. */
int model_bind(struct model* m,
               struct model_socket* s,
               enum model_address address,
               unsigned port);

struct model_want model_want_pick(struct model* m, struct model_socket* s);
struct model_want model_want_bind(struct model* m,
                                  struct model_socket* s,
                                  enum model_address address,
                                  unsigned port);
enum model_address model_any(enum model_family family);

/* Blocks */

/* A slot for one more block: one never used, or that of a dead block. */
struct model_block* model_spare(struct model* m);

/* Makes the block alive; false when one of its ports is another block's. */
bool model_reserve(struct model_space* space, struct model_block* block);
/* Its ports are no longer reserved; a block that was alive is dead. */
void model_end(struct model_space* space, struct model_block* block);

int model_want_acquire(struct model_space* space,
                       int protocol,
                       unsigned start,
                       unsigned count);

/* The start of the first fit in the dynamic range, 0 when there is none. With
 * `strange` the reservations do not count, only what is bound: so a forked
 * child sees the ports. */
unsigned model_first_fit(struct model_space* space,
                         int protocol,
                         unsigned count,
                         unsigned alignment,
                         bool strange);

unsigned model_used(struct model_space* space, const struct model_block* b);
bool model_contains(const struct model_block* block, unsigned port);

#endif
