/* model_ops.h - random operations on real sockets, each compared at once with
 *               what the model predicts.
 *
 * Each takes the slot of a descriptor and returns false when it makes no sense
 * there; then nothing was done and another one is drawn.
 */
#ifndef PORTRES_TESTS_MODEL_OPS_H
#define PORTRES_TESTS_MODEL_OPS_H

#include "model_thread.h"

typedef bool model_op(struct model_thread* t, struct model_descriptor* d);

/* One random operation. */
void model_step(struct model_thread* t);

/* Sockets and descriptors, model_ops.c */

void model_op_close(struct model_thread* t, struct model_descriptor* d);

/* What binds a socket, model_bind_ops.c */

model_op model_op_bind_any;
model_op model_op_bind_port;
model_op model_op_listen;
model_op model_op_connect;
model_op model_op_send;

/* Tokens, model_token_ops.c */

model_op model_op_acquire;
model_op model_op_wildcard;
model_op model_op_associate;
model_op model_op_release;

void model_acquire_shared(struct model_thread* t, int number, int fd);

/* A block of this thread, of its own or shared, alive or dead; of `protocol`
 * more often than not. */
struct model_block* model_choose_block(struct model_thread* t, int protocol);
enum portres_protocol model_protocol(int protocol);
void model_label(char* label, const struct model_block* block);

/* What may be answered about a block whose life was `before` the call. */
int model_want_of_life(const struct model_block* block, int before, int got);

/* Looking, and bad input: model_inspect_ops.c */

model_op model_op_describe;
model_op model_op_list;
model_op model_op_bad;

void model_describe(struct model_thread* t, struct model_block* block);
bool model_has_guards(void);
void model_compare(struct model_thread* t,
                   const struct model_block* block,
                   const struct portres_info* info);

/* While only one thread runs: model_check.c and model_fork.c */

/* Compares everything there is. `other_fds` are not those of the model. */
void model_check(struct model_thread* threads, int number, int other_fds);

/* Forks a child that uses the library, and waits for it. */
void model_fork(struct model_thread* t);

struct model_socket* model_socket_of(struct model_thread* t,
                                     struct model_descriptor* d);

#endif
