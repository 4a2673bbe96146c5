/* sockets_linux.c - sock_diag(7), which needs no rights. Of sockets of TCP that
 * are bound and nothing more it tells since Linux 6.8. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "block.h"
#include "guardsocket_posix.h"
#include "sockets.h"

enum { ALL_STATES = (1 << 14) - 1, ANSWER_SIZE = 32768 };

/* One that is bound and nothing more is told as closed. */
static const char* const tcp_states[] = {
    "UNKNOWN",   "ESTABLISHED", "SYN_SENT", "SYN_RECV",   "FIN_WAIT1",
    "FIN_WAIT2", "TIME_WAIT",   "BOUND",    "CLOSE_WAIT", "LAST_ACK",
    "LISTEN",    "CLOSING",     "SYN_RECV", "BOUND"};

struct survey {
  int netlink;
  enum portres_protocol protocol;
  struct portres_range range;
  sockets_visit visit;
  void* arg;
};

/* Bytecode: the local port is >= the first one, and <= the last one, or the
 * socket is not reported. `yes` goes on behind the comparison and its operand,
 * `no` past the end of the program by 4, which rejects. */
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

/* Returns: 0 or an errno value. */
static int ask(const struct survey* survey, int family) {
  struct question question;
  size_t op_len = sizeof question.compare[0];

  memset(&question, 0, sizeof question);
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  question.request.sdiag_family = (unsigned char)family;
  question.request.sdiag_protocol = (unsigned char)survey->protocol;
  question.request.idiag_states = ALL_STATES;
  question.request.idiag_ext = 1 << (INET_DIAG_TOS - 1);
  question.bytecode.nla_type = INET_DIAG_REQ_BYTECODE;
  question.bytecode.nla_len =
      (unsigned short)(sizeof question.bytecode + sizeof question.compare);
  question.compare[0] = compare(INET_DIAG_BC_S_GE, 4 * op_len);
  question.compare[1].no = survey->range.start;
  question.compare[2] = compare(INET_DIAG_BC_S_LE, 2 * op_len);
  question.compare[3].no = portres__block_last(survey->range);
  return send(survey->netlink, &question, sizeof question, 0) ==
                 (ssize_t)sizeof question
             ? 0
             : errno;
}

static const char* name_state(enum portres_protocol protocol, unsigned state) {
  if (protocol == PORTRES_UDP) {
    return state == 1 ? "CONNECTED" : "BOUND";
  }
  return tcp_states[state < sizeof tcp_states / sizeof tcp_states[0] ? state
                                                                     : 0];
}

static void print_peer(const struct inet_diag_msg* message,
                       struct sockets_entry* out) {
  char address[INET6_ADDRSTRLEN];
  uint16_t port = ntohs(message->id.idiag_dport);

  out->peer[0] = '\0';
  if (port != 0 && inet_ntop(message->idiag_family, message->id.idiag_dst,
                             address, sizeof address) != NULL) {
    snprintf(out->peer, sizeof out->peer,
             message->idiag_family == AF_INET6 ? "[%s]:%u" : "%s:%u", address,
             port);
  }
}

static bool has_service_of_guard(const struct nlmsghdr* header) {
  const struct inet_diag_msg* message = NLMSG_DATA(header);
  const struct rtattr* attribute = (const void*)(message + 1);
  size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof *message);

  for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type == INET_DIAG_TOS) {
      const uint8_t* service = RTA_DATA(attribute);
      return *service == PORTRES__GUARDSOCKET_SERVICE;
    }
  }
  return false;
}

static void report(const struct survey* survey, const struct nlmsghdr* header) {
  const struct inet_diag_msg* message = NLMSG_DATA(header);
  struct sockets_entry entry = {
      .protocol = survey->protocol,
      .port = ntohs(message->id.idiag_sport),
      .state = name_state(survey->protocol, message->idiag_state),
      .inode = message->idiag_inode,
      .uid = message->idiag_uid};

  if (inet_ntop(message->idiag_family, message->id.idiag_src, entry.address,
                sizeof entry.address) == NULL) {
    strcpy(entry.address, "?");
  }
  print_peer(message, &entry);
  entry.is_guard =
      strcmp(entry.state, "BOUND") == 0 && has_service_of_guard(header);
  survey->visit(&entry, survey->arg);
}

enum progress { MORE = -1 }; /* else it is over: 0 or an errno value */

static int read_answer(const struct survey* survey,
                       const char* answer,
                       size_t answer_len) {
  const struct nlmsghdr* header = (const void*)answer;

  for (; NLMSG_OK(header, answer_len);
       header = NLMSG_NEXT(header, answer_len)) {
    if (header->nlmsg_type == NLMSG_DONE) {
      return 0;
    }
    if (header->nlmsg_type == NLMSG_ERROR) {
      const struct nlmsgerr* error = NLMSG_DATA(header);
      return error->error != 0 ? -error->error : EIO;
    }
    if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
      report(survey, header);
    }
  }
  return MORE;
}

static int receive(const struct survey* survey) {
  _Alignas(struct nlmsghdr) char answer[ANSWER_SIZE];
  ssize_t answer_len;

  do {
    answer_len = recv(survey->netlink, answer, sizeof answer, MSG_TRUNC);
  } while (answer_len < 0 && errno == EINTR);
  if (answer_len < 0) {
    return errno;
  }
  return (size_t)answer_len <= sizeof answer
             ? read_answer(survey, answer, (size_t)answer_len)
             : EMSGSIZE;
}

static int survey_family(const struct survey* survey, int family) {
  int progress = ask(survey, family);

  if (progress != 0) {
    return progress;
  }
  do {
    progress = receive(survey);
  } while (progress == MORE);
  return progress;
}

int sockets_each(enum portres_protocol protocol,
                 struct portres_range range,
                 sockets_visit visit,
                 void* arg) {
  struct survey survey = {
      .protocol = protocol, .range = range, .visit = visit, .arg = arg};
  int error;

  survey.netlink =
      socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (survey.netlink < 0) {
    return errno;
  }
  error = survey_family(&survey, AF_INET);
  if (error == 0) {
    error = survey_family(&survey, AF_INET6);
  }
  close(survey.netlink);
  return error;
}
