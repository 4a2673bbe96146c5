/* portres_ws/event.h - see ../native.h. */
#include "../native.h"
