#include "system.h"

#undef FD_SETSIZE
#define FD_SETSIZE 256
#define FD_SETSIZE_WANTED 256

#include "windows_first.h"
