/* arpa/inet.h - libc's, but that AF_INET6 is another number. */
#ifndef BSD_ARPA_INET_H
#define BSD_ARPA_INET_H

#include <netinet/in.h>

#define inet_ntop libc_inet_ntop
#define inet_pton libc_inet_pton
#include_next <arpa/inet.h>
#undef inet_ntop
#undef inet_pton

const char* inet_ntop(int, const void*, char*, socklen_t) BSD_NAME(inet_ntop);
int inet_pton(int, const char*, void*) BSD_NAME(inet_pton);

#endif
