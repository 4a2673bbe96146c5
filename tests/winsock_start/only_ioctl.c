/* A program that calls nothing of libportres itself: the bind of libc has to be
 * ours all the same. */
#include <winsock2.h>

#include <mstcpip.h>
#include <stdio.h>

int wmain(void) {
  DWORD bytes = 0;
  ULONG64 token = 0;
  int result = WSAIoctl(INVALID_SOCKET, SIO_RELEASE_PORT_RESERVATION, &token,
                        sizeof(token), NULL, 0, &bytes, NULL, NULL);
  return printf("%d\n", result) < 0;
}
