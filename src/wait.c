/* wait.c - looking again, less and less often.
 *
 * Nobody can be told of every end of a block: of a process that is killed, the
 * kernel frees the ports and says nothing, and a port that a stranger is bound
 * to never was ours to hear of. So all are looked for alike.
 */
#include "wait.h"

#include "obstacles.h"

enum { PAUSE_FIRST_MS = 1, PAUSE_LAST_MS = 64 };

/* To look takes a moment a port, and is not to keep a core busy. */
static uint32_t longer(uint32_t pause_ms, uint64_t look_ms) {
  return look_ms > pause_ms && look_ms < PORTRES_FOREVER ? (uint32_t)look_ms
                                                         : pause_ms;
}

/* The next pause; 0: the time is over. */
static uint32_t pause_within(uint32_t pause_ms,
                             uint32_t wait_ms,
                             uint64_t passed_ms) {
  if (wait_ms == PORTRES_FOREVER || passed_ms + pause_ms <= wait_ms) {
    return pause_ms;
  }
  return passed_ms < wait_ms ? (uint32_t)(wait_ms - passed_ms) : 0;
}

static int acquire_in_time(const struct portres__platform_entry* entry,
                           portres_socket s,
                           const struct portres_options* options,
                           struct portres_reservation* out) {
  struct portres__obstacles obstacles = {.is_again = false};
  uint64_t start_ms = portres__platform_now_ms();
  uint64_t try_ms = start_ms;
  uint32_t next_ms = PAUSE_FIRST_MS;
  int status = portres__facility_acquire(s, options, &obstacles, out);

  obstacles.is_again = true;
  while (status != PORTRES_OK && obstacles.may_end) {
    uint64_t now_ms = portres__platform_now_ms();
    uint32_t pause_ms = pause_within(longer(next_ms, now_ms - try_ms),
                                     options->wait_ms, now_ms - start_ms);
    int paused =
        pause_ms != 0 ? portres__platform_pause(entry, pause_ms) : status;
    if (paused != PORTRES_OK) {
      return paused;
    }
    try_ms = portres__platform_now_ms();
    next_ms = next_ms < PAUSE_LAST_MS ? next_ms * 2 : PAUSE_LAST_MS;
    status = portres__facility_acquire(s, options, &obstacles, out);
  }
  return status;
}

int portres__wait_acquire(const struct portres__platform_entry* entry,
                          portres_socket s,
                          const struct portres_options* options,
                          struct portres_reservation* out) {
  return options->wait_ms == 0
             ? portres__facility_acquire(s, options, NULL, out)
             : acquire_in_time(entry, s, options, out);
}
