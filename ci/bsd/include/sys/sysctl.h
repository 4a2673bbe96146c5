/* sys/sysctl.h - a facsimile: see sys/socket.h. */
#ifndef BSD_SYS_SYSCTL_H
#define BSD_SYS_SYSCTL_H

#include <bsd.h>
#include <stddef.h>

#define CTL_KERN 1
#define CTL_NET 4
#define KERN_BOOTTIME BSD_KERN_BOOTTIME

int sysctl(const int*, unsigned, void*, size_t*, const void*, size_t)
    BSD_NAME(sysctl);
BSD_SYSCTL

#endif
