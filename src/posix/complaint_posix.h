/* complaint_posix.h - one line on stderr, for programs nobody changed: they
 * cannot ask us what went wrong. */
#ifndef PORTRES_COMPLAINT_POSIX_H
#define PORTRES_COMPLAINT_POSIX_H

/* Says "portres: " and the text, its control characters replaced, in one
 * write. Raises no signal, and says nothing where descriptor 2 is a TCP or UDP
 * socket of the program's. Changes errno. */
void portres__complaint(const char* format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
