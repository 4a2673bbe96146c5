#include "shared_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 256, HELD_MAX = 64 };

/* --- The directory --- */

static int remove_one(const char* path,
                      const struct stat* facts,
                      int kind,
                      struct FTW* walk) {
  (void)facts, (void)kind, (void)walk;
  return remove(path);
}

static void remove_tree(const char* path) {
  nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char* shared_dir(void) {
  return getenv("PORTRES_RUNTIME_DIR");
}

const char* shared_folder(void) {
  return getenv("PORTRES_TEST_SHARED");
}

void shared_clear(void) {
  struct stat facts;
  if (lstat(shared_dir(), &facts) == 0 && S_ISDIR(facts.st_mode)) {
    chmod(shared_dir(), 0700);
  }
  remove_tree(shared_dir());
  rmdir(shared_dir()); /* another user's, which cannot be looked into */
}

const char* shared_ledger(void) {
  static char path[2 * PATH_SIZE];
  DIR* dir = opendir(shared_dir());
  int count = 0;
  for (struct dirent* entry; dir && (entry = readdir(dir));) {
    if (entry->d_name[0] != '.') {
      snprintf(path, sizeof path, "%s/%s", shared_dir(), entry->d_name);
      count++;
    }
  }
  if (dir) {
    closedir(dir);
  }
  return count == 1 ? path : NULL;
}

/* --- A peer --- */

struct held {
  int s;
  portres_token token;
};

static struct held helds[HELD_MAX];
static int held_count;

static int peer_socket(int protocol) {
  return socket(AF_INET, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
}

static int peer_bind(int s, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  return bind(s, (struct sockaddr*)&address, sizeof address) == 0 ? 0 : errno;
}

static struct shared_answer peer_acquire(const struct shared_request* request) {
  struct portres_options options = {.size = sizeof options,
                                    .range = request->range,
                                    .scope = (enum portres_scope)request->scope,
                                    .label = "peer"};
  struct portres_reservation granted = {.token = 0};
  struct shared_answer answer = {.status = 0};
  int s = peer_socket(request->protocol);
  answer.status = portres_acquire_with(s, &options, &granted);
  answer.range = granted.range;
  if (answer.status == 0) {
    helds[held_count++] = (struct held){s, granted.token};
  } else {
    close(s);
  }
  return answer;
}

static struct shared_answer peer_bind_once(
    const struct shared_request* request) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t address_len = sizeof address;
  struct shared_answer answer = {.status = 0};
  int s = peer_socket(request->protocol);
  answer.status = peer_bind(s, request->range.start);
  getsockname(s, (struct sockaddr*)&address, &address_len);
  answer.range = (struct portres_range){ntohs(address.sin_port), 1};
  close(s);
  return answer;
}

static int peer_take(const struct shared_request* request) {
  int s = peer_socket(request->protocol);
  int status = portres_associate(s, helds[held_count - 1].token);
  return status != 0 ? status : peer_bind(s, request->range.start);
}

/* The child lives as long as the peer does. */
static int peer_fork(void) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return errno;
  }
  pid_t pid = fork();
  if (pid == 0) {
    char byte;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) != 0);
  }
  close(ends[0]);
  return pid > 0 ? 0 : errno;
}

int shared_linger[2];

static int peer_fork_lingering(void) {
  pid_t pid = fork();
  if (pid == 0) {
    char byte;
    close(shared_linger[1]);
    _exit(read(shared_linger[0], &byte, 1) != 0);
  }
  return pid > 0 ? 0 : errno;
}

