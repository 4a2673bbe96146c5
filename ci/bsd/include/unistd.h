/* unistd.h - musl's, and issetugid(). */
#include <bsd.h>
#include_next <unistd.h>

int issetugid(void);
