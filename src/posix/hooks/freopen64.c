/* freopen64.c - glibc's freopen() for large files. */
#include "descriptor_posix.h"
#include "hook_posix.h"
#include "real_posix.h"

FILE* hook_freopen64(const char* path, const char* mode, FILE* stream)
    PORTRES__HOOK(freopen64);
FILE* hook_freopen64(const char* path, const char* mode, FILE* stream) {
  return portres__hook_freopen(portres__real()->freopen64, path, mode, stream);
}
