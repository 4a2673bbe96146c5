/* testing_text.c - the controls as text: PORTRES_TESTING.
 *
 * The value is gone through twice, first without doing anything, so that a
 * malformed one does nothing at all.
 */
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "countdown.h"
#include "testing.h"

enum { WORD_SIZE = 64, FIELD_COUNT = 4 };

/* The value of an item, in its parts between the colons. */
struct fields {
  int count;
  const char* at[FIELD_COUNT];
};

/* --- Words --- */

static bool is_separator(char c) {
  return c == ';' || c == ' ' || c == '\t' || c == '\n';
}

/* Decimal digits, and nothing else, up to `max`. */
static bool read_number(const char* text, uint64_t max, uint64_t* out) {
  uint64_t value = 0;

  if (*text == '\0') {
    return false;
  }
  for (; *text != '\0'; text++) {
    uint64_t digit = (uint64_t)(*text - '0');
    if (*text < '0' || *text > '9' || digit > max ||
        value > (max - digit) / 10) {
      return false;
    }
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

static bool read_port(const char* text, uint16_t* out) {
  uint64_t value;

  if (!read_number(text, PORTRES__PORT_MAX, &value)) {
    return false;
  }
  *out = (uint16_t)value;
  return true;
}

/* The place of a word among others; -1: it is none of them. */
static int find_word(const char* word, const char* const words[], int count) {
  for (int i = 0; i < count; i++) {
    if (strcmp(word, words[i]) == 0) {
      return i;
    }
  }
  return -1;
}

/* The calls begin at 1. */
static bool read_call(const char* text, enum portres_testing_call* out) {
  static const char* const names[] = {
      "acquire", "associate", "release", "bind",   "connect",
      "listen",  "send",      "create",  "delete", "lookup"};
  int index = find_word(text, names, sizeof names / sizeof names[0]);

  *out = (enum portres_testing_call)(index + 1);
  return index >= 0;
}

static bool read_protocol(const char* text, enum portres_protocol* out) {
  static const char* const names[] = {"tcp", "udp"};
  int index = find_word(text, names, 2);

  *out = index == 0 ? PORTRES_TCP : PORTRES_UDP;
  return index >= 0;
}

/* Winsock has names of its own for those that are no errors of sockets. */
static const struct {
  const char* name;
  int status;
} winsock_names[] = {
    {"WSA_OPERATION_ABORTED", PORTRES_EABORTED},
    {"WSA_IO_INCOMPLETE", PORTRES_EINCOMPLETE},
    {"WSA_IO_PENDING", PORTRES_EPENDING},
    {"ERROR_NOT_FOUND", PORTRES_ENOTFOUND},
};

static const int statuses[] = {
    PORTRES_OK,          PORTRES_EABORTED,  PORTRES_EINCOMPLETE,
    PORTRES_EPENDING,    PORTRES_ENOTFOUND, PORTRES_EINTR,
    PORTRES_EACCES,      PORTRES_EFAULT,    PORTRES_EINVAL,
    PORTRES_EINPROGRESS, PORTRES_ENOTSOCK,  PORTRES_EOPNOTSUPP,
    PORTRES_EADDRINUSE,  PORTRES_ENETDOWN,  PORTRES_ENOBUFS};

static bool read_status_name(const char* text, int* out) {
  const char* name = strncmp(text, "WSAE", 4) == 0 ? text + 3 : text;

  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
    if (strcmp(name, portres_error_name(statuses[i])) == 0) {
      *out = statuses[i];
      return true;
    }
  }
  for (size_t i = 0; i < sizeof winsock_names / sizeof winsock_names[0]; i++) {
    if (strcmp(text, winsock_names[i].name) == 0) {
      *out = winsock_names[i].status;
      return true;
    }
  }
  return false;
}

static bool read_status(const char* text, int* out) {
  uint64_t number;

  if (!read_number(*text == '-' ? text + 1 : text, INT16_MAX, &number)) {
    return read_status_name(text, out);
  }
  *out = -(int)number;
  return portres__testing_is_status(*out);
}

/* --- Items --- */

/* CALL:NTH[:COUNT]:STATUS */
struct plan {
  enum portres_testing_call call;
  unsigned nth;
  unsigned count;
  int status;
};

static const char* read_plan(const struct fields* fields,
                             bool is_pend,
                             struct plan* out) {
  uint64_t nth;
  uint64_t count = 1;

  if (fields->count < 3 || !read_call(fields->at[0], &out->call)) {
    return "it begins with the name of a call, such as acquire:1:EACCES";
  }
  if (!read_number(fields->at[1], PORTRES__COUNTDOWN_MAX, &nth) || nth == 0) {
    return "the call that is meant is a number from 1 to 16777215";
  }
  if (fields->count == 4 &&
      !read_number(fields->at[2], PORTRES__COUNTDOWN_MAX, &count)) {
    return "a count is a number from 0 to 16777215";
  }
  out->nth = (unsigned)nth;
  out->count = (unsigned)count;
  if (is_pend && strcmp(fields->at[fields->count - 1], "later") == 0) {
    out->status = PORTRES_EPENDING;
  } else if (!read_status(fields->at[fields->count - 1], &out->status)) {
    return "it ends with a status, such as EACCES, WSAEACCES or 10013";
  }
  return NULL;
}

static const char* too_many(int status) {
  return status == PORTRES_OK ? NULL : "there are at most 16 of a call";
}

static const char* do_fail(const struct fields* fields, bool is_applied) {
  struct plan plan;
  const char* problem = read_plan(fields, false, &plan);

  if (problem == NULL && plan.status == PORTRES_OK) {
    problem = "a call cannot fail with success";
  }
  return problem != NULL || !is_applied
             ? problem
             : too_many(portres_testing_fail(plan.call, plan.nth, plan.count,
                                             plan.status));
}

static const char* do_pend(const struct fields* fields, bool is_applied) {
  struct plan plan;
  const char* problem = read_plan(fields, true, &plan);

  if (problem == NULL && plan.status == PORTRES_EINCOMPLETE) {
    problem = "that status does not end a call";
  }
  return problem != NULL || !is_applied
             ? problem
             : too_many(portres_testing_pend(plan.call, plan.nth, plan.count,
                                             plan.status));
}

static const char* do_administrator(const struct fields* fields,
                                    bool is_applied) {
  static const char* const names[] = {"system", "yes", "no"};
  int index = find_word(fields->at[0], names, 3);

  if (fields->count != 1 || index < 0) {
    return "it is yes, no or system";
  }
  if (is_applied) {
    portres_testing_set_administrator((enum portres_testing_right)index);
  }
  return NULL;
}

static const char* do_network(const struct fields* fields, bool is_applied) {
  static const char* const names[] = {"up", "down"};
  int index = find_word(fields->at[0], names, 2);

  if (fields->count != 1 || index < 0) {
    return "it is down or up";
  }
  if (is_applied) {
    portres_testing_set_network_down(index);
  }
  return NULL;
}

static bool read_range(const char* start,
                       const char* count,
                       struct portres_range* out) {
  return read_port(start, &out->start) && read_port(count, &out->count) &&
         out->start != 0 && portres__block_fits(*out);
}

static const char* do_exclude(const struct fields* fields, bool is_applied) {
  enum portres_protocol protocol;
  struct portres_range range;

  if (fields->count != 3 || !read_protocol(fields->at[0], &protocol) ||
      !read_range(fields->at[1], fields->at[2], &range)) {
    return "it is tcp or udp, the first port from 1 on, and how many";
  }
  if (is_applied) {
    portres_testing_exclude(protocol, range);
  }
  return NULL;
}

/* What is in use, has a stranger: another process of the same environment. */
static const char* do_stranger(const struct fields* fields, bool is_applied) {
  enum portres_protocol protocol;
  uint16_t port;
  int status;

  if (fields->count != 2 || !read_protocol(fields->at[0], &protocol) ||
      !read_port(fields->at[1], &port) || port == 0) {
    return "it is tcp or udp and a port from 1 to 65535";
  }
  status =
      is_applied ? portres_testing_add_stranger(protocol, port) : PORTRES_OK;
  return status == PORTRES_OK || status == PORTRES_EADDRINUSE
             ? NULL
             : "the stranger cannot have its port";
}

static const char* do_dynamic(const struct fields* fields, bool is_applied) {
  struct portres_range range;

  if (fields->count != 2 || !read_range(fields->at[0], fields->at[1], &range)) {
    return "it is the first port, from 1 on, and how many";
  }
  if (is_applied) {
    portres_testing_set_dynamic_range(range);
  }
  return NULL;
}

static const char* do_order(const struct fields* fields, bool is_applied) {
  static const char* const names[] = {"lowest", "rotating", "seeded"};
  int index = find_word(fields->at[0], names, 3);
  bool is_seeded = index == PORTRES_ORDER_SEEDED;
  uint64_t seed = 0;

  if (index < 0 || fields->count != (is_seeded ? 2 : 1) ||
      (is_seeded && !read_number(fields->at[1], UINT64_MAX, &seed))) {
    return "it is lowest, rotating, or seeded:NUMBER";
  }
  if (is_applied) {
    portres_testing_set_order((enum portres_order)index, seed);
  }
  return NULL;
}

static const struct {
  const char* name;
  const char* (*run)(const struct fields* fields, bool is_applied);
} items[] = {
    {"fail", do_fail},       {"pend", do_pend},
    {"network", do_network}, {"administrator", do_administrator},
    {"exclude", do_exclude}, {"stranger", do_stranger},
    {"dynamic", do_dynamic}, {"order", do_order},
};

/* --- The value --- */

/* Cut a word at its colons; false: there are too many. */
static bool cut(char* text, struct fields* out) {
  out->count = 0;
  while (text != NULL && out->count < FIELD_COUNT) {
    out->at[out->count++] = text;
    text = strchr(text, ':');
    if (text != NULL) {
      *text++ = '\0';
    }
  }
  return text == NULL;
}

static const char* run_item(char* word, bool is_applied) {
  char* value = strchr(word, '=');
  struct fields fields;

  if (value == NULL) {
    return "an item is a name, an equals sign and a value";
  }
  *value++ = '\0';
  for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
    if (strcmp(word, items[i].name) == 0) {
      return cut(value, &fields) ? items[i].run(&fields, is_applied)
                                 : "an item has at most 4 values";
    }
  }
  return "there is no item of that name";
}

const char* portres__testing_parse(const char* value, bool is_applied) {
  const char* problem = NULL;
  const char* at = value;

  while (problem == NULL && *at != '\0') {
    char word[WORD_SIZE];
    size_t word_len = 0;

    while (at[word_len] != '\0' && !is_separator(at[word_len])) {
      word_len++;
    }
    if (word_len >= sizeof word) {
      return "an item is shorter than 64 bytes";
    }
    memcpy(word, at, word_len);
    word[word_len] = '\0';
    problem = word_len != 0 ? run_item(word, is_applied) : NULL;
    at += word_len;
    at += *at != '\0';
  }
  return problem;
}
