/* bindresvport.c - of Sun's RPC: not in musl. */
#include "bind_posix.h"
#include "hook_posix.h"

int hook_bindresvport(int s, struct sockaddr_in* a) PORTRES__HOOK(bindresvport);
int hook_bindresvport(int s, struct sockaddr_in* a) {
  return portres__hook_bindresvport(s, a);
}
