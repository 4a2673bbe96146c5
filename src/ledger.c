#include "ledger.h"

#include <string.h>

#include "siphash.h"

enum { ORDER = 0x01020304 };

static const char magic[16] = "portres-ledger";

/* Against half-written records, not against anybody: no secret. */
static const uint8_t key[PORTRES__SIPHASH_KEY_SIZE] = "portres record ";

struct portres__ledger_head portres__ledger_head(void) {
  struct portres__ledger_head made = {
      .version = PORTRES__LEDGER_VERSION,
      .order = ORDER,
      .head_size = PORTRES__LEDGER_HEAD_SIZE,
      .record_size = sizeof(struct portres__ledger_record)};

  memcpy(made.magic, magic, sizeof magic);
  return made;
}

enum portres__ledger_kind portres__ledger_judge(
    const struct portres__ledger_head* head) {
  struct portres__ledger_head expected = portres__ledger_head();

  if (memcmp(head, &expected, sizeof expected) == 0) {
    return PORTRES__LEDGER_OURS;
  }
  return memcmp(head->magic, magic, sizeof magic) == 0 &&
                 head->version != PORTRES__LEDGER_VERSION
             ? PORTRES__LEDGER_OF_ANOTHER_VERSION
             : PORTRES__LEDGER_NONE;
}

static uint64_t check_of(const struct portres__ledger_record* record) {
  return portres__siphash(key, record,
                          offsetof(struct portres__ledger_record, check));
}

void portres__ledger_seal(struct portres__ledger_record* record) {
  record->check = check_of(record);
}

bool portres__ledger_is_record_of(const struct portres__ledger_record* record,
                                  enum portres_protocol protocol,
                                  uint16_t start) {
  return record->check == check_of(record) && record->start == start &&
         record->protocol == protocol && record->count != 0 &&
         record->label[PORTRES_LABEL_SIZE - 1] == '\0' &&
         record->program[PORTRES__LEDGER_PROGRAM_SIZE - 1] == '\0';
}
