/* kind.h - one call of each kind that portres/testing.h knows.
 *
 * A kind is tried by a function that makes one such call, looks that a failed
 * one has changed nothing, and leaves all as it was. It returns 0, or the
 * status, or for a call of libc the errno.
 */
#ifndef PORTRES_TESTS_KIND_H
#define PORTRES_TESTS_KIND_H

#include <portres/testing.h>

#include "contract.h"

struct scene {
  struct contract_block block;
  int peer; /* a plain socket that others may reach */
};

struct kind {
  int (*run)(const struct scene* scene);
  enum portres_testing_call call;
  bool is_of_libc;
  bool is_persistent;
};

enum { KIND_COUNT = 10 };
extern const struct kind kinds[KIND_COUNT];

/* A scene for all of them, without any control. */
struct scene kind_scene(int protocol);
void kind_end_scene(const struct scene* scene);

int kind_acquire(const struct scene* scene);
int kind_associate(const struct scene* scene);
int kind_release(const struct scene* scene);
int kind_bind_member(const struct scene* scene);
int kind_connect_member(const struct scene* scene);
int kind_listen_member(const struct scene* scene);
int kind_send_member(const struct scene* scene);

/* What a call of this kind returns that fails with a status. */
int kind_expected(const struct kind* kind, int status);

/* The socket, a member, has no port, and no port of the block is used. */
void kind_expect_unbound(const struct scene* scene, int s);

#endif
