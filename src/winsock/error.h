/* error.h - the last error of a thread, and whose numbers are whose.
 *
 * Inside, a call is an int: 0 or more, or the negative of a Winsock number,
 * which is also what a status of portres.h is. At the border
 * portres__ws_answer() makes Winsock's dialect of it.
 */
#ifndef PORTRES_WINSOCK_ERROR_H
#define PORTRES_WINSOCK_ERROR_H

/* What a call answers: the result, or for a negative one SOCKET_ERROR, with the
 * last error set. errno becomes what it was when the call began: it is the
 * program's, and no channel of Winsock's. */
int portres__ws_answer(int result, int saved_errno);

/* The negative of the Winsock number of errno as it is now. */
int portres__ws_errno(void);

/* Set the thread's last error. Returns: SOCKET_ERROR. */
int portres__ws_fail(int error);

/* The same with the Winsock number of an errno. */
int portres__ws_fail_errno(int error_number);

/* The Winsock number of an errno; WSAEINVAL for one that has none, which is
 * Windows' own default (semantics 0.1). */
int portres__ws_error_of_errno(int error_number);

/* The Winsock number of a status of portres.h. */
int portres__ws_error_of_status(int status);

#endif
