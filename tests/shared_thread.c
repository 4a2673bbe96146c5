/* Threads that acquire and close at once, so that the ledger is opened and
 * closed all the time: each gets its ports, and nothing stays open. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "shared_support.h"

enum { THREADS = 4, TURNS = 200 };

static _Atomic int failures;

static void* turn(void* arg) {
  const int* protocol = arg;
  struct portres_options options = {
      .size = sizeof options, .range = {0, 2}, .scope = PORTRES_SCOPE_SHARED};
  for (int i = 0; i < TURNS; i++) {
    struct portres_reservation granted;
    int s =
        socket(AF_INET, *protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
    failures += portres_acquire_with(s, &options, &granted) != 0;
    failures += i % 2 == 0 && portres_release(s, granted.token) != 0;
    close(s);
  }
  return NULL;
}

static void check_threads(int protocol) {
  pthread_t threads[THREADS];
  failures = 0;
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, turn, &protocol), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  assert_int_equal(failures, 0);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given threads that acquire and close at once, then each "
                  "gets its ports and nothing stays open",
                  check_threads),
};

static int run(int argc, char** argv) {
  (void)argc, (void)argv;
  TABLE_ADD(rows, contract_check);
  return contract_run("shared_thread");
}

int main(int argc, char** argv) {
  return shared_main(argc, argv, run);
}
