/* stdlib.h - musl's, and the random numbers. */
#include_next <stdlib.h>

void arc4random_buf(void*, size_t);
