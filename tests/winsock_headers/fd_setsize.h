#define FD_SETSIZE 256
#define FD_SETSIZE_WANTED 256

#include "system_after.h"
