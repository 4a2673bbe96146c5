#include "support.h"

static int ignore_one(const struct portres_info* info, void* count) {
  (void)info;
  ++*(int*)count;
  return 0;
}

/* A listing has the library forget what the new Windows does not know. */
void support_begin(void) {
  int count = 0;
  fake_reset();
  assert_int_equal(portres_list(ignore_one, &count), 0);
  assert_int_equal(count, 0);
  fake_reset();
}

void support_end(void) {
  assert_int_equal(fake.misuses, 0);
  assert_int_equal(fake.open_libraries, 0);
}

SOCKET support_socket(int protocol) {
  return fake_open(protocol == TCP ? SOCK_STREAM : SOCK_DGRAM, protocol);
}

struct portres_range support_range(unsigned start, unsigned count) {
  struct portres_range range = {(uint16_t)start, (uint16_t)count};
  return range;
}

struct portres_reservation support_acquire(SOCKET s,
                                           unsigned start,
                                           unsigned count) {
  struct portres_reservation out;
  assert_int_equal(portres_acquire(s, support_range(start, count), &out), 0);
  return out;
}

int support_count(int status) {
  int count = 0;
  assert_int_equal(portres_list(ignore_one, &count), status);
  return count;
}

void support_check(const void* data) {
  const struct support_row* row = data;
  support_begin();
  row->check();
  support_end();
}
