/* remnant_linux.c - asks sock_diag(7) for all TCP sockets of a range of ports.
 * One that a process has open has an inode; TIME_WAIT and orphans have none.
 * Sockets that are bound and nothing more are told since Linux 6.8; before,
 * they are missed beside a remnant, and bind() will find them. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "block.h"
#include "real_posix.h"
#include "remnant_posix.h"
#include "space.h"

/* TCP states are numbered from 1; 13 is "bound and inactive". */
enum { ALL_STATES = (1 << 14) - 1, ANSWER_LEN = 16384 };

/* What was found, a bit for each port; nobody else writes it (acquire lock). */
static struct portres__space opened;
static struct portres__space remnants;

/* Bytecode: the local port is >= the first one, and <= the last one, or the
 * socket is not reported. `yes` goes on behind the comparison and its operand,
 * `no` past the end of the program by 4, which rejects. */
struct question {
  struct nlmsghdr header;
  struct inet_diag_req_v2 request;
  struct nlattr bytecode;
  struct inet_diag_bc_op compare[4];
};

enum progress { MORE, COMPLETE, FAILED };

static struct inet_diag_bc_op compare(unsigned char code, size_t left) {
  struct inet_diag_bc_op op = {
      .code = code,
      .yes = 2 * sizeof(struct inet_diag_bc_op),
      .no = (unsigned short)(left + 4),
  };
  return op;
}

static bool ask(int netlink, int family, struct portres_range range) {
  struct question question;
  size_t op_len = sizeof question.compare[0];

  memset(&question, 0, sizeof question);
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.request.sdiag_family = (unsigned char)family;
  question.request.sdiag_protocol = IPPROTO_TCP;
  question.request.idiag_states = ALL_STATES;
  question.bytecode.nla_type = INET_DIAG_REQ_BYTECODE;
  question.bytecode.nla_len =
      (unsigned short)(sizeof question.bytecode + sizeof question.compare);
  question.compare[0] = compare(INET_DIAG_BC_S_GE, 4 * op_len);
  question.compare[1].no = range.start;
  question.compare[2] = compare(INET_DIAG_BC_S_LE, 2 * op_len);
  question.compare[3].no = portres__block_last(range);
  return portres__real()->send(netlink, &question, sizeof question, 0) ==
         (ssize_t)sizeof question;
}

static void note(const struct inet_diag_msg* message) {
  struct portres_range port = {ntohs(message->id.idiag_sport), 1};

  portres__space_claim(message->idiag_inode != 0 ? &opened : &remnants, port);
}

static enum progress read_answer(const char* answer, size_t answer_len) {
  const struct nlmsghdr* header = (const void*)answer;

  for (; NLMSG_OK(header, answer_len);
       header = NLMSG_NEXT(header, answer_len)) {
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) {
      return FAILED;
    }
    if (header->nlmsg_type == NLMSG_DONE) {
      return COMPLETE;
    }
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
      return FAILED;
    }
    note(NLMSG_DATA(header));
  }
  return MORE;
}

static enum progress receive(int netlink) {
  _Alignas(struct nlmsghdr) char answer[ANSWER_LEN];
  ssize_t answer_len;

  do {
    answer_len = recv(netlink, answer, sizeof answer, MSG_TRUNC);
  } while (answer_len < 0 && errno == EINTR);
  return answer_len > 0 && (size_t)answer_len <= sizeof answer
             ? read_answer(answer, (size_t)answer_len)
             : FAILED;
}

static bool survey_family(int netlink, int family, struct portres_range range) {
  enum progress progress = ask(netlink, family, range) ? MORE : FAILED;

  while (progress == MORE) {
    progress = receive(netlink);
  }
  return progress == COMPLETE;
}

/* What was not told completely was not told. */
void portres__remnant_survey(struct portres_range range) {
  int netlink = portres__real()->socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
                                        NETLINK_SOCK_DIAG);

  portres__space_clear(&opened);
  portres__space_clear(&remnants);
  if (netlink < 0) {
    return;
  }
  if (!survey_family(netlink, AF_INET, range) ||
      !survey_family(netlink, AF_INET6, range)) {
    portres__space_clear(&remnants);
  }
  portres__real()->close(netlink);
}

bool portres__remnant_is_alone(uint16_t port) {
  return portres__space_is_reserved(&remnants, port) &&
         !portres__space_is_reserved(&opened, port);
}
