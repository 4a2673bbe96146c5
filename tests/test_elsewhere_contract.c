/* Persistent reservations and other processes: forked children, processes that
 * run already, and processes that are started later. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contract.h"
#include "persistent_support.h"
#include "store_support.h"

#define UNTOUCHED ENOTNAM

/* --- Forked children --- */

static int use_in_child(void* arg) {
  const struct persistent* made = arg;
  portres_token token = 0;
  int s = socket(AF_INET,
                 made->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t address_len = sizeof address;
  if (portres_persistent_lookup(persistent_protocol(made->protocol),
                                made->range, &token) != 0 ||
      token != made->token) {
    return 1;
  }
  if (portres_associate(s, token) != 0) {
    return 2;
  }
  if (bind(s, (struct sockaddr*)&address, sizeof address) != 0) {
    return 3;
  }
  getsockname(s, (struct sockaddr*)&address, &address_len);
  return ntohs(address.sin_port) == made->range.start + 1 ? 0 : 4;
}

/* Without the parent's token having been used, and after. */
static void check_fork(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  int stranger = net_socket(protocol, NET_V4);
  int first = persistent_member(&made);
  assert_int_equal(net_bind_any(first, 0), 0);
  assert_int_equal(contract_in_child(use_in_child, &made), 0);
  contract_expect_figures(made.token, 1, 1, 0);
  net_close(first);
  net_close(stranger);
  persistent_end(&made);
}

/* --- Other processes: this program, started anew --- */

struct process {
  pid_t pid;
  int to;
  int from;
};

static struct process start(void) {
  int to[2];
  int from[2];
  struct process process;
  char byte;
  assert_int_equal(pipe2(to, O_CLOEXEC), 0);
  assert_int_equal(pipe2(from, O_CLOEXEC), 0);
  fflush(stdout);
  process.pid = fork();
  if (process.pid == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDERR_FILENO);
    execl("/proc/self/exe", "other", "other", (char*)NULL);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  process.to = to[1];
  process.from = from[0];
  assert_int_equal(read(process.from, &byte, 1), 1); /* it is loaded */
  return process;
}

struct order {
  char what;
  struct persistent made;
};

static int ask(const struct process* process,
               char what,
               const struct persistent* made) {
  struct order order;
  int answer = -1;
  memset(&order, 0, sizeof order);
  order.what = what;
  order.made = *made;
  assert_int_equal(write(process->to, &order, sizeof order), sizeof order);
  assert_int_equal(read(process->from, &answer, sizeof answer), sizeof answer);
  return answer;
}

static void stop(const struct process* process) {
  int status;
  close(process->to);
  close(process->from);
  assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
  assert_int_equal(status, 0);
}

static int bind_port(int s, int port) {
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port)};
  return bind(s, (struct sockaddr*)&address, sizeof address) == 0 ? 0 : errno;
}

static int obey(const struct order* order, int* member_io) {
  const struct persistent* made = &order->made;
  portres_token token;
  int type = made->protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int s = *member_io;
  int answer;
  switch (order->what) {
    case 's': /* a stranger binds */
      s = socket(AF_INET, type, 0);
      answer = bind_port(s, made->range.start);
      close(s);
      return answer;
    case 'm': /* a member is made */
      *member_io = socket(AF_INET, type, 0);
      return portres_associate(*member_io, made->token);
    case 'b': /* and binds */
      return bind_port(s, 0);
    case 'c':
      return portres_persistent_create(persistent_protocol(made->protocol),
                                       made->range, &token);
    case 'd':
      return portres_persistent_delete(persistent_protocol(made->protocol),
                                       made->range);
    default:
      close(*member_io);
      return 0;
  }
}

static int be_other(void) {
  struct order order;
  int member_socket = -1;
  if (write(STDERR_FILENO, "!", 1) != 1) {
    return 1;
  }
  while (read(STDIN_FILENO, &order, sizeof order) == sizeof order) {
    int answer = obey(&order, &member_socket);
    if (write(STDERR_FILENO, &answer, sizeof answer) != sizeof answer) {
      return 1;
    }
  }
  return 0;
}

/* The ports' file is there: a process that has never seen one looks for it when
 * it reserves, associates or looks up, and not before. */
static void check_running_stranger(int protocol) {
  struct persistent earlier = persistent_begin(protocol, 1);
  persistent_end(&earlier);
  struct process process = start();
  struct persistent made = persistent_begin(protocol, 2);
  assert_int_equal(ask(&process, 's', &made), EACCES);
  persistent_end(&made);
  assert_int_equal(ask(&process, 's', &made), 0);
  stop(&process);
}

