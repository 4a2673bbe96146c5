/* remnant_linux.c - asks sock_diag(7) for all sockets of a port. One that a
 * process has open has an inode; TIME_WAIT and orphans have none. Sockets that
 * are bound and nothing more are told since Linux 6.8; before, they are missed
 * beside a remnant, and bind() will find them. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "real_posix.h"
#include "remnant_posix.h"

/* TCP states are numbered from 1; 13 is "bound and inactive". */
enum { ALL_STATES = (1 << 14) - 1, ANSWER_LEN = 16384 };

struct tally {
  unsigned open;
  unsigned remnants;
};

/* Bytecode: the local port is >= this one, and <= it, or the socket is not
 * reported. `yes` goes on behind the comparison and its operand, `no` past the
 * end of the program by 4, which rejects. */
struct question {
  struct nlmsghdr header;
  struct inet_diag_req_v2 request;
  struct nlattr bytecode;
  struct inet_diag_bc_op compare[4];
};

static struct inet_diag_bc_op compare(unsigned char code, size_t left) {
  struct inet_diag_bc_op op = {
      .code = code,
      .yes = 2 * sizeof(struct inet_diag_bc_op),
      .no = (unsigned short)(left + 4),
  };
  return op;
}

static bool ask(int netlink, int family, uint16_t port) {
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
  question.compare[1].no = port;
  question.compare[2] = compare(INET_DIAG_BC_S_LE, 2 * op_len);
  question.compare[3].no = port;
  return portres__real()->send(netlink, &question, sizeof question, 0) ==
         (ssize_t)sizeof question;
}

/* True when more answers follow; false at the end, or for an error. */
static bool count(const char* answer, size_t answer_len, struct tally* tally) {
  const struct nlmsghdr* header = (const void*)answer;

  for (; NLMSG_OK(header, answer_len);
       header = NLMSG_NEXT(header, answer_len)) {
    const struct inet_diag_msg* message = NLMSG_DATA(header);
    if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
      return false;
    }
    if (message->idiag_inode != 0) {
      tally->open++;
    } else {
      tally->remnants++;
    }
  }
  return true;
}

static void count_family(int netlink,
                         int family,
                         uint16_t port,
                         struct tally* tally) {
  _Alignas(struct nlmsghdr) char answer[ANSWER_LEN];
  ssize_t answer_len;

  if (!ask(netlink, family, port)) {
    return;
  }
  do {
    answer_len = recv(netlink, answer, sizeof answer, 0);
    if (answer_len < 0 && errno == EINTR) {
      continue;
    }
  } while (answer_len > 0 && count(answer, (size_t)answer_len, tally));
}

bool portres__remnant_is_alone(uint16_t port) {
  struct tally tally = {0, 0};
  int netlink = portres__real()->socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
                                        NETLINK_SOCK_DIAG);

  if (netlink < 0) {
    return false;
  }
  count_family(netlink, AF_INET, port, &tally);
  count_family(netlink, AF_INET6, port, &tally);
  portres__real()->close(netlink);
  return tally.open == 0 && tally.remnants > 0;
}
