#include "ask_posix.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include "real_posix.h"

enum { PATIENCE_MS = 1000 };

static const char name_prefix[] = "portres/";

socklen_t portres__ask_address(const char* name, struct sockaddr_un* out) {
  const size_t prefix_len = sizeof name_prefix - 1;

  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX; /* the path begins with NUL: abstract */
  memcpy(out->sun_path + 1, name_prefix, prefix_len);
  memcpy(out->sun_path + 1 + prefix_len, name, PORTRES__ASK_NAME_LEN);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + prefix_len +
                     PORTRES__ASK_NAME_LEN);
}

static bool is_hexadecimal(const char* text, size_t text_len) {
  for (size_t i = 0; i < text_len; i++) {
    if ((text[i] < '0' || text[i] > '9') && (text[i] < 'a' || text[i] > 'f')) {
      return false;
    }
  }
  return true;
}

bool portres__ask_is_value(const char* value) {
  return strlen(value) == PORTRES__ASK_VALUE_LEN &&
         value[PORTRES__ASK_NAME_LEN] == ':' &&
         is_hexadecimal(value, PORTRES__ASK_NAME_LEN) &&
         is_hexadecimal(value + PORTRES__ASK_NAME_LEN + 1,
                        PORTRES__ASK_SECRET_LEN);
}

/* --- The question --- */

union rights {
  struct cmsghdr header;
  char space[CMSG_SPACE(PORTRES__ASK_DESCRIPTORS * sizeof(int))];
};

static void attach(struct msghdr* message,
                   union rights* rights,
                   int fd,
                   int answer_fd) {
  const int fds[PORTRES__ASK_DESCRIPTORS] = {fd, answer_fd};
  struct cmsghdr* header;

  memset(rights, 0, sizeof *rights);
  message->msg_control = rights;
  message->msg_controllen = sizeof *rights;
  header = CMSG_FIRSTHDR(message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fds);
  memcpy(CMSG_DATA(header), fds, sizeof fds);
}

/* A sender waits while the supervisor has many questions before it. */
static int send_question(int line,
                         const char* value,
                         const struct portres__ask_question* question,
                         int fd,
                         int answer_fd) {
  struct sockaddr_un supervisor;
  union rights rights;
  struct iovec data = {(void*)question, sizeof *question};
  struct msghdr message = {
      .msg_name = &supervisor, .msg_iov = &data, .msg_iovlen = 1};
  ssize_t sent;

  message.msg_namelen = portres__ask_address(value, &supervisor);
  attach(&message, &rights, fd, answer_fd);
  do {
    sent = portres__real()->sendmsg(line, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == (ssize_t)sizeof *question ? 0 : -1;
}

static bool is_supervisor_alive(const char* value) {
  struct sockaddr_un supervisor;
  socklen_t supervisor_len = portres__ask_address(value, &supervisor);
  int line = portres__real()->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool is_alive =
      line < 0 || portres__real()->connect(line, (struct sockaddr*)&supervisor,
                                           supervisor_len) == 0;

  if (line >= 0) {
    portres__real()->close(line);
  }
  return is_alive;
}

/* A child that another thread forks at this moment has a copy of the line's
 * other end, which keeps it from ending: so the supervisor is looked for when
 * it has not answered for a while. */
static void wait_for_answer(int line, const char* value) {
  struct pollfd source = {.fd = line, .events = POLLIN};

  while (poll(&source, 1, PATIENCE_MS) <= 0 && is_supervisor_alive(value)) {
    /* It has much to do, or is stopped, or we were interrupted. */
  }
}

/* The end of the line without an answer: the supervisor has ended. */
static int receive_answer(int line, const char* value) {
  struct portres__ask_answer answer;
  ssize_t answer_len;

  wait_for_answer(line, value);
  do {
    answer_len = recv(line, &answer, sizeof answer, MSG_DONTWAIT);
  } while (answer_len < 0 && errno == EINTR);
  if (answer_len != (ssize_t)sizeof answer ||
      answer.format != PORTRES__ASK_FORMAT) {
    errno = ECONNREFUSED;
    return -1;
  }
  if (answer.error != 0) {
    errno = answer.error;
    return -1;
  }
  return 0;
}

/* Closed by the real close(), and errno left alone. */
static void close_quietly(int fd) {
  int saved_errno = errno;

  portres__real()->close(fd);
  errno = saved_errno;
}

static int ask(const char* value,
               const struct portres__ask_question* question,
               int fd) {
  int pair[2];
  int line = portres__real()->socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int result;

  if (line < 0) {
    return -1;
  }
  if (portres__real()->socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
                                  pair) != 0) {
    close_quietly(line);
    return -1;
  }
  result = send_question(line, value, question, fd, pair[1]);
  close_quietly(pair[1]);
  close_quietly(line);
  if (result == 0) {
    result = receive_answer(pair[0], value);
  }
  close_quietly(pair[0]);
  return result;
}

static int ask_quietly(const char* value,
                       struct portres__ask_question* question,
                       int fd) {
  int saved_errno = errno;
  int saved_state;
  int result;

  question->format = PORTRES__ASK_FORMAT;
  memcpy(question->secret, value + PORTRES__ASK_NAME_LEN + 1,
         PORTRES__ASK_SECRET_LEN);
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &saved_state);
  result = ask(value, question, fd);
  pthread_setcancelstate(saved_state, &saved_state);
  if (result == 0) {
    errno = saved_errno;
  }
  return result;
}

int portres__ask_bind(const char* value,
                      int fd,
                      const struct sockaddr* address,
                      socklen_t address_len) {
  struct portres__ask_question question;

  memset(&question, 0, sizeof question);
  question.call = PORTRES__ASK_BIND;
  question.address_len = portres__address_length(address, address_len);
  memcpy(&question.address, address, question.address_len);
  return ask_quietly(value, &question, fd);
}

int portres__ask_listen(const char* value, int fd, int backlog) {
  struct portres__ask_question question;

  memset(&question, 0, sizeof question);
  question.call = PORTRES__ASK_LISTEN;
  question.backlog = backlog;
  return ask_quietly(value, &question, fd);
}
