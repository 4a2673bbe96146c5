#include "store_support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

static int remove_one(const char* path,
                      const struct stat* facts,
                      int kind,
                      struct FTW* walk) {
  (void)facts, (void)kind, (void)walk;
  return remove(path);
}

static void remove_tree(const char* path) {
  chmod(path, 0700);
  nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int store_main(int argc, char** argv, int (*run)(int argc, char** argv)) {
  /* In memory where that can be: much is written. */
  const bool has_shm = access("/dev/shm", W_OK) == 0;
  char folder[64];
  char path[96];
  int status = 1;
  if (getenv("PORTRES_TEST_STORE")) {
    return run(argc, argv);
  }
  snprintf(folder, sizeof folder, "%s/portres-test-XXXXXX",
           has_shm ? "/dev/shm" : "/tmp");
  if (!mkdtemp(folder) || chmod(folder, 0755) != 0) {
    return 1;
  }
  snprintf(path, sizeof path, "%s/state", folder);
  setenv("PORTRES_STATE_DIR", path, 1);
  setenv("PORTRES_TEST_STORE", path, 1);
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* when meson gives us up */
    execv("/proc/self/exe", argv);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  remove_tree(path);
  remove_tree(folder);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* --- Files --- */

const char* store_dir(void) {
  return getenv("PORTRES_TEST_STORE");
}

const char* store_path(const char* name) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", store_dir(), name);
  return path;
}

bool store_has(const char* name) {
  struct stat facts;
  return lstat(store_path(name), &facts) == 0;
}

void store_clear(void) {
  remove_tree(store_dir());
}

char* store_read(const char* name, size_t* len_out) {
  struct stat facts;
  int fd = open(store_path(name), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return NULL;
  }
  assert_int_equal(fstat(fd, &facts), 0);
  char* data = malloc((size_t)facts.st_size + 1);
  assert_non_null(data);
  assert_int_equal(read(fd, data, (size_t)facts.st_size), facts.st_size);
  data[facts.st_size] = '\0';
  close(fd);
  *len_out = (size_t)facts.st_size;
  return data;
}

void store_write(const char* name, const void* data, size_t len) {
  if (mkdir(store_dir(), 0755) != 0) {
    assert_int_equal(errno, EEXIST);
  }
  int fd = open(store_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                strcmp(name, "lock") == 0 ? 0600 : 0644);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, data, len), len);
  close(fd);
}

struct store_image store_save(void) {
  struct store_image image = {.count = 0};
  const struct dirent* entry;
  DIR* directory = opendir(store_dir());
  assert_non_null(directory);
  while ((entry = readdir(directory)) != NULL) {
    if (entry->d_name[0] == '.') {
      continue;
    }
    assert_true(image.count < STORE_FILES);
    struct store_file* file = &image.files[image.count++];
    snprintf(file->name, sizeof file->name, "%.31s", entry->d_name);
    file->data = store_read(file->name, &file->len);
    assert_non_null(file->data);
  }
  closedir(directory);
  return image;
}

void store_restore(const struct store_image* image) {
  store_clear();
  assert_int_equal(mkdir(store_dir(), 0755), 0);
  for (int i = 0; i < image->count; i++) {
    store_write(image->files[i].name, image->files[i].data,
                image->files[i].len);
  }
}

void store_free(struct store_image* image) {
  for (int i = 0; i < image->count; i++) {
    free(image->files[i].data);
  }
  image->count = 0;
}

void store_expect_unchanged(const struct store_image* image) {
  for (int i = 0; i < image->count; i++) {
    size_t len;
    char* data = store_read(image->files[i].name, &len);
    assert_non_null(data);
    assert_int_equal(len, image->files[i].len);
    assert_memory_equal(data, image->files[i].data, len);
    free(data);
  }
}

/* --- Contents --- */

struct store_slot store_slot(int index) {
  static uint16_t base;
  if (base == 0) {
    base = net_free_block(STORE_SLOTS * 2);
  }
  return (struct store_slot){
      index % 2 == 0 ? PORTRES_TCP : PORTRES_UDP,
      {(uint16_t)(base + index / 2 * 4), (uint16_t)(1 + index % 4)}};
}

int store_create(int index, portres_token* token_out) {
  struct store_slot slot = store_slot(index);
  return portres_persistent_create(slot.protocol, slot.range, token_out);
}

int store_delete(int index) {
  struct store_slot slot = store_slot(index);
  return portres_persistent_delete(slot.protocol, slot.range);
}

uint32_t store_seen(portres_token tokens_io[STORE_SLOTS]) {
  uint32_t seen = 0;
  for (int i = 0; i < STORE_SLOTS; i++) {
    struct store_slot slot = store_slot(i);
    portres_token token = 0;
    int status = portres_persistent_lookup(slot.protocol, slot.range, &token);
    if (status == PORTRES_ENOTFOUND) {
      tokens_io[i] = 0;
      continue;
    }
    assert_int_equal(status, PORTRES_OK);
    assert_true(token != 0);
    assert_true(tokens_io[i] == 0 || tokens_io[i] == token);
    tokens_io[i] = token;
    seen |= 1u << i;
  }
  return seen;
}

/* By the file's own layout: 64 bytes, then a bit for each port. */
static bool is_refused(const unsigned char* ports, struct store_slot slot) {
  const unsigned char* bits = ports + 64;
  if (slot.protocol == PORTRES_UDP) {
    bits += 8192;
  }
  for (int i = 0; i < slot.range.count; i++) {
    int port = slot.range.start + i;
    if ((bits[port / 8] >> (port % 8) & 1) == 0) {
      return false;
    }
  }
  return true;
}

uint32_t store_refused(void) {
  uint32_t refused = 0;
  size_t len;
  char* ports = store_read("ports", &len);
  if (ports == NULL || len != 64 + 2 * 8192) {
    free(ports);
    return 0;
  }
  for (int i = 0; i < STORE_SLOTS; i++) {
    refused |= (uint32_t)is_refused((unsigned char*)ports, store_slot(i)) << i;
  }
  free(ports);
  return refused;
}
