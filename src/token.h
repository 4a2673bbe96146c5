/* token.h - the identity of a reservation: who knows it may take its ports. */
#ifndef PORTRES_TOKEN_H
#define PORTRES_TOKEN_H

#include <portres/portres.h>

/* A token nobody can guess; 0, which is never a token, when the system has no
 * randomness to give. */
portres_token portres__token_mint(void);

#endif
