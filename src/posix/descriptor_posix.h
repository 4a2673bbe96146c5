/* descriptor_posix.h - the life of descriptors: made, duplicated, closed.
 *
 * An entry of the descriptor table can only name the wrong socket when a close
 * and the creation after it both went unseen, so both sides are watched here,
 * and no call has to ask the kernel who a descriptor is.
 */
#ifndef PORTRES_DESCRIPTOR_POSIX_H
#define PORTRES_DESCRIPTOR_POSIX_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "fdtable_posix.h"
#include "look_posix.h"
#include "rare.h"
#include "swap_posix.h"

/* The descriptor is new, or -1: an entry under its number is of a socket whose
 * close went unseen. Returns: the descriptor. */
int portres__descriptor_is_made(int fd);

/* The descriptor came from another process, or back to us from one: it may be
 * one more name of a socket we know. */
void portres__descriptor_is_received(int fd);

/* True and EBADF: the descriptor is the library's own, and the caller's close
 * of it is to find nothing there. */
bool portres__descriptor_is_spared(int fd);

/* Around a call that closes one descriptor: what the first tells the second. */
struct portres__closing {
  portres__handle handle; /* of its endpoint; 0: no socket of ours */
  int saved_cancellation;
  struct portres__successor successor;
  unsigned forks; /* that the process had seen */
};
struct portres__closing portres__descriptor_before_close(int fd);
void portres__descriptor_after_close(int fd, struct portres__closing closing);

/* Drop the reference of an entry that was taken out; 0 is none. */
void portres__descriptor_drop(portres__handle handle);

/* Take the entry out if it is this one, and drop its reference. */
PORTRES__RARE void portres__descriptor_forget(int fd, portres__handle handle);

/* Forget up to `limit` bound sockets of the reservation whose close went
 * unseen (UINT_MAX: all of them); tells how many. */
struct portres__reservation;
unsigned portres__descriptor_sweep(
    enum portres__looker looker,
    const struct portres__reservation* reservation,
    unsigned limit);

int portres__hook_close(int fd);
int portres__hook_close_range(unsigned first, unsigned last, int flags);
void portres__hook_closefrom(int first);
int portres__hook_dup(int fd);
int portres__hook_dup2(int fd, int new_fd);
int portres__hook_dup3(int fd, int new_fd, int flags);
int portres__hook_fcntl(int (*real_fcntl)(int, int, ...),
                        int fd,
                        int command,
                        void* argument);
int portres__hook_fclose(FILE* stream);
FILE* portres__hook_freopen(FILE* (*real_freopen)(const char*,
                                                  const char*,
                                                  FILE*),
                            const char* path,
                            const char* mode,
                            FILE* stream);
int portres__hook_socketpair(int domain, int type, int protocol, int fds[2]);

#endif
