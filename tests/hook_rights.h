/* hook_rights.h - a descriptor's way through SCM_RIGHTS, received in each way
 *                 a program may. */
#ifndef PORTRES_TESTS_HOOK_RIGHTS_H
#define PORTRES_TESTS_HOOK_RIGHTS_H

/* A way to receive: the received descriptor, or -1. */
typedef int (*hook_receive)(int channel);

/* Send `s` to ourselves; both ends of the channel. */
void hook_rights_send(int s, int ends[2]);
void hook_rights_finish(const int ends[2]);

int hook_by_recvmsg(int channel);
int hook_by_recvmsg_cloexec(int channel);
int hook_by_recvmmsg(int channel);
int hook_by_raw_recvmsg(int channel);
int hook_by_raw_recvmmsg(int channel);

#endif
