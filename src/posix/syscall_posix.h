/* syscall_posix.h - system calls by number: libuv closes its sockets so. */
#ifndef PORTRES_SYSCALL_POSIX_H
#define PORTRES_SYSCALL_POSIX_H

enum { PORTRES__SYSCALL_ARGUMENTS = 6 };

long portres__hook_syscall(long number,
                           const long arguments[PORTRES__SYSCALL_ARGUMENTS]);

#endif
