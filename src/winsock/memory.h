/* memory.h - whether memory of the caller is there, found without a crash. */
#ifndef PORTRES_WINSOCK_MEMORY_H
#define PORTRES_WINSOCK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* True when all `size` bytes can be read (written, unchanged). A NULL pointer
 * can not, whatever the size. */
bool portres__ws_can_read(const void* memory, size_t size);
bool portres__ws_can_write(void* memory, size_t size);

#endif
