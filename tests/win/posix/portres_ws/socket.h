/* portres_ws/socket.h - see ../native.h. */
#include "../native.h"
