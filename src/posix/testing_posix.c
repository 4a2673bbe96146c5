/* testing_posix.c - the controls for tests: where their text comes from. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "complaint_posix.h"
#include "platform.h"
#include "real_posix.h"
#include "testing.h"
#include "variable_posix.h"

enum { VALUE_SIZE = 1024 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char value_copy[VALUE_SIZE];

static void read_value(void) {
  const char* value = portres__variable("PORTRES_TESTING");
  size_t value_len = value != NULL ? strlen(value) : 0;
  bool is_long = value_len >= VALUE_SIZE;

  if (value_len != 0 && !portres__real_is_second()) {
    memcpy(value_copy, value, is_long ? VALUE_SIZE - 1 : value_len);
  }
  portres__testing_read(value_copy,
                        is_long ? "it is longer than 1023 bytes" : NULL);
}

void portres__platform_read_testing(void) {
  pthread_once(&once, read_value);
}

void portres__platform_complain_of_testing(const char* value,
                                           const char* problem) {
  struct portres__platform_entry entry = portres__platform_enter();

  portres__complaint("PORTRES_TESTING=\"%.200s\": %s; calls fail", value,
                     problem);
  portres__platform_leave(entry);
}
