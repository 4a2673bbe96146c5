/* guard_support.h - blocks of scope machine, and programs that want their
 *                   ports without knowing the library: adversary.c. */
#ifndef PORTRES_TESTS_GUARD_SUPPORT_H
#define PORTRES_TESTS_GUARD_SUPPORT_H

#include <stdio.h>
#include <sys/types.h>

#include "contract.h"

enum { GUARD_OTHER_UID = 65534, GUARD_OWN_UID = -1 };

extern const char* guard_adversary; /* its path */

/* A block at scope machine: anywhere, or with this start. */
struct contract_block guard_block(int protocol, uint16_t count);
struct contract_block guard_block_at(int protocol,
                                     uint16_t start,
                                     uint16_t count);

/* What an adversary that tried each way to bind the port had success with;
 * "none" is what one hopes for. Static storage. */
const char* guard_sweep(int protocol, uint16_t port, int uid);
void guard_expect_kept(int protocol, uint16_t port);

/* One that goes on at it. Its descriptors are closed at exec. */
struct guard_spinner {
  pid_t pid;
  int input;
  FILE* output;
  bool is_telling; /* when it has made enough attempts */
  long attempts;
  long gains;
};
struct guard_spinner guard_spin(
    int protocol, const char* host, const char* flags, uint16_t port, int uid);
void guard_stop(struct guard_spinner* spinner); /* fills in the figures */

/* The same, and whether it has made `enough` attempts. */
struct guard_spinner guard_spin_for(int protocol,
                                    const char* host,
                                    const char* flags,
                                    uint16_t port,
                                    int uid,
                                    long enough);
bool guard_has_enough(struct guard_spinner* spinner);

/* Ports of the range that the kernel picked in `count` goes. */
long guard_picks(int protocol, struct portres_range range, long count);

void guard_need_other_uid(void); /* or skip */

#endif
