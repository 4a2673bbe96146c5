#include "runtimedir_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <portres/portres.h>
#include <string.h>
#include <unistd.h>

#include "disk_posix.h"
#include "environment_posix.h"
#include "statedir_posix.h"

enum {
  DIRECTORY_MODE = 0700,
  DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
  NUMBER_SIZE = 24,
  PATH_SIZE = PORTRES__ENVIRONMENT_PATH_SIZE + NUMBER_SIZE
};

/* --- Where --- */

/* printf() is not for signal handlers. */
static void append(char path[PATH_SIZE], const char* text) {
  strncat(path, text, PATH_SIZE - 1 - strlen(path));
}

static void append_number(char path[PATH_SIZE], unsigned long number) {
  char digits[NUMBER_SIZE] = "";
  char* at = digits + NUMBER_SIZE - 1;

  do {
    *--at = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  append(path, at);
}

static bool is_own_directory(const char* path) {
  struct stat facts;

  return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode) &&
         facts.st_uid == geteuid();
}

/* One of the session, which the system has made for this user alone. */
static bool is_in_session(char path[PATH_SIZE]) {
  const char* session = portres__environment()->session_dir;

  if (session != NULL) {
    append(path, session);
  }
  if (session == NULL || !is_own_directory(path)) {
    path[0] = '\0';
    append(path, "/run/user/");
    append_number(path, geteuid());
  }
  if (!is_own_directory(path)) {
    return false;
  }
  append(path, "/portres");
  return true;
}

/* False: the environment asks for one that cannot be. */
static bool find_path(char path[PATH_SIZE]) {
  const struct portres__environment* environment = portres__environment();

  path[0] = '\0';
  if (environment->has_runtime_dir) {
    append(path,
           environment->runtime_dir != NULL ? environment->runtime_dir : "");
    return environment->runtime_dir != NULL;
  }
  if (!is_in_session(path)) {
    path[0] = '\0';
    append(path, access("/dev/shm", F_OK) == 0 ? "/dev/shm" : "/tmp");
    append(path, "/portres-");
    append_number(path, geteuid());
  }
  return true;
}

/* --- The directory --- */

static bool is_trusted(int dir, uid_t user) {
  struct stat facts;

  return portres__disk->fstat(dir, &facts) == 0 && facts.st_uid == user &&
         (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* It may have been made by another process meanwhile. A umask may have taken
 * our own rights away, to open it, too; nobody else can put another thing in
 * its place, for what it lies in is this user's or sticky. */
static int make(const char* path) {
  if (portres__disk->mkdir(AT_FDCWD, path, DIRECTORY_MODE) != 0) {
    return errno == EEXIST ? PORTRES_OK : portres__statedir_status(errno);
  }
  return fchmodat(AT_FDCWD, path, DIRECTORY_MODE, 0) == 0
             ? PORTRES_OK
             : portres__statedir_status(errno);
}

static int open_one(const char* path, int* dir_out) {
  *dir_out = portres__disk->open(AT_FDCWD, path, DIRECTORY_FLAGS, 0);
  return *dir_out >= 0 ? PORTRES_OK : portres__statedir_status(errno);
}

/* One that we may not even open may be one that we would not trust: that is the
 * thing to say. */
static bool is_anothers(const char* path) {
  struct stat facts;

  return portres__disk->stat(AT_FDCWD, path, &facts) == 0 &&
         facts.st_uid != geteuid();
}

int portres__runtimedir_open(bool may_make, int* dir_out) {
  char path[PATH_SIZE];
  int status;

  if (!find_path(path)) {
    return PORTRES_ECORRUPT;
  }
  status = open_one(path, dir_out);
  if (status == PORTRES_ENOTFOUND && may_make) {
    status = make(path);
    if (status == PORTRES_OK) {
      status = open_one(path, dir_out);
    }
    if (status == PORTRES_ENOTFOUND) { /* nor is what it would be in */
      status = PORTRES_EACCES;
    }
  }
  if (status == PORTRES_EACCES && is_anothers(path)) {
    status = PORTRES_ECORRUPT;
  }
  if (status == PORTRES_OK && !is_trusted(*dir_out, geteuid())) {
    portres__disk->close(*dir_out);
    status = PORTRES_ECORRUPT;
  }
  return status;
}

/* --- All of them --- */

static void visit_one(const char* path,
                      void (*visit)(int dir, void* arg),
                      void* arg) {
  struct stat facts;
  int dir;

  if (open_one(path, &dir) != PORTRES_OK) {
    return;
  }
  /* Of whichever user it is: nobody else could have put anything into it. */
  if (portres__disk->fstat(dir, &facts) == 0 && is_trusted(dir, facts.st_uid)) {
    visit(dir, arg);
  }
  portres__disk->close(dir);
}

void portres__runtimedir_each(void (*visit)(int dir, void* arg), void* arg) {
  static const char* const patterns[] = {
      "/run/user/*/portres", "/dev/shm/portres-*", "/tmp/portres-*"};
  char own[PATH_SIZE];
  bool has_own = find_path(own);
  glob_t found;

  if (has_own) {
    visit_one(own, visit, arg);
  }
  for (size_t i = 0; geteuid() == 0 && i < 3; i++) {
    if (glob(patterns[i], GLOB_NOSORT, NULL, &found) != 0) {
      continue;
    }
    for (size_t j = 0; j < found.gl_pathc; j++) {
      if (!has_own || strcmp(found.gl_pathv[j], own) != 0) {
        visit_one(found.gl_pathv[j], visit, arg);
      }
    }
    globfree(&found);
  }
}
