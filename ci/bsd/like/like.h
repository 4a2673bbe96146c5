/* like.h - included before all else where a BSD's files are built to run on
 * Linux: what they call has names of its own, which libbsdlike answers to. So
 * neither glibc nor a sanitizer ever sees an address or a message as BSD has
 * it.
 */
#ifndef BSD_LIKE_H
#define BSD_LIKE_H

#define BSD_NAME(name) __asm__("bsd_" #name)
#define BSD_SOCKET __asm__("bsd_" LIKE_SOCKET)
#define BSD_ERRNO __errno_location

/* With 64-bit offsets glibc gives these names to the assembler itself. */
#define fcntl glibc_fcntl
#define freopen glibc_freopen
#define fstat glibc_fstat
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#undef fcntl
#undef freopen
#undef fstat

int close(int) BSD_NAME(close);
void closefrom(int) BSD_NAME(closefrom);
int close_range(unsigned, unsigned, int) BSD_NAME(close_range);
int dup(int) BSD_NAME(dup);
int dup2(int, int) BSD_NAME(dup2);
int dup3(int, int, int) BSD_NAME(dup3);
int fclose(FILE*) BSD_NAME(fclose);
int fcntl(int, int, ...) BSD_NAME(fcntl);
FILE* freopen(const char*, const char*, FILE*) BSD_NAME(freopen);
int fstat(int, struct stat*) BSD_NAME(fstat);
int issetugid(void) BSD_NAME(issetugid);

#endif
