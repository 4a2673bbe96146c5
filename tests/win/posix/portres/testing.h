/* portres/testing.h - Windows decides by itself: a row that wants a control
 * ends there. What is not set needs no reset.
 */
#ifndef PORTRES_TESTS_WIN_POSIX_TESTING_H
#define PORTRES_TESTS_WIN_POSIX_TESTING_H

#pragma GCC system_header /* `#include_next` is no standard C */
#include_next <portres/testing.h>

#include "../missing.h"

#define POSIX_NO_CONTROL(...) posix_missing("Windows has no controls for tests")
#define portres_testing_fail POSIX_NO_CONTROL
#define portres_testing_set_network_down POSIX_NO_CONTROL
#define portres_testing_set_administrator POSIX_NO_CONTROL
#define portres_testing_restart POSIX_NO_CONTROL
#define portres_testing_exclude POSIX_NO_CONTROL
#define portres_testing_add_stranger POSIX_NO_CONTROL
#define portres_testing_set_dynamic_range POSIX_NO_CONTROL
#define portres_testing_set_order POSIX_NO_CONTROL
#define portres_testing_pend POSIX_NO_CONTROL
#define portres_testing_settle POSIX_NO_CONTROL

#endif
