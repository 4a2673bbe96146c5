/* windows.h - see winsock2.h beside it. */
#include <winsock2.h>
