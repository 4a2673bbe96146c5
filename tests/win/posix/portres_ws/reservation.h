/* portres_ws/reservation.h - see ../native.h. */
#include "../native.h"
