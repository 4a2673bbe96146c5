/* ws2spi.h - the provider's interface, as far as port reservations need it. */
#ifndef PORTRES_WINSOCK_WS2SPI_H
#define PORTRES_WINSOCK_WS2SPI_H

#include "winsock2.h"

#include "portres_ws/spi.h"

#endif
