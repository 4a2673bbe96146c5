#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "token.h"

static const char format_line[] = "portres-store 1";

/* Each line is hashed with the hash of those before it as the key. */
static uint64_t add_to_checksum(uint64_t checksum,
                                const char* line,
                                size_t line_len) {
  uint8_t key[PORTRES__SIPHASH_KEY_SIZE] = {0};

  portres__siphash_put_number(checksum, key);
  return portres__siphash(key, line, line_len);
}

static const char* name_of(enum portres_protocol protocol) {
  return protocol == PORTRES_TCP ? "tcp" : "udp";
}

/* --- Words of a line: each takes what it knows and goes on behind it --- */

static bool take_text(const char** at_io, const char* text) {
  size_t text_len = strlen(text);

  if (strncmp(*at_io, text, text_len) != 0) {
    return false;
  }
  *at_io += text_len;
  return true;
}

static bool take_number(const char** at_io, uint64_t most, uint64_t* out) {
  const char* at = *at_io;
  uint64_t value = 0;

  for (; *at >= '0' && *at <= '9'; at++) {
    uint64_t digit = (uint64_t)(*at - '0');
    if (value > (most - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
  }
  if (at == *at_io) {
    return false;
  }
  *at_io = at;
  *out = value;
  return true;
}

static int digit_of(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_bytes(const char** at_io, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int high = digit_of((*at_io)[0]);
    int low = high < 0 ? -1 : digit_of((*at_io)[1]);
    if (low < 0) {
      return false;
    }
    out[i] = (uint8_t)(high << 4 | low);
    *at_io += 2;
  }
  return true;
}

static bool take_time(const char** at_io, char out[PORTRES__STORE_TIME_SIZE]) {
  size_t time_len = strspn(*at_io, "0123456789-:TZ");

  if (time_len == 0 || time_len >= PORTRES__STORE_TIME_SIZE) {
    return false;
  }
  memcpy(out, *at_io, time_len);
  out[time_len] = '\0';
  *at_io += time_len;
  return true;
}

/* --- Lines --- */

static bool parse_format(const char* line) {
  return strcmp(line, format_line) == 0;
}

static bool parse_generation(const char* line,
                             struct portres__store_head* head) {
  return take_text(&line, "generation ") &&
         take_number(&line, UINT64_MAX, &head->generation) && *line == '\0';
}

static bool parse_salt(const char* line, struct portres__store_head* head) {
  return take_text(&line, "salt ") &&
         take_bytes(&line, head->salt, sizeof head->salt) && *line == '\0';
}

static bool parse_record(const char* line, struct portres__store_record* out) {
  uint64_t start = 0;
  uint64_t count = 0;

  if (take_text(&line, "tcp ")) {
    out->protocol = PORTRES_TCP;
  } else if (take_text(&line, "udp ")) {
    out->protocol = PORTRES_UDP;
  } else {
    return false;
  }
  if (!take_number(&line, PORTRES__PORT_MAX, &start) ||
      !take_text(&line, " ") ||
      !take_number(&line, PORTRES__PORT_MAX, &count) ||
      !take_text(&line, " ") || !take_number(&line, UINT64_MAX, &out->serial) ||
      !take_text(&line, " ") || !take_time(&line, out->created) ||
      *line != '\0') {
    return false;
  }
  out->range.start = (uint16_t)start;
  out->range.count = (uint16_t)count;
  return start != 0 && portres__block_fits(out->range);
}

static bool parse_end(const char* line,
                      uint32_t record_count,
                      uint64_t checksum) {
  uint8_t expected[8];
  uint8_t found[8];
  const char* at = line;
  uint64_t count;

  if (!take_text(&at, "end ") || !take_number(&at, UINT32_MAX, &count)) {
    return false;
  }
  checksum = add_to_checksum(checksum, line, (size_t)(at - line));
  portres__siphash_put_number(checksum, expected);
  return count == record_count && take_text(&at, " ") &&
         take_bytes(&at, found, sizeof found) && *at == '\0' &&
         memcmp(found, expected, sizeof found) == 0;
}

static bool comes_before(const struct portres__store_record* a,
                         const struct portres__store_record* b) {
  return a->protocol != b->protocol
             ? a->protocol < b->protocol
             : portres__block_last(a->range) < b->range.start;
}

/* --- Reading --- */

void portres__store_reader_start(struct portres__store_reader* reader,
                                 portres__store_visit visit,
                                 void* arg) {
  memset(reader, 0, sizeof *reader);
  reader->visit = visit;
  reader->arg = arg;
}

static int read_record(struct portres__store_reader* reader) {
  struct portres__store_record record;

  if (!parse_record(reader->line, &record) ||
      (reader->record_count != 0 && !comes_before(&reader->last, &record))) {
    return PORTRES_ECORRUPT;
  }
  reader->last = record;
  reader->record_count++;
  if (reader->visit != NULL &&
      !reader->visit(&reader->head, &record, reader->arg)) {
    return PORTRES_ENOBUFS;
  }
  return PORTRES_OK;
}

static int read_line(struct portres__store_reader* reader) {
  const char* line = reader->line;
  bool is_good;

  switch (reader->lines++) {
    case 0:
      is_good = parse_format(line);
      break;
    case 1:
      is_good = parse_generation(line, &reader->head);
      break;
    case 2:
      is_good = parse_salt(line, &reader->head);
      break;
    default:
      if (strncmp(line, "end ", 4) != 0) {
        return read_record(reader);
      }
      is_good = parse_end(line, reader->record_count, reader->checksum);
      reader->is_ended = is_good;
  }
  return is_good ? PORTRES_OK : PORTRES_ECORRUPT;
}

static int take_char(struct portres__store_reader* reader, char c) {
  int status;

  if (reader->is_ended || c == '\0' ||
      reader->line_len == sizeof reader->line - 1) {
    return PORTRES_ECORRUPT;
  }
  if (c != '\n') {
    reader->line[reader->line_len++] = c;
    return PORTRES_OK;
  }
  reader->line[reader->line_len] = '\0';
  status = read_line(reader);
  reader->checksum =
      add_to_checksum(reader->checksum, reader->line, reader->line_len);
  reader->line_len = 0;
  return status;
}

bool portres__store_reader_feed(struct portres__store_reader* reader,
                                const char* text,
                                size_t text_len) {
  for (size_t i = 0; i < text_len && reader->status == PORTRES_OK; i++) {
    reader->status = take_char(reader, text[i]);
  }
  return reader->status == PORTRES_OK;
}

int portres__store_reader_end(const struct portres__store_reader* reader) {
  if (reader->status != PORTRES_OK) {
    return reader->status;
  }
  return reader->is_ended ? PORTRES_OK : PORTRES_ECORRUPT;
}

/* --- All of it --- */

void portres__store_free(struct portres__store* store) {
  free(store->records);
  memset(store, 0, sizeof *store);
}

static bool has_room(struct portres__store* store) {
  size_t capacity = store->capacity == 0 ? 16 : store->capacity * 2;
  struct portres__store_record* records;

  if (store->count < store->capacity) {
    return true;
  }
  records = realloc(store->records, capacity * sizeof *records);
  if (records == NULL) {
    return false;
  }
  store->records = records;
  store->capacity = capacity;
  return true;
}

bool portres__store_collect(const struct portres__store_head* head,
                            const struct portres__store_record* record,
                            void* arg) {
  struct portres__store* store = arg;

  (void)head;
  if (!has_room(store)) {
    return false;
  }
  store->records[store->count++] = *record;
  return true;
}

struct portres__store_record* portres__store_find(
    const struct portres__store* store,
    enum portres_protocol protocol,
    struct portres_range range) {
  for (size_t i = 0; i < store->count; i++) {
    struct portres__store_record* record = &store->records[i];
    if (record->protocol == protocol && record->range.start == range.start &&
        record->range.count == range.count) {
      return record;
    }
  }
  return NULL;
}

bool portres__store_overlaps(const struct portres__store* store,
                             enum portres_protocol protocol,
                             struct portres_range range) {
  for (size_t i = 0; i < store->count; i++) {
    if (store->records[i].protocol == protocol &&
        portres__block_meet(store->records[i].range, range).count != 0) {
      return true;
    }
  }
  return false;
}

bool portres__store_insert(struct portres__store* store,
                           const struct portres__store_record* record) {
  size_t at = 0;

  if (!has_room(store)) {
    return false;
  }
  while (at < store->count && comes_before(&store->records[at], record)) {
    at++;
  }
  memmove(&store->records[at + 1], &store->records[at],
          (store->count - at) * sizeof *store->records);
  store->records[at] = *record;
  store->count++;
  return true;
}

void portres__store_remove(struct portres__store* store,
                           struct portres__store_record* record) {
  size_t after = (size_t)(store->records + store->count - (record + 1));

  memmove(record, record + 1, after * sizeof *record);
  store->count--;
}

struct printer {
  char* text;
  size_t text_len;
  uint64_t checksum;
};

static void end_line(struct printer* printer, size_t line_len) {
  char* line = printer->text + printer->text_len;

  printer->checksum = add_to_checksum(printer->checksum, line, line_len);
  line[line_len] = '\n';
  printer->text_len += line_len + 1;
}

static void print_bytes(char* text, const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    snprintf(text + 2 * i, 3, "%02x", bytes[i]);
  }
}

static void print_head(struct printer* printer,
                       const struct portres__store_head* head) {
  char* line = printer->text;
  size_t line_len;

  memcpy(line, format_line, sizeof format_line);
  end_line(printer, sizeof format_line - 1);
  line = printer->text + printer->text_len;
  end_line(printer,
           (size_t)snprintf(line, PORTRES__STORE_LINE_SIZE, "generation %llu",
                            (unsigned long long)head->generation));
  line = printer->text + printer->text_len;
  line_len = (size_t)snprintf(line, PORTRES__STORE_LINE_SIZE, "salt ");
  print_bytes(line + line_len, head->salt, sizeof head->salt);
  end_line(printer, line_len + 2 * sizeof head->salt);
}

static void print_record(struct printer* printer,
                         const struct portres__store_record* record) {
  char* line = printer->text + printer->text_len;

  end_line(printer, (size_t)snprintf(
                        line, PORTRES__STORE_LINE_SIZE, "%s %u %u %llu %s",
                        name_of(record->protocol), record->range.start,
                        record->range.count, (unsigned long long)record->serial,
                        record->created));
}

static void print_end(struct printer* printer, size_t count) {
  char* line = printer->text + printer->text_len;
  size_t line_len =
      (size_t)snprintf(line, PORTRES__STORE_LINE_SIZE, "end %zu", count);
  uint8_t bytes[8];

  portres__siphash_put_number(
      add_to_checksum(printer->checksum, line, line_len), bytes);
  line[line_len] = ' ';
  print_bytes(line + line_len + 1, bytes, sizeof bytes);
  end_line(printer, line_len + 1 + 2 * sizeof bytes);
}

char* portres__store_print(const struct portres__store* store,
                           size_t* text_len_out) {
  struct printer printer = {calloc(store->count + 4, PORTRES__STORE_LINE_SIZE),
                            0, 0};

  if (printer.text == NULL) {
    return NULL;
  }
  print_head(&printer, &store->head);
  for (size_t i = 0; i < store->count; i++) {
    print_record(&printer, &store->records[i]);
  }
  print_end(&printer, store->count);
  *text_len_out = printer.text_len;
  return printer.text;
}

/* --- Tokens --- */

portres_token portres__store_token(const struct portres__store_head* head,
                                   const struct portres__store_record* record,
                                   const uint8_t boot[PORTRES__BOOT_SIZE]) {
  uint8_t input[PORTRES__BOOT_SIZE + 3 * 8];
  uint64_t ports = (uint64_t)record->protocol << 32 |
                   (uint64_t)record->range.start << 16 | record->range.count;
  portres_token token = 0;

  memcpy(input, boot, PORTRES__BOOT_SIZE);
  portres__siphash_put_number(ports, input + PORTRES__BOOT_SIZE);
  portres__siphash_put_number(record->serial, input + PORTRES__BOOT_SIZE + 8);
  for (uint64_t i = 0; token == 0; i++) {
    portres__siphash_put_number(i, input + PORTRES__BOOT_SIZE + 16);
    token =
        portres__siphash(head->salt, input, sizeof input) & PORTRES__TOKEN_MAX;
  }
  return token;
}
