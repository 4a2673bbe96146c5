/* boot_linux.c - which boot of the system this is. */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "platform.h"

enum { TEXT_LEN = 36, BOOT_WORDS = PORTRES__BOOT_SIZE / 4 };

/* As words, so that a reader beside a writer sees one or the other; and all
 * writers write the same. */
static _Atomic uint32_t words[BOOT_WORDS];
static _Atomic bool is_known;

static int digit_of(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* 5c1f9ad2-... : the digits, without the dashes. */
static bool parse(const char* text, size_t text_len) {
  uint32_t values[BOOT_WORDS] = {0};
  unsigned digits = 0;

  for (size_t i = 0; i < text_len; i++) {
    int digit = digit_of(text[i]);
    if (digit >= 0 && digits < 2 * PORTRES__BOOT_SIZE) {
      values[digits / 8] = values[digits / 8] << 4 | (uint32_t)digit;
      digits++;
    }
  }
  for (int i = 0; i < BOOT_WORDS; i++) {
    words[i] = values[i];
  }
  return digits == 2 * PORTRES__BOOT_SIZE;
}

static bool know(void) {
  char text[TEXT_LEN];
  ssize_t text_len;
  int fd;

  if (is_known) {
    return true;
  }
  fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  text_len = read(fd, text, sizeof text);
  close(fd);
  if (text_len == TEXT_LEN && parse(text, TEXT_LEN)) {
    is_known = true;
  }
  return is_known;
}

int portres__platform_boot_id(uint8_t out[PORTRES__BOOT_SIZE]) {
  if (!know()) {
    return PORTRES_ENOBUFS;
  }
  for (size_t i = 0; i < BOOT_WORDS; i++) {
    uint32_t word = words[i];
    memcpy(out + i * sizeof word, &word, sizeof word);
  }
  return PORTRES_OK;
}
