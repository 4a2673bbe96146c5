/* sys/un.h - what Windows has of it. */
#include <sys/socket.h>
/* This one wants the other first. */
#include <afunix.h>
