#include "guard_support.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char* guard_adversary;

struct contract_block guard_block_at(int protocol,
                                     uint16_t start,
                                     uint16_t count) {
  struct portres_options options = {.size = sizeof options,
                                    .range = {start, count},
                                    .scope = PORTRES_SCOPE_MACHINE};
  struct portres_reservation granted;
  struct contract_block block = {.holder = net_socket(protocol, NET_V4),
                                 .protocol = protocol,
                                 .count = count};
  assert_int_equal(contract_acquire_with(block.holder, &options, &granted), 0);
  block.start = granted.range.start;
  block.token = granted.token;
  return block;
}

struct contract_block guard_block(int protocol, uint16_t count) {
  return guard_block_at(protocol, 0, count);
}

struct child {
  pid_t pid;
  int input;
  FILE* output;
};

static struct child start(const char* const* words, int uid) {
  struct child child;
  int to[2];
  int from[2];
  assert_int_equal(pipe2(to, 02000000), 0); /* O_CLOEXEC */
  assert_int_equal(pipe2(from, 02000000), 0);
  fflush(stdout);
  child.pid = fork();
  assert_true(child.pid >= 0);
  if (child.pid == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    if (uid != GUARD_OWN_UID && setuid((uid_t)uid) != 0) {
      _exit(1);
    }
    execv(words[0], (char* const*)words);
    _exit(127);
  }
  net_close(to[0]);
  net_close(from[1]);
  child.input = to[1];
  child.output = fdopen(from[0], "r");
  assert_non_null(child.output);
  setvbuf(child.output, NULL, _IONBF, 0); /* poll() sees what is not read */
  return child;
}

static void end(struct child child) {
  int status;
  fclose(child.output);
  assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
  assert_int_equal(status, 0);
}

static const char* name_of(int protocol) {
  return protocol == IPPROTO_TCP ? "tcp" : "udp";
}

enum { NUMBER_SIZE = 16 };
static const char* number(unsigned value, char out[NUMBER_SIZE]) {
  snprintf(out, NUMBER_SIZE, "%u", value);
  return out;
}

/* One line of output, without its end. */
static const char* line_of(const char* const* words, int uid) {
  static char line[512];
  struct child child = start(words, uid);
  net_close(child.input);
  assert_non_null(fgets(line, sizeof line, child.output));
  line[strcspn(line, "\n")] = '\0';
  end(child);
  return line;
}

const char* guard_sweep(int protocol, uint16_t port, int uid) {
  char port_text[NUMBER_SIZE];
  const char* words[] = {guard_adversary, "sweep", name_of(protocol),
                         number(port, port_text), NULL};
  return line_of(words, uid);
}

void guard_expect_kept(int protocol, uint16_t port) {
  assert_string_equal(guard_sweep(protocol, port, GUARD_OWN_UID), "none");
}

struct guard_spinner guard_spin_for(int protocol,
                                    const char* host,
                                    const char* flags,
                                    uint16_t port,
                                    int uid,
                                    long enough) {
  char port_text[NUMBER_SIZE];
  char enough_text[NUMBER_SIZE];
  const char* words[] = {guard_adversary,
                         "spin",
                         name_of(protocol),
                         host,
                         flags,
                         number(port, port_text),
                         number((unsigned)enough, enough_text),
                         NULL};
  struct child child = start(words, uid);
  struct guard_spinner spinner = {child.pid,  child.input, child.output,
                                  enough > 0, 0,           0};
  char line[16];
  assert_non_null(fgets(line, sizeof line, child.output));
  assert_string_equal(line, "ready\n");
  return spinner;
}

struct guard_spinner guard_spin(
    int protocol, const char* host, const char* flags, uint16_t port, int uid) {
  return guard_spin_for(protocol, host, flags, port, uid, 0);
}

bool guard_has_enough(struct guard_spinner* spinner) {
  struct pollfd output = {.fd = fileno(spinner->output), .events = POLLIN};
  char line[16];
  if (spinner->is_telling && poll(&output, 1, 0) > 0) {
    assert_non_null(fgets(line, sizeof line, spinner->output));
    assert_string_equal(line, "enough\n");
    spinner->is_telling = false;
  }
  return !spinner->is_telling;
}

void guard_stop(struct guard_spinner* spinner) {
  struct child child = {spinner->pid, spinner->input, spinner->output};
  net_close(spinner->input);
  if (spinner->is_telling) {
    assert_int_equal(fscanf(spinner->output, " enough"), 0);
  }
  assert_int_equal(
      fscanf(spinner->output, "%ld %ld", &spinner->attempts, &spinner->gains),
      2);
  end(child);
}

long guard_picks(int protocol, struct portres_range range, long count) {
  char first[NUMBER_SIZE];
  char last[NUMBER_SIZE];
  char count_text[NUMBER_SIZE];
  const char* words[] = {guard_adversary,
                         "pick",
                         name_of(protocol),
                         number(range.start, first),
                         number(range.start + range.count - 1U, last),
                         number((unsigned)count, count_text),
                         NULL};
  long landed;
  long picked;
  assert_int_equal(
      sscanf(line_of(words, GUARD_OWN_UID), "%ld of %ld", &landed, &picked), 2);
  assert_true(picked > count / 2);
  return landed;
}

void guard_need_other_uid(void) {
  const char* words[] = {"/bin/true", NULL};
  struct child child = start(words, GUARD_OTHER_UID);
  int status;
  net_close(child.input);
  fclose(child.output);
  assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
  if (status != 0) {
    table_skip("there is no other user to become");
  }
}
