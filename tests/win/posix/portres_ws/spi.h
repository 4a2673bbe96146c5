/* portres_ws/spi.h - Windows exports no WSPIoctl: it is for programs that
 * stand in Winsock's way, and a row that wants it ends there. */
#ifndef PORTRES_TESTS_WIN_POSIX_SPI_H
#define PORTRES_TESTS_WIN_POSIX_SPI_H

#include "../missing.h"
#include "../native.h"
/* This one wants the others first. */
#include <ws2spi.h>

#define WSPIoctl(...) posix_missing("Windows exports no WSPIoctl")

#endif
