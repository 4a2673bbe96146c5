#include "statedir_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <portres/portres.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "disk_posix.h"
#include "environment_posix.h"
#include "platform.h"

enum { DIRECTORY_MODE = 0755, FILE_MODE = 0644 };

int portres__statedir_status(int error) {
  switch (error) {
    case ENOENT:
      return PORTRES_ENOTFOUND;
    case EACCES:
    case EPERM:
    case EROFS:
      return PORTRES_EACCES;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return PORTRES_EDISKFULL;
    case ELOOP:  /* a symbolic link where none may be */
    case EMLINK: /* the same on FreeBSD */
#ifdef EFTYPE
    case EFTYPE: /* the same on NetBSD */
#endif
    case ENOTDIR: /* a file, or a link, for a directory */
    case EISDIR:  /* the other way round */
    case EEXIST:  /* what cannot be removed either */
    case ENOTEMPTY:
    case ENXIO: /* a socket or a device */
    case ENAMETOOLONG:
    case EIO:
      return PORTRES_ECORRUPT;
    default:
      return PORTRES_ENOBUFS;
  }
}

static int fail_closing(int fd, int status) {
  portres__disk->close(fd);
  return status;
}

static const char* path_of(void) {
  return portres__environment()->state_dir;
}

/* --- Trust --- */

static bool is_trusted_directory(const struct stat* facts) {
  bool is_anybodys =
      (facts->st_mode & S_IWOTH) != 0 && (facts->st_mode & S_ISVTX) == 0;

  return S_ISDIR(facts->st_mode) && !is_anybodys &&
         (facts->st_uid == geteuid() || facts->st_uid == 0);
}

static bool is_trusted_file(const struct stat* facts,
                            const struct stat* directory) {
  return S_ISREG(facts->st_mode) && (facts->st_mode & S_IWOTH) == 0 &&
         (facts->st_uid == directory->st_uid || facts->st_uid == 0);
}

/* --- The directory --- */

/* Without a descriptor left, one that is not there is still not there. */
static int status_of_open(int error) {
  struct stat facts;

  if ((error == EMFILE || error == ENFILE) &&
      portres__disk->stat(AT_FDCWD, path_of(), &facts) != 0 &&
      errno == ENOENT) {
    return PORTRES_ENOTFOUND;
  }
  return portres__statedir_status(error);
}

int portres__statedir_open(int* dir_out) {
  const char* path = path_of();
  struct stat facts;
  int dir;

  if (path == NULL) {
    return PORTRES_ECORRUPT;
  }
  dir = portres__disk->open(AT_FDCWD, path,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (dir < 0) {
    return status_of_open(errno);
  }
  if (portres__disk->fstat(dir, &facts) != 0 || !is_trusted_directory(&facts)) {
    return fail_closing(dir, PORTRES_ECORRUPT);
  }
  *dir_out = dir;
  return PORTRES_OK;
}

/* The path up to the last slash; "/" at last. */
static void cut_last(char* path) {
  char* slash = strrchr(path, '/');

  slash[slash == path ? 1 : 0] = '\0';
}

static int open_plainly(const char* path) {
  return portres__disk->open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
                             0);
}

/* The nearest directory above that is there, and its length in the path. */
static int open_nearest(char* path, size_t* path_len_out) {
  int dir = -1;

  do {
    cut_last(path);
    dir = open_plainly(path);
  } while (dir < 0 && errno == ENOENT && path[1] != '\0');
  *path_len_out = strlen(path);
  return dir;
}

static int sync_and_close(int fd) {
  int result = portres__disk->sync(fd);
  int error = errno;

  portres__disk->close(fd);
  errno = error;
  return result;
}

/* One directory, whatever the program's umask says, and that it is there even
 * after a power cut. It may have been made by another process meanwhile. */
