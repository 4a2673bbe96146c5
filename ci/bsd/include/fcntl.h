/* fcntl.h - musl's, but for the commands. */
#include <bsd.h>
#include_next <fcntl.h>
#undef F_DUPFD_CLOEXEC
#define F_DUPFD_CLOEXEC BSD_F_DUPFD_CLOEXEC
