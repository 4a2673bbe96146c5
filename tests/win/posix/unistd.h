/* unistd.h - see sys/socket.h. */
#ifndef PORTRES_TESTS_WIN_POSIX_UNISTD_H
#define PORTRES_TESTS_WIN_POSIX_UNISTD_H

#include <process.h>
#include <sys/socket.h>

#define close posix_close
#define getpid _getpid

#endif
