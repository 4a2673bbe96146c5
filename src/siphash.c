#include "siphash.h"

struct state {
  uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t word, int bits) {
  return word << bits | word >> (64 - bits);
}

static void mix(struct state* s, int rounds) {
  for (int i = 0; i < rounds; i++) {
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
  }
}

static uint64_t get_number(const uint8_t* bytes, size_t count) {
  uint64_t number = 0;

  for (size_t i = 0; i < count; i++) {
    number |= (uint64_t)bytes[i] << (8 * i);
  }
  return number;
}

static void take(struct state* s, uint64_t word) {
  s->v3 ^= word;
  mix(s, 2);
  s->v0 ^= word;
}

uint64_t portres__siphash(const uint8_t key[PORTRES__SIPHASH_KEY_SIZE],
                          const void* data,
                          size_t data_len) {
  const uint8_t* bytes = data;
  size_t rest = data_len % 8;
  uint64_t k0 = get_number(key, 8);
  uint64_t k1 = get_number(key + 8, 8);
  struct state s = {
      k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
      k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};

  for (size_t i = 0; i + 8 <= data_len; i += 8) {
    take(&s, get_number(bytes + i, 8));
  }
  take(&s,
       get_number(bytes + data_len - rest, rest) | (uint64_t)data_len << 56);
  s.v2 ^= 0xff;
  mix(&s, 4);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void portres__siphash_put_number(uint64_t number, uint8_t out[8]) {
  for (int i = 0; i < 8; i++) {
    out[i] = (uint8_t)(number >> (8 * i));
  }
}