static int peer_limit(int resource, rlim_t count) {
  struct rlimit limit = {count, count};
  return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

static bool put(const char* path, const char* text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  bool is_put = fd >= 0 && write(fd, text, strlen(text)) > 0;
  close(fd);
  return is_put;
}

/* A file system of so many pages in the place of the directory. */
static int peer_mount(unsigned pages) {
  char map[32];
  char options[64];
  snprintf(map, sizeof map, "%u %u 1", geteuid(), geteuid());
  snprintf(options, sizeof options, "mode=0700,size=%u", 4096 * pages);
  if ((unshare(CLONE_NEWNS) != 0 &&
       (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0 ||
        !put("/proc/self/uid_map", map))) ||
      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
      (mkdir(shared_dir(), 0700) != 0 && errno != EEXIST) ||
      mount("none", shared_dir(), "tmpfs", 0, options) != 0) {
    return errno;
  }
  return 0;
}

static int peer_describe(int* scope_out) {
  struct portres_info info = {.size = sizeof info};
  int status = portres_describe(helds[held_count - 1].token, &info);
  *scope_out = (int)info.scope;
  return status;
}

static void peer_exec(int to) {
  struct shared_answer answer = {.status = 0};
  if (write(to, &answer, sizeof answer) == (ssize_t)sizeof answer) {
    execlp("sleep", "sleep", "600", (char*)NULL);
  }
  _exit(1);
}

static struct shared_answer peer_do(const struct shared_request* request,
                                    int to) {
  struct shared_answer answer = {.status = 0};
  switch (request->act) {
    case SHARED_ACQUIRE:
      return peer_acquire(request);
    case SHARED_RELEASE:
      answer.status =
          portres_release(helds[held_count - 1].s, helds[held_count - 1].token);
      break;
    case SHARED_CLOSE:
      answer.status = close(helds[--held_count].s);
      break;
    case SHARED_BIND:
      return peer_bind_once(request);
    case SHARED_TAKE:
      answer.status = peer_take(request);
      break;
    case SHARED_FORK:
      answer.status = peer_fork();
      break;
    case SHARED_FORK_LINGERING:
      answer.status = peer_fork_lingering();
      break;
    case SHARED_SCOPE:
      answer.status = portres_set_scope((enum portres_scope)request->scope);
      break;
    case SHARED_SET_USER:
      answer.status = setuid(geteuid() + 1) == 0 ? 0 : errno;
      break;
    case SHARED_UNSHARE:
      answer.status = unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno;
      break;
    case SHARED_EXEC:
      peer_exec(to);
      break;
    case SHARED_DESCRIBE:
      answer.status = peer_describe(&answer.scope);
      break;
    case SHARED_LIMIT:
      answer.status = peer_limit(RLIMIT_NOFILE, request->range.count);
      break;
    case SHARED_FILE_LIMIT:
      answer.status = peer_limit(RLIMIT_FSIZE, request->range.count);
      break;
    case SHARED_MOUNT:
      answer.status = peer_mount(request->range.count);
      break;
  }
  return answer;
}

_Noreturn static void be_peer(int in, int to) {
  struct shared_request request;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  held_count = 0;
  while (read(in, &request, sizeof request) == (ssize_t)sizeof request) {
    struct shared_answer answer = peer_do(&request, to);
    if (write(to, &answer, sizeof answer) != (ssize_t)sizeof answer) {
      break;
    }
  }
  _exit(0);
}

static void start_anew(int in, int to) {
  dup2(in, 0);
  dup2(to, 1);
  execl("/proc/self/exe", "peer", "peer", (char*)NULL);
  _exit(127);
}

/* Pipes that no other peer has, or it would never see the end of one. */
static void make_pipe(int ends[2]) {
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
}

static pid_t fork_raw(void) {
#ifdef __s390x__ /* the stack comes first, and the flags second */
  return (pid_t)syscall(SYS_clone, 0, SIGCHLD, 0, 0, 0);
#else
  return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

struct shared_peer shared_peer(enum shared_way way) {
  int to[2];
  int from[2];
  make_pipe(to);
  make_pipe(from);
  fflush(stdout);
  pid_t pid = way == SHARED_VFORKED ? fork_raw() : fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    close(to[1]);
    close(from[0]);
    if (way == SHARED_STARTED) {
      start_anew(to[0], from[1]);
    }
    be_peer(to[0], from[1]);
  }
  close(to[0]);
  close(from[1]);
  return (struct shared_peer){pid, to[1], from[0]};
}

static void end(const struct shared_peer* peer) {
  int status;
  assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
  close(peer->to);
  close(peer->from);
}

void shared_quit(const struct shared_peer* peer) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(nowhere, peer->to); /* the end of its requests */
  close(nowhere);
  end(peer);
}

void shared_kill(const struct shared_peer* peer) {
  assert_int_equal(kill(peer->pid, SIGKILL), 0);
  end(peer);
}

struct shared_answer shared_ask(const struct shared_peer* peer,
                                struct shared_request request) {
  struct shared_answer answer = {.status = -1};
  assert_int_equal(write(peer->to, &request, sizeof request), sizeof request);
  assert_int_equal(read(peer->from, &answer, sizeof answer), sizeof answer);
  return answer;
}

int shared_peer_acquire(const struct shared_peer* peer,
                        int protocol,
                        struct portres_range range) {
  return shared_ask(peer, (struct shared_request){SHARED_ACQUIRE, protocol,
                                                  range, PORTRES_SCOPE_SHARED})
      .status;
}

int shared_peer_bind(const struct shared_peer* peer,
                     int protocol,
                     uint16_t port) {
  return shared_ask(
             peer, (struct shared_request){SHARED_BIND, protocol, {port, 1}, 0})
      .status;
}

/* --- This process --- */

int shared_acquire(int s,
                   struct portres_range want,
                   struct portres_reservation* out) {
  struct portres_options options = {.size = sizeof options,
                                    .range = want,
                                    .scope = PORTRES_SCOPE_SHARED,
                                    .label = "shared"};
  return contract_acquire_with(s, &options, out);
}

struct contract_block shared_block(int protocol, uint16_t count) {
  struct portres_reservation granted;
  int holder = net_socket(protocol, NET_V4);
  assert_int_equal(
      shared_acquire(holder, (struct portres_range){0, count}, &granted), 0);
  return (struct contract_block){.holder = holder,
                                 .protocol = protocol,
                                 .start = granted.range.start,
                                 .count = count,
                                 .token = granted.token};
}

/* --- The program --- */

int shared_main(int argc, char** argv, int (*run)(int argc, char** argv)) {
  const bool has_shm = access("/dev/shm", W_OK) == 0;
  char folder[64];
  char path[PATH_SIZE];
  int status = 1;
  if (argc > 1 && strcmp(argv[1], "peer") == 0) {
    be_peer(0, 1);
  }
  if (getenv("PORTRES_TEST_SHARED")) {
    return run(argc, argv);
  }
  snprintf(folder, sizeof folder, "%s/portres-test-XXXXXX",
           has_shm ? "/dev/shm" : "/tmp");
  if (!mkdtemp(folder) || chmod(folder, 0755) != 0) {
    return 1;
  }
  snprintf(path, sizeof path, "%s/runtime", folder);
  setenv("PORTRES_RUNTIME_DIR", path, 1);
  setenv("PORTRES_TEST_SHARED", folder, 1);
  snprintf(path, sizeof path, "%s/state", folder);
  setenv("PORTRES_STATE_DIR", path, 1);
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* when meson gives us up */
    execv("/proc/self/exe", argv);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  remove_tree(folder);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
