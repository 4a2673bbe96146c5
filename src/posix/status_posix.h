/* status_posix.h - the result codes in errno's dialect. */
#ifndef PORTRES_STATUS_POSIX_H
#define PORTRES_STATUS_POSIX_H

int portres__status_to_errno(int status);

/* ENOBUFS for what the table does not know: every shortage. */
int portres__status_from_errno(int error);

#endif
