/* values.c - built with the facsimiles. */
#include "values.h"

#include <netinet/in.h>
#include <sys/socket.h>

#ifndef SO_DOMAIN
#define SO_DOMAIN (-1)
#define SO_PROTOCOL (-1)
#endif
#ifndef F_DUP2FD
#define F_DUP2FD (-1)
#define F_DUP2FD_CLOEXEC (-1)
#endif
#ifndef F_CLOSEM
#define F_CLOSEM (-1)
#endif
#ifdef MAP_INHERIT_ZERO
#define INHERIT_ZERO MAP_INHERIT_ZERO
#endif
#ifndef INHERIT_ZERO
#define INHERIT_ZERO (-1)
#endif

const struct like_values like_values = {.af_inet6 = AF_INET6,
                                        .sock_cloexec = SOCK_CLOEXEC,
                                        .sock_nonblock = SOCK_NONBLOCK,
                                        .so_domain = SO_DOMAIN,
                                        .so_protocol = SO_PROTOCOL,
                                        .so_sndtimeo = SO_SNDTIMEO,
                                        .so_rcvtimeo = SO_RCVTIMEO,
                                        .msg_nosignal = MSG_NOSIGNAL,
                                        .msg_cmsg_cloexec = MSG_CMSG_CLOEXEC,
                                        .f_dupfd_cloexec = BSD_F_DUPFD_CLOEXEC,
                                        .f_dup2fd = F_DUP2FD,
                                        .f_dup2fd_cloexec = F_DUP2FD_CLOEXEC,
                                        .f_closem = F_CLOSEM,
                                        .inherit_zero = INHERIT_ZERO,
                                        LIKE_VALUES};
