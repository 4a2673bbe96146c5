/* program_elf.c - reads the headers of an ELF file: a program with an
 * interpreter is linked dynamically; Go writes a note of its name "Go". */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

enum { HEADERS_MAX = 64, NOTES_MAX = 4096 };

struct elf {
  int fd;
  ElfW(Ehdr) header;
  ElfW(Phdr) segments[HEADERS_MAX];
};

static bool read_at(int fd, void* out, size_t size, unsigned long offset) {
  return pread(fd, out, size, (off_t)offset) == (ssize_t)size;
}

/* False: no ELF program of this system's word size. */
static bool read_headers(struct elf* elf) {
  const ElfW(Ehdr)* header = &elf->header;
  unsigned char wanted_class = sizeof(void*) == 8 ? (unsigned char)ELFCLASS64
                                                  : (unsigned char)ELFCLASS32;

  return read_at(elf->fd, &elf->header, sizeof elf->header, 0) &&
         memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
         header->e_ident[EI_CLASS] == wanted_class &&
         header->e_phentsize == sizeof elf->segments[0] &&
         header->e_phnum <= HEADERS_MAX &&
         read_at(elf->fd, elf->segments,
                 header->e_phnum * sizeof elf->segments[0], header->e_phoff);
}

static size_t padded(size_t len) {
  return (len + 3) & ~(size_t)3;
}

static bool has_go_note(const struct elf* elf, const ElfW(Phdr) * segment) {
  unsigned char notes[NOTES_MAX];
  size_t len =
      segment->p_filesz < sizeof notes ? segment->p_filesz : sizeof notes;
  ElfW(Nhdr) note;

  if (!read_at(elf->fd, notes, len, segment->p_offset)) {
    return false;
  }
  for (size_t at = 0; at + sizeof note <= len;) {
    memcpy(&note, notes + at, sizeof note);
    at += sizeof note;
    if (note.n_namesz > len - at || note.n_descsz > len) {
      return false;
    }
    if (note.n_namesz == 4 && memcmp(notes + at, "Go\0", 4) == 0) {
      return true;
    }
    at += padded(note.n_namesz) + padded(note.n_descsz);
  }
  return false;
}

static bool is_unreached(int fd) {
  struct elf elf = {.fd = fd};
  bool has_interpreter = false;
  bool is_go = false;

  if (!read_headers(&elf)) {
    return false;
  }
  for (int i = 0; i < elf.header.e_phnum; i++) {
    const ElfW(Phdr)* segment = &elf.segments[i];
    has_interpreter = has_interpreter || segment->p_type == PT_INTERP;
    is_go = is_go || (segment->p_type == PT_NOTE && has_go_note(&elf, segment));
  }
  return !has_interpreter || is_go;
}

static int open_program(const char* path) {
  struct stat facts;

  if (access(path, X_OK) != 0 || stat(path, &facts) != 0 ||
      !S_ISREG(facts.st_mode)) {
    return -1;
  }
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* As execvp() looks for it. */
static int find_program(const char* name) {
  const char* at = getenv("PATH");
  int fd = -1;

  if (strchr(name, '/') != NULL) {
    return open_program(name);
  }
  at = at != NULL ? at : "/bin:/usr/bin";
  for (; fd < 0 && *at != '\0'; at += strspn(at, ":")) {
    char path[PATH_MAX];
    int len = (int)strcspn(at, ":");
    if (snprintf(path, sizeof path, "%.*s/%s", len, at, name) <
        (int)sizeof path) {
      fd = open_program(path);
    }
    at += len;
  }
  return fd;
}

bool program_needs_notify(const char* name) {
  int fd = find_program(name);
  bool is_needed = fd >= 0 && is_unreached(fd);

  if (fd >= 0) {
    close(fd);
  }
  return is_needed;
}
