/* portres_ws/persistent.h - see ../native.h. */
#include "../native.h"
