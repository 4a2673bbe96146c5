/* answer.c - binds the sockets of the tree.
 *
 * A question that is not of the tree is not answered: its descriptors are
 * closed, and the asker sees the end of its line.
 */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWERS_AT_ONCE = 64 };

/* --- The line --- */

static bool draw_value(char out[PORTRES__ASK_VALUE_LEN + 1]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char random[PORTRES__ASK_VALUE_LEN];

  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
    return false;
  }
  for (size_t i = 0; i < sizeof random; i++) {
    out[i] = digits[random[i] % 16];
  }
  out[PORTRES__ASK_NAME_LEN] = ':';
  out[PORTRES__ASK_VALUE_LEN] = '\0';
  return true;
}

int answerer_open(struct answerer* out) {
  struct sockaddr_un address;
  socklen_t address_len;

  if (!draw_value(out->value)) {
    return errno;
  }
  out->line = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out->line < 0) {
    return errno;
  }
  address_len = portres__ask_address(out->value, &address);
  if (bind(out->line, (struct sockaddr*)&address, address_len) != 0) {
    int error = errno;
    close(out->line);
    return error;
  }
  return 0;
}

/* --- A question --- */

union rights {
  struct cmsghdr header;
  char space[CMSG_SPACE(PORTRES__ASK_DESCRIPTORS * sizeof(int))];
};

struct question {
  struct portres__ask_question text;
  ssize_t text_len;
  int fds[PORTRES__ASK_DESCRIPTORS];
  size_t fd_count;
};

static void take_descriptors(struct msghdr* message, struct question* out) {
  struct cmsghdr* header = CMSG_FIRSTHDR(message);

  out->fd_count = 0;
  if (header == NULL || header->cmsg_level != SOL_SOCKET ||
      header->cmsg_type != SCM_RIGHTS) {
    return;
  }
  out->fd_count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  memcpy(out->fds, CMSG_DATA(header), out->fd_count * sizeof(int));
}

/* False: none has come. */
static bool receive(int line, struct question* out) {
  union rights rights;
  struct iovec data = {&out->text, sizeof out->text};
  struct msghdr message = {.msg_iov = &data,
                           .msg_iovlen = 1,
                           .msg_control = &rights,
                           .msg_controllen = sizeof rights};

  out->text_len = recvmsg(line, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC);
  if (out->text_len < 0) {
    return false;
  }
  take_descriptors(&message, out);
  return true;
}

/* The secret of a stranger's guess must not be found digit by digit. */
static bool is_secret(const struct answerer* answerer, const char* guess) {
  const char* secret = answerer->value + PORTRES__ASK_NAME_LEN + 1;
  unsigned difference = 0;

  for (size_t i = 0; i < PORTRES__ASK_SECRET_LEN; i++) {
    difference |= (unsigned char)secret[i] ^ (unsigned char)guess[i];
  }
  return difference == 0;
}

static bool is_of_tree(const struct answerer* answerer,
                       const struct question* question) {
  return question->text_len == (ssize_t)sizeof question->text &&
         question->fd_count == PORTRES__ASK_DESCRIPTORS &&
         question->text.format == PORTRES__ASK_FORMAT &&
         question->text.address_len <= sizeof question->text.address &&
         is_secret(answerer, question->text.secret);
}

static int perform(struct tree* tree, const struct question* question) {
  switch (question->text.call) {
    case PORTRES__ASK_BIND:
      return tree_bind(tree, question->fds[0], &question->text.address.any,
                       question->text.address_len);
    case PORTRES__ASK_LISTEN:
      return tree_listen(tree, question->fds[0], question->text.backlog);
    default:
      return EINVAL;
  }
}

/* Our copy of the socket is closed first: when the asker knows, the socket is
 * its own alone. */
static void answer(struct tree* tree, struct question* question) {
  struct portres__ask_answer answer = {.format = PORTRES__ASK_FORMAT};

  answer.error = perform(tree, question);
  close(question->fds[0]);
  question->fds[0] = -1;
  (void)!send(question->fds[1], &answer, sizeof answer,
              MSG_NOSIGNAL | MSG_DONTWAIT);
}

void answerer_serve(const struct answerer* answerer, struct tree* tree) {
  struct question question;

  for (int i = 0; i < ANSWERS_AT_ONCE && receive(answerer->line, &question);
       i++) {
    if (is_of_tree(answerer, &question)) {
      answer(tree, &question);
    }
    for (size_t k = 0; k < question.fd_count; k++) {
      if (question.fds[k] >= 0) {
        close(question.fds[k]);
      }
    }
  }
}
