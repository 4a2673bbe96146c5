/* signal_posix.h - signals that our own calls raise. */
#ifndef PORTRES_SIGNAL_POSIX_H
#define PORTRES_SIGNAL_POSIX_H

/* Take a signal back that is pending, before it is delivered. Before: it is
 * blocked. Keeps errno. */
void portres__signal_take_back(int signal_number);

#endif
