/* testing_api.h - what api.c asks of the controls for tests. They are those of
 * testing.c; on Windows, which has none, those of src/win. */
#ifndef PORTRES__TESTING_API_H
#define PORTRES__TESTING_API_H

#include <portres/testing.h>

/* Count a call; the status that it is to fail with, or 0. */
int portres__testing_status(enum portres_testing_call call);

/* EINVAL when the environment is malformed, and once a line on stderr. Not with
 * a lock held, for stderr may be a pipe that nobody reads. */
int portres__testing_check(void);

#endif
