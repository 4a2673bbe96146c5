/* Threads that wait in Winsock's calls: closes, forks and signals. In a file of
 * its own, as only Linux tells what a thread sleeps in; Windows has no fork and
 * no signals.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "winsock.h"

static int send_text(SOCKET s, const char* text) {
  return portres_ws_send(s, text, (int)strlen(text), 0);
}

struct waiter {
  SOCKET s;
  bool is_accept;
  int result;
  int error;
  pthread_t thread;
  _Atomic pid_t id;
};

static void* wait_for(void* arg) {
  struct waiter* waiter = arg;
  char byte;
  atomic_store(&waiter->id, gettid());
  int result = waiter->is_accept ? (int)portres_ws_accept(waiter->s, NULL, NULL)
                                 : portres_ws_recv(waiter->s, &byte, 1, 0);
  waiter->result = result;
  waiter->error = result == SOCKET_ERROR ? WSAGetLastError() : 0;
  return NULL;
}

/* Whether the thread sleeps in a call about the socket. With 32 bits that may
 * be socketcall(2); under qemu-user the call has the number it has here. */
static bool is_waiting(const struct waiter* waiter) {
  char path[64];
  long number = -1;
  unsigned long first = 0;
  snprintf(path, sizeof path, "/proc/self/task/%d/syscall",
           atomic_load(&waiter->id));
  FILE* file = fopen(path, "r");
  if (file) {
    int read = fscanf(file, "%ld %lx", &number, &first);
    (void)read; /* "running" is no number */
    fclose(file);
  }
#ifdef SYS_socketcall
  if (number == SYS_socketcall) {
    return true;
  }
#endif
  return number >= 0 && first == waiter->s;
}

static void start_waiter(struct waiter* waiter) {
  assert_int_equal(pthread_create(&waiter->thread, NULL, wait_for, waiter), 0);
  while (atomic_load(&waiter->id) == 0 || !is_waiting(waiter)) {
    sched_yield();
  }
}

/* The kernel would let it wait for ever. */
static void check_close(int protocol) {
  struct waiter waiter = {.s = ws_bound(protocol, NET_V4)};
  if (protocol == IPPROTO_TCP) {
    WS_WORKS(portres_ws_listen(waiter.s, 1));
    waiter.is_accept = true;
  }
  start_waiter(&waiter);
  ws_close(waiter.s);
  assert_int_equal(pthread_join(waiter.thread, NULL), 0);
  assert_int_equal(waiter.error, WSAEINTR);
}

static void check_close_stream(int protocol) {
  struct ws_pair pair = ws_pair(NET_V4);
  struct waiter waiter = {.s = pair.server};
  (void)protocol;
  start_waiter(&waiter);
  ws_close_pair(pair);
  assert_int_equal(pthread_join(waiter.thread, NULL), 0);
  /* The peer's end may come first. */
  assert_true(waiter.error == WSAEINTR || waiter.error == 0);
}

/* What another thread waits for is the parent's, and goes on. */
static void check_close_forked(int protocol) {
  struct ws_pair pair = ws_pair(NET_V4);
  struct waiter waiter = {.s = pair.server};
  int status;
  (void)protocol;
  start_waiter(&waiter);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    _exit(closesocket(pair.server) == 0 ? 0 : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(send_text(pair.client, "x"), 1);
  assert_int_equal(pthread_join(waiter.thread, NULL), 0);
  assert_int_equal(waiter.result, 1);
  ws_close_pair(pair);
}

static void ignore(int number) {
  (void)number;
}

static void check_signal(int protocol) {
  struct sigaction action = {.sa_handler = ignore};
  struct ws_pair pair =
      protocol == IPPROTO_TCP ? ws_pair(NET_V4) : ws_datagram_pair();
  struct waiter waiter = {.s = pair.server};
  assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
  start_waiter(&waiter);
  assert_int_equal(pthread_kill(waiter.thread, SIGUSR1), 0);
  assert_int_equal(send_text(pair.client, "x"), 1);
  assert_int_equal(pthread_join(waiter.thread, NULL), 0);
  assert_int_equal(waiter.error, 0);
  ws_close_pair(pair);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a thread that waits, when the socket is closed, then "
                  "WSAEINTR",
                  check_close),
    CONTRACT_TCP("given a thread that waits for a stream, when it is closed, "
                 "then it returns",
                 check_close_stream),
    CONTRACT_TCP("given a fork whose child closes it, then the wait goes on",
                 check_close_forked),
    CONTRACT_BOTH("given a thread that waits, when a signal comes, then it "
                  "goes on",
                  check_signal),
};

int main(void) {
  TABLE_ADD(rows, ws_check);
  return contract_run("winsock_waiting");
}
