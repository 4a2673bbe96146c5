/* status_win.h - the border between Windows' error numbers and our codes. */
#ifndef PORTRES_STATUS_WIN_H
#define PORTRES_STATUS_WIN_H

/* Of WSAGetLastError(), or of a function that returns a Win32 code: the two
 * sets of numbers do not meet but where they mean the same. What is in no
 * table is EINVAL, as Windows itself translates an unknown NTSTATUS. */
int portres__status_from_windows(unsigned long code);

/* What WSAIoctl would say, and what the persistent functions would return. */
unsigned long portres__status_to_winsock(int status);
unsigned long portres__status_to_win32(int status);

#endif
