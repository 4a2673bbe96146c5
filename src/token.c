#include "token.h"

#include "platform.h"

portres_token portres__token_mint(void) {
  portres_token token = 0;
  bool is_random = true;

  while (token == 0 && is_random) {
    is_random = portres__platform_random(&token, sizeof token);
    token &= PORTRES__TOKEN_MAX;
  }
  return is_random ? token : 0;
}
