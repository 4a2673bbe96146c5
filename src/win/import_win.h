/* import_win.h - functions of iphlpapi.dll that may not be there.
 *
 * Wine exports none of the six persistent functions, and a program that
 * imports a missing function does not start, or dies when it calls it. */
#ifndef PORTRES_IMPORT_WIN_H
#define PORTRES_IMPORT_WIN_H

#include <winsock2.h>

/* A function and the hold on its library that keeps it there. */
struct portres__import {
  HMODULE library;
  void (*function)(void); /* of whatever type it really is */
};

/* Returns: 0; EOPNOTSUPP: there is no such library or function. */
int portres__import_open(const char* name, struct portres__import* out);
void portres__import_close(const struct portres__import* import);

#endif