static int make_one(const char* path) {
  char parent[PORTRES__ENVIRONMENT_PATH_SIZE];
  int made = portres__disk->mkdir(AT_FDCWD, path, DIRECTORY_MODE);
  int dir;

  if (made != 0) {
    return errno == EEXIST ? 0 : -1;
  }
  dir = portres__disk->open(AT_FDCWD, path,
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (dir < 0 || portres__disk->chmod(dir, DIRECTORY_MODE) != 0 ||
      sync_and_close(dir) != 0) {
    return -1;
  }
  snprintf(parent, sizeof parent, "%s", path);
  cut_last(parent);
  dir = open_plainly(parent);
  return dir < 0 ? -1 : sync_and_close(dir);
}

static int make_missing(void) {
  char path[PORTRES__ENVIRONMENT_PATH_SIZE];
  size_t whole_len = strlen(path_of());
  size_t made_len;
  int dir;

  snprintf(path, sizeof path, "%s", path_of());
  dir = open_nearest(path, &made_len);
  if (dir < 0) {
    return -1;
  }
  portres__disk->close(dir);
  while (made_len < whole_len) {
    size_t slash_len = made_len == 1 ? 0 : 1; /* the root ends with one */
    made_len += slash_len + strcspn(path_of() + made_len + slash_len, "/");
    snprintf(path, made_len + 1, "%s", path_of());
    if (make_one(path) != 0) {
      return -1;
    }
  }
  return 0;
}

int portres__statedir_make(int* dir_out) {
  int status = portres__statedir_open(dir_out);

  if (status != PORTRES_ENOTFOUND) {
    return status;
  }
  return make_missing() == 0 ? portres__statedir_open(dir_out)
                             : portres__statedir_status(errno);
}

/* --- Rights --- */

/* Only the owner's files are trusted, so nobody else is to make any. */
static int check_rights_in(int dir) {
  struct stat facts;
  uid_t user = geteuid();

  if (portres__disk->fstat(dir, &facts) != 0) {
    return PORTRES_ECORRUPT;
  }
  if (user != 0 && user != facts.st_uid) {
    return PORTRES_EACCES;
  }
  return portres__disk->may_write(dir) == 0 ? PORTRES_OK : PORTRES_EACCES;
}

int portres__platform_store_check_rights(void) {
  char path[PORTRES__ENVIRONMENT_PATH_SIZE];
  size_t path_len;
  int dir;
  int status = portres__statedir_open(&dir);

  if (status == PORTRES_OK) {
    return fail_closing(dir, check_rights_in(dir));
  }
  if (status != PORTRES_ENOTFOUND) {
    return status;
  }
  snprintf(path, sizeof path, "%s", path_of());
  dir = open_nearest(path, &path_len);
  if (dir < 0) {
    return portres__statedir_status(errno);
  }
  return fail_closing(
      dir, portres__disk->may_write(dir) == 0 ? PORTRES_OK : PORTRES_EACCES);
}

/* --- Files --- */

/* A file that we may not even open may be one that we would not trust: that is
 * the thing to say. */
static int status_of_open_file(int dir, const char* name, int error) {
  struct stat directory;
  struct stat facts;
  int status = portres__statedir_status(error);

  if (status == PORTRES_EACCES && portres__disk->fstat(dir, &directory) == 0 &&
      portres__disk->stat(dir, name, &facts) == 0 &&
      !is_trusted_file(&facts, &directory)) {
    status = PORTRES_ECORRUPT;
  }
  return status;
}

/* O_NONBLOCK: a pipe must not make us wait for its other end. */
int portres__statedir_open_file(
    int dir, const char* name, int flags, mode_t mode, int* fd_out) {
  struct stat directory;
  struct stat facts;
  int fd = portres__disk->open(
      dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, mode);

  if (fd < 0) {
    return status_of_open_file(dir, name, errno);
  }
  if (portres__disk->fstat(dir, &directory) != 0 ||
      portres__disk->fstat(fd, &facts) != 0 ||
      !is_trusted_file(&facts, &directory)) {
    return fail_closing(fd, PORTRES_ECORRUPT);
  }
  *fd_out = fd;
  return PORTRES_OK;
}

int portres__statedir_stat(const char* name, struct stat* out) {
  char path[PORTRES__ENVIRONMENT_PATH_SIZE + 32];

  if (path_of() == NULL) {
    return -1;
  }
  snprintf(path, sizeof path, "%s/%s", path_of(), name);
  return portres__disk->stat(AT_FDCWD, path, out);
}

static int fill(int fd, const void* data, size_t data_len) {
  if (portres__disk->chmod(fd, FILE_MODE) != 0 ||
      !portres__disk_write_at(fd, data, data_len, 0) ||
      portres__disk->sync(fd) != 0) {
    return portres__statedir_status(errno);
  }
  return PORTRES_OK;
}

/* What was renamed over is lost, so it must be ours to replace. */
static int check_replaceable(int dir, const char* name) {
  int fd;
  int status = portres__statedir_open_file(dir, name, O_RDONLY, 0, &fd);

  if (status == PORTRES_OK) {
    portres__disk->close(fd);
  }
  return status == PORTRES_ENOTFOUND ? PORTRES_OK : status;
}

int portres__statedir_replace(int dir,
                              const char* name,
                              const char* temporary,
                              const void* data,
                              size_t data_len) {
  int fd;
  int status = check_replaceable(dir, name);

  if (status != PORTRES_OK) {
    return status;
  }
  status = portres__statedir_open_file(
      dir, temporary, O_WRONLY | O_CREAT | O_EXCL, FILE_MODE, &fd);
  if (status != PORTRES_OK) {
    return status;
  }
  status = fill(fd, data, data_len);
  if (portres__disk->close(fd) != 0 && status == PORTRES_OK) {
    status = portres__statedir_status(errno);
  }
  if (status == PORTRES_OK &&
      portres__disk->rename(dir, temporary, name) != 0) {
    status = portres__statedir_status(errno);
  }
  if (status != PORTRES_OK) {
    portres__disk->unlink(dir, temporary);
    return status;
  }
  return portres__disk->sync(dir) == 0 ? PORTRES_OK
                                       : portres__statedir_status(errno);
}
