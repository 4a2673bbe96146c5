/* describe and list: every field, the order, the callback's powers. Windows
 * shows runtime reservations to nobody; this is ours alone.
 */
#include <string.h>
#include <unistd.h>

#include "contract.h"

#define SEEN_MAX 8

struct listing {
  struct portres_info seen[SEEN_MAX];
  int count;
  int stop_at; /* 0: never */
};

static int collect(const struct portres_info* info, void* arg) {
  struct listing* listing = arg;
  if (listing->count < SEEN_MAX) {
    listing->seen[listing->count] = *info;
  }
  listing->count++;
  return listing->count == listing->stop_at ? 42 : 0;
}

static void expect_info(const struct portres_info* info,
                        const struct contract_block* block) {
  assert_int_equal(info->size, sizeof *info);
  assert_true(info->token == block->token);
  assert_int_equal(info->range.start, block->start);
  assert_int_equal(info->range.count, block->count);
  assert_int_equal(info->protocol, block->protocol);
  assert_int_equal(info->kind, PORTRES_RUNTIME);
  assert_int_equal(info->scope, contract_default_scope());
  assert_int_equal(info->pid, getpid());
  assert_int_equal(info->used + info->free + info->cooling, block->count);
  assert_string_equal(info->label, "");
}

static void check_describe(int protocol) {
  struct contract_block block = contract_block(protocol, 5);
  struct portres_info info;
  memset(&info, 0xff, sizeof info);
  info.size = sizeof info;
  int member = contract_bound_member(&block, NET_V6);
  assert_int_equal(contract_describe(block.token, &info), 0);
  expect_info(&info, &block);
  assert_int_equal(info.used, 1);
  assert_int_equal(info.free, 4);
  assert_int_equal(info.cooling, 0);
  net_close(member);
  contract_end(&block);
}

static void check_list_of_none(void) {
  struct listing listing = {.count = 0};
  assert_int_equal(portres_list(collect, &listing), 0);
  assert_int_equal(listing.count, 0);
}

/* Acquired in another order than the listing's: TCP before UDP, then by
 * start. */
static void check_order(void) {
  uint16_t start = net_free_block(16);
  struct contract_block blocks[4] = {
      contract_block_at(IPPROTO_UDP, (uint16_t)(start + 8), 4),
      contract_block_at(IPPROTO_TCP, (uint16_t)(start + 4), 4),
      contract_block_at(IPPROTO_UDP, start, 2),
      contract_block_at(IPPROTO_TCP, start, 4),
  };
  static const int sorted[4] = {3, 1, 2, 0};
  struct listing listing = {.count = 0};
  assert_int_equal(portres_list(collect, &listing), 0);
  assert_int_equal(listing.count, 4);
  for (int i = 0; i < 4; i++) {
    expect_info(&listing.seen[i], &blocks[sorted[i]]);
  }
  contract_end(&blocks[2]);
  listing.count = 0;
  assert_int_equal(portres_list(collect, &listing), 0);
  assert_int_equal(listing.count, 3);
  for (int i = 0; i < 4; i++) {
    if (i != 2) {
      contract_end(&blocks[i]);
    }
  }
}

static void check_early_end(void) {
  struct contract_block a = contract_block(IPPROTO_TCP, 1);
  struct contract_block b = contract_block(IPPROTO_TCP, 1);
  struct contract_block c = contract_block(IPPROTO_UDP, 1);
  for (int stop_at = 1; stop_at <= 3; stop_at++) {
    struct listing listing = {.stop_at = stop_at};
    assert_int_equal(portres_list(collect, &listing), 42);
    assert_int_equal(listing.count, stop_at);
  }
  contract_end(&a);
  contract_end(&b);
  contract_end(&c);
}

/* A callback that releases what it sees and reserves more: the list is the
 * one of the beginning, and nothing deadlocks. */
struct meddler {
  int holders[2];
  int calls;
  int failures;
};

static void meddle(struct meddler* meddler, int holder, portres_token token) {
  struct portres_reservation more;
  struct portres_range anywhere = {0, 1};
  struct portres_info info = {.size = sizeof info};
  int seen = 0;
  meddler->failures += portres_describe(token, &info) != 0;
  meddler->failures += portres_acquire(holder, anywhere, &more) != 0;
  meddler->failures += portres_release(holder, token) != 0;
  meddler->failures += portres_describe(token, &info) != PORTRES_EINVAL;
  seen = contract_count_reservations();
  meddler->failures += seen != 3;
}

static int meddle_once(const struct portres_info* info, void* arg) {
  struct meddler* meddler = arg;
  int holder = meddler->holders[info->protocol == PORTRES_UDP];
  meddler->calls++;
  meddle(meddler, holder, info->token);
  return 0;
}

static void check_callback_calls_back(void) {
  struct contract_block a = contract_block(IPPROTO_TCP, 2);
  struct contract_block b = contract_block(IPPROTO_UDP, 2);
  struct contract_block c = contract_block(IPPROTO_UDP, 2);
  struct meddler meddler = {.holders = {a.holder, b.holder}};
  assert_int_equal(portres_list(meddle_once, &meddler), 0);
  assert_int_equal(meddler.calls, 3);
  assert_int_equal(meddler.failures, 0);
  assert_int_equal(contract_count_reservations(), 3);
  contract_end(&a);
  contract_end(&b);
  contract_end(&c);
}

/* Statuses and the version */

struct status_row {
  const char* name;
  int status;
  const char* error_name;
};

#define STATUS(n) \
  { "given " #n ", then its name is told", PORTRES_##n, #n }

static const struct status_row status_rows[] = {
    STATUS(OK),
    STATUS(EABORTED),
    STATUS(EINCOMPLETE),
    STATUS(EPENDING),
    STATUS(ENOTFOUND),
    STATUS(EINTR),
    STATUS(EACCES),
    STATUS(EFAULT),
    STATUS(EINVAL),
    STATUS(EINPROGRESS),
    STATUS(ENOTSOCK),
    STATUS(EOPNOTSUPP),
    STATUS(EADDRINUSE),
    STATUS(ENETDOWN),
    STATUS(ENOBUFS),
    {"given a positive number, then UNKNOWN", 10013, "UNKNOWN"},
    {"given -1, then UNKNOWN", -1, "UNKNOWN"},
    {"given the smallest int, then UNKNOWN", INT32_MIN, "UNKNOWN"},
};

static void check_status(const void* data) {
  const struct status_row* row = data;
  const char* text = portres_strerror(row->status);
  assert_string_equal(portres_error_name(row->status), row->error_name);
  assert_non_null(text);
  assert_true(strlen(text) > 5);
  assert_int_equal(text[strlen(text) - 1], '.');
}

static void check_version(void) {
  assert_string_equal(portres_version(), PORTRES_VERSION);
}

static const struct contract_row rows[] = {
    CONTRACT_BOTH("given a reservation, then describe tells every field",
                  check_describe),
};

int main(void) {
  TABLE_ADD(rows, contract_check);
  table_add_one("given no reservation, then list calls nobody",
                check_list_of_none);
  table_add_one("given reservations, then list goes by protocol and start",
                check_order);
  table_add_one("given a callback that ends the list, then its value returns",
                check_early_end);
  table_add_one(
      "given a callback that uses the library, then the list is that "
      "of the beginning",
      check_callback_calls_back);
  TABLE_ADD(status_rows, check_status);
  table_add_one("given the library, then its version is the header's",
                check_version);
  return contract_run("inspect");
}
