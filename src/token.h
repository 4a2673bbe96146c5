/* token.h - the identity of a reservation: who knows it may take its ports. */
#ifndef PORTRES_TOKEN_H
#define PORTRES_TOKEN_H

#include <portres/portres.h>

/* The largest one: Windows programs print tokens by %I64d, as signed. */
#define PORTRES__TOKEN_MAX ((portres_token)INT64_MAX)

/* A token nobody can guess; 0, which is never a token, when the system has no
 * randomness to give. */
portres_token portres__token_mint(void);

#endif
