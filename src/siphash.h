/* siphash.h - SipHash-2-4 (Aumasson and Bernstein, 2012): 64 bits that nobody
 * can foretell without the key. Tokens and checksums of the store are these. */
#ifndef PORTRES_SIPHASH_H
#define PORTRES_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { PORTRES__SIPHASH_KEY_SIZE = 16 };

uint64_t portres__siphash(const uint8_t key[PORTRES__SIPHASH_KEY_SIZE],
                          const void* data,
                          size_t data_len);

/* The byte order of the hash on every machine. */
void portres__siphash_put_number(uint64_t number, uint8_t out[8]);

#endif
