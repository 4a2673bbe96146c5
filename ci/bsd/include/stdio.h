/* stdio.h - musl's, but for its names of large files. */
#include_next <stdio.h>
#undef freopen64
