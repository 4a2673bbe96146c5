/* values.h - the numbers of a BSD, for who is built with the headers of Linux.
 */
#ifndef BSD_LIKE_VALUES_H
#define BSD_LIKE_VALUES_H

/* -1: the system does not have it. */
struct like_values {
  int af_inet6;
  int sock_cloexec;
  int sock_nonblock;
  int so_domain;
  int so_protocol;
  int so_sndtimeo;
  int so_rcvtimeo;
  int msg_nosignal;
  int msg_cmsg_cloexec;
  int f_dupfd_cloexec;
  int f_dup2fd;
  int f_dup2fd_cloexec;
  int f_closem;
  int inherit_zero;
  int is_v6_always_only;  /* OpenBSD */
  int takes_unspecified;  /* FreeBSD: an address of AF_UNSPEC is IPv4's */
  const char* first_port; /* the names of sysctl */
  const char* last_port;
  const char* boot_id;
};

extern const struct like_values like_values;

#endif
