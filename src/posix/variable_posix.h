/* variable_posix.h - the environment. */
#ifndef PORTRES_VARIABLE_POSIX_H
#define PORTRES_VARIABLE_POSIX_H

/* A variable; NULL also in a program that has more rights than its caller. */
const char* portres__variable(const char* name);

#endif
