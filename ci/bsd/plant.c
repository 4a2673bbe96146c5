/* plant.c - a call that only Linux has: ci/bsd/check-link must not link it. */
int epoll_create1(int flags);
int plant(void);

int plant(void) {
  return epoll_create1(0);
}
