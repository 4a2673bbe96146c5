/* A port of a block against a program that does nothing but bind it, on another
 * processor: attempts, gains, and ports lost are printed, and but for one case
 * that COMPAT names there are none.
 *
 *   guard_swap none|chown|raw ADVERSARY [SWAPS [ATTEMPTS]]
 *
 * There are as many swaps, and more until each adversary has made so many
 * attempts. The first argument says which of the rights that help the launcher
 * left us.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "guard_support.h"

struct row {
  const char* name;
  enum net_family family;
  const char* host; /* of the adversary */
  const char* flags;
  int uid;
  bool is_open; /* he gets in where we have no rights: COMPAT */
};

#define BOTH_FAMILIES(name, flags, uid, is_open)                           \
  {"given IPv4 and " name, NET_V4, "any4", flags, uid, is_open}, {         \
    "given both families and " name, NET_DUAL, "any6", flags, uid, is_open \
  }

static const struct row rows[] = {
    BOTH_FAMILIES("a plain adversary, when sockets come and go, then no port "
                  "is lost",
                  "plain",
                  GUARD_OWN_UID,
                  false),
    BOTH_FAMILIES("one with SO_REUSEADDR, when sockets come and go, then no "
                  "port is lost",
                  "addr",
                  GUARD_OWN_UID,
                  false),
    BOTH_FAMILIES("one with SO_REUSEPORT, when sockets come and go, then no "
                  "port is lost, or he is the same user and we have no rights",
                  "port",
                  GUARD_OWN_UID,
                  true),
    BOTH_FAMILIES("one with both, when sockets come and go, then no port is "
                  "lost, or he is the same user and we have no rights",
                  "both",
                  GUARD_OWN_UID,
                  true),
    BOTH_FAMILIES("another user with both, when sockets come and go, then no "
                  "port is lost",
                  "both",
                  GUARD_OTHER_UID,
                  false),
};

enum { ASK_EVERY = 64 };

static bool has_rights;
static long swaps_wanted = 2000;
static long attempts_wanted = 1;

/* Whether it had the port, and could listen. */
static bool come_and_go(const struct contract_block* block,
                        const struct row* row,
                        long i) {
  const int s = contract_member(block, row->family);
  assert_int_equal(fcntl(s, F_SETFD, FD_CLOEXEC), 0);
  const bool is_bound =
      net_bind_any(s, i % 3 == 0 ? block->start : 0) == 0 &&
      net_port(s) == block->start &&
      (block->protocol != IPPROTO_TCP || i % 2 != 0 || net_listen(s) == 0);
  net_close(s);
  return is_bound;
}

static void check_against(const struct row* row, int protocol) {
  struct contract_block block = guard_block(protocol, 1);
  struct guard_spinner spinner = guard_spin_for(
      protocol, row->host, row->flags, block.start, row->uid, attempts_wanted);
  long lost = 0;
  long swaps = 0;
  while (swaps < swaps_wanted ||
         (swaps % ASK_EVERY == 0 && !guard_has_enough(&spinner)) ||
         swaps % ASK_EVERY != 0) {
    lost += !come_and_go(&block, row, swaps++);
  }
  guard_stop(&spinner);
  print_message(
      "# %s %s: %ld swaps, %ld attempts of %s/%s%s: %ld gains, %ld "
      "lost\n",
      protocol == IPPROTO_TCP ? "tcp" : "udp",
      has_rights ? "with rights" : "no rights", swaps, spinner.attempts,
      row->host, row->flags,
      row->uid == GUARD_OWN_UID ? "" : " of another user", spinner.gains, lost);
  contract_end(&block);
  assert_true(spinner.attempts >= attempts_wanted);
  if (!row->is_open || has_rights) {
    assert_int_equal(spinner.gains, 0);
    assert_int_equal(lost, 0);
  }
}

static void check_row(const void* data) {
  const struct row* row = data;
  if (row->uid != GUARD_OWN_UID) {
    guard_need_other_uid();
  }
  check_against(row, IPPROTO_TCP);
  check_against(row, IPPROTO_UDP);
}

int main(int argc, char** argv) {
  if (argc < 3) {
    return 2;
  }
  has_rights = strcmp(argv[1], "none") != 0;
  guard_adversary = argv[2];
  if (argc > 3) {
    swaps_wanted = strtol(argv[3], NULL, 10);
  }
  if (argc > 4) {
    attempts_wanted = strtol(argv[4], NULL, 10);
  }
  TABLE_ADD(rows, check_row);
  return contract_run("guard_swap");
}
