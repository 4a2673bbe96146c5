/* kill_support.h - owners are killed, and what is left of them.
 *
 * Owners are forked from the test, each in a process group of its own, in which
 * its children are, too; the test adopts and awaits those. A program that uses
 * this is run by shared_main(). All functions fail the row by themselves.
 */
#ifndef PORTRES_TESTS_KILL_SUPPORT_H
#define PORTRES_TESTS_KILL_SUPPORT_H

#include <portres/portres.h>
#include <stdbool.h>
#include <sys/types.h>

#include "killground.h"

extern struct killground* kill_ground;

bool kill_begin(void); /* once, before any row */

/* The first port of a block that is acquired anywhere, with nobody there. */
uint16_t kill_first_start(void);

/* --- Owners that do what they like --- */

/* KILLGROUND_OWNERS of them, one after another killed. */
void kill_run_round(enum portres_scope scope, unsigned* seed);
void kill_wipe(void); /* the books, when all are dead */

/* --- One that is followed --- */

/* `work` in a child that stops before its first system call, or again where it
 * calls kill_follow_from_here(); what it returns should be 0. */
pid_t kill_start(int (*work)(void* arg), void* arg);
void kill_follow_from_here(void);

/* Kill it after so many stops, each before or after a system call, and then so
 * many instructions. False: it ended before that. */
bool kill_at(pid_t pid, unsigned stops, unsigned steps);
void kill_await_children(pid_t pid); /* of an owner that is dead */

/* Kill one at its first stop, at its second, and so on until it survives, every
 * other time at some instruction after it; anew until there were so many. Where
 * few are wanted, at some of them. */
struct kill_scene {
  const char* name;
  void (*prepare)(void);
  int (*work)(void* arg);
  void (*check)(pid_t dead); /* it awaits the children */
};
void kill_everywhere(const struct kill_scene* scene, unsigned kills_wanted);

/* --- Hunters: programs that want the ports of owners, adversary.c --- */

void kill_hunt(const char* adversary, const char* flags, uint16_t start);
void kill_pause_hunt(void); /* they have no port then */
void kill_resume_hunt(void);
void kill_end_hunt(void);

/* --- What is left --- */

/* The first acquire of this range must do, and at once: without waiting. */
void kill_expect_free(enum portres_scope scope,
                      int protocol,
                      struct portres_range range);
double kill_longest_ms(void); /* of all of these */

/* The runtime directory has a ledger, and nothing else; in it no lock, and no
 * bit. */
void kill_expect_no_trace(void);

#endif
