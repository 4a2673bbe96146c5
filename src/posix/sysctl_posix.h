/* sysctl_posix.h - values of the kernel that OpenBSD has no names for. */
#ifndef PORTRES_SYSCTL_POSIX_H
#define PORTRES_SYSCTL_POSIX_H

#include <portres/portres.h>
#include <stdbool.h>
#include <stddef.h>

/* The first and the last port, in either order, that the kernel gives to
 * sockets which ask for none. */
bool portres__sysctl_ports(int* first_out, int* last_out);

/* What is another one after each boot: up to `out_size` bytes. Returns: how
 * many; 0: not known. */
size_t portres__sysctl_boot(void* out, size_t out_size);

#endif
