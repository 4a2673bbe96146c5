/* A listener of a block that a child serves, while the parent closes its own
 * descriptor of it: whoever connects meanwhile must not notice. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard_support.h"

enum { ROUNDS = 200, AFTER = 20 };

/* --- Clients, one after the other --- */

static _Atomic bool is_over;
static _Atomic unsigned served;
static _Atomic unsigned refused;

static void* keep_connecting(void* data) {
  const uint16_t port = *(const uint16_t*)data;
  const struct linger at_once = {1, 0};
  char byte;
  while (!atomic_load(&is_over)) {
    const int s = net_socket(IPPROTO_TCP, NET_V4);
    setsockopt(s, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    /* The server closes it at once. */
    if (net_connect(s, "127.0.0.1", port) == 0 && recv(s, &byte, 1, 0) == 0) {
      atomic_fetch_add(&served, 1);
    } else {
      atomic_fetch_add(&refused, 1);
    }
    net_close(s);
  }
  return NULL;
}

static void await_served(unsigned more) {
  const unsigned wanted = atomic_load(&served) + more;
  while (atomic_load(&served) < wanted && atomic_load(&refused) == 0) {
    sched_yield();
  }
}

/* --- The server --- */

static _Noreturn void serve(int s) {
  for (;;) {
    const int accepted = accept(s, NULL, NULL);
    if (accepted >= 0) {
      close(accepted);
    }
  }
}

static void check_round(void) {
  struct contract_block block = guard_block(IPPROTO_TCP, 1);
  const int s = contract_bound_member(&block, NET_V4);
  uint16_t port = net_port(s);
  pthread_t client;
  int status;
  assert_int_equal(listen(s, 128), 0);
  fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) {
    serve(s);
  }
  atomic_store(&is_over, false);
  assert_int_equal(pthread_create(&client, NULL, keep_connecting, &port), 0);
  await_served(1);
  net_close(s);
  await_served(AFTER);
  atomic_store(&is_over, true);
  pthread_join(client, NULL);
  kill(pid, SIGKILL);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  contract_end(&block);
}

static void check_served(int protocol) {
  (void)protocol;
  for (int i = 0; i < ROUNDS; i++) {
    check_round();
  }
  print_message("# %u served, %u refused\n", atomic_load(&served),
                atomic_load(&refused));
  assert_int_equal(atomic_load(&refused), 0);
}

static const struct contract_row rows[] = {
    CONTRACT_TCP("given a listener that a child serves, when the parent closes "
                 "its own amid connections, then none is refused",
                 check_served),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  return contract_run("guard_served");
}