static void check_later_stranger(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  struct process process = start();
  assert_int_equal(ask(&process, 's', &made), EACCES);
  persistent_end(&made);
  assert_int_equal(ask(&process, 's', &made), 0);
  stop(&process);
}

/* The kernel tells two pools of one block apart. */
static void check_two_consumers(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  struct process process = start();
  int first = persistent_member(&made);
  assert_int_equal(net_bind_any(first, 0), 0);
  assert_int_equal(net_port(first), made.range.start);
  assert_int_equal(ask(&process, 'm', &made), PORTRES_OK);
  assert_int_equal(ask(&process, 'b', &made), 0);
  int third = persistent_member(&made);
  assert_int_equal(net_bind_any(third, 0), ENOBUFS);
  contract_expect_figures(made.token, 1, 0, 1);
  net_close(first);
  net_close(third);
  assert_int_equal(ask(&process, 'x', &made), 0);
  stop(&process);
  persistent_end(&made);
}

static void check_deleted_elsewhere(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  struct process process = start();
  int first = persistent_member(&made);
  int second = persistent_member(&made);
  int third = persistent_member(&made);
  assert_int_equal(net_bind_any(first, 0), 0);
  net_close(first);
  assert_int_equal(ask(&process, 'd', &made), PORTRES_OK);
  assert_int_equal(net_bind_any(second, 0), ENOBUFS);
  assert_int_equal(net_bind_any(third, made.range.start), EACCES);
  net_close(second);
  net_close(third);
  stop(&process);
}

/* Between two looks of ours. */
static void check_renewed_elsewhere(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  struct process process = start();
  int first = persistent_member(&made);
  int second = persistent_member(&made);
  assert_int_equal(ask(&process, 'd', &made), PORTRES_OK);
  assert_int_equal(ask(&process, 'c', &made), PORTRES_OK);
  assert_int_equal(net_bind_any(first, 0), ENOBUFS);
  assert_int_equal(net_bind_any(second, made.range.start), EACCES);
  net_close(first);
  net_close(second);
  stop(&process);
  persistent_end(&made);
}

/* Another's reservation that goes and comes leaves mine as it was. */
static void check_changed_elsewhere(int protocol) {
  struct persistent made = persistent_begin(protocol, 2);
  struct persistent others = {persistent_other(protocol), made.range, 0};
  struct process process = start();
  int first = persistent_member(&made);
  int second = persistent_member(&made);
  assert_int_equal(ask(&process, 'c', &others), PORTRES_OK);
  errno = UNTOUCHED;
  assert_int_equal(bind_port(first, 0), 0);
  assert_int_equal(errno, UNTOUCHED);
  assert_int_equal(ask(&process, 'd', &others), PORTRES_OK);
  assert_int_equal(net_bind_any(second, made.range.start + 1), 0);
  net_close(first);
  net_close(second);
  stop(&process);
  persistent_end(&made);
}

/* An associated socket that is not bound is as good in the child. */
static int bind_inherited(void* arg) {
  return bind_port(*(int*)arg, 0);
}

static void check_inherited(int protocol) {
  struct persistent made = persistent_begin(protocol, 1);
  int s = persistent_member(&made);
  assert_int_equal(contract_in_child(bind_inherited, &s), 0);
  assert_int_equal(net_port(s), made.range.start);
  persistent_end(&made);
  int dead = net_socket(protocol, NET_V4);
  assert_int_equal(contract_associate(dead, made.token), PORTRES_EINVAL);
  net_close(dead);
  net_close(s);
}

#define ROWS(name, check) CONTRACT_BOTH(name, check)

static const struct contract_row rows[] = {
    ROWS("given a forked child, then it looks up and associates by itself",
         check_fork),
    ROWS("given an associated socket, when a forked child binds it, then it "
         "gets a port of the block",
         check_inherited),
    ROWS("given a process that runs already, when another one creates, then a "
         "stranger's bind is EACCES at once",
         check_running_stranger),
    ROWS("given a process that is started later, then a stranger's bind is "
         "EACCES",
         check_later_stranger),
    ROWS("given two processes, when both associate, then no port is taken "
         "twice",
         check_two_consumers),
    ROWS("given members, when another process deletes, then they never bind",
         check_deleted_elsewhere),
    ROWS("given members, when another process deletes and creates again, then "
         "they never bind",
         check_renewed_elsewhere),
    ROWS("given members, when another process changes other reservations, "
         "then they bind",
         check_changed_elsewhere),
};

static int run(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "other") == 0) {
    return be_other();
  }
  TABLE_ADD(rows, contract_check);
  return contract_run("persistent_elsewhere");
}

int main(int argc, char** argv) {
  return store_main(argc, argv, run);
}
