/* story.c - what portserver does, told to somebody who watches.
 *
 * Each part says what it is about to do, does it on real sockets, and ends the
 * program with a clear line when something is not as promised.
 */
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"

enum { PORTS_PER_LINE = 8 };

static _Noreturn void broken(const char* format, ...) {
  va_list arguments;
  fflush(stdout);
  fputs("portserver: not as promised: ", stderr);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(1);
}

static void reserve(struct block* blocks, uv_loop_t* loop) {
  puts("1. Reserve a block of ports for TCP and one for UDP\n");
  for (struct block* block = blocks; block->name; block++) {
    int status = block_reserve(block, loop);
    if (status != PORTRES_OK) {
      broken("no block of %u %s ports: %s", block->count, block->name,
             portres_strerror(status));
    }
    printf("   %s   ports %u to %u   labelled \"%s\"\n", block->name,
           block_first(block), block_last(block), block->label);
  }
}

/* One cell of the table of servers: the port, or why there is none. */
static void open_server(struct block* block, unsigned i, uv_loop_t* loop) {
  if (i > block->count) {
    printf("          ");
    return;
  }
  struct echo* echo = &block->servers[i];
  int error = echo_open(echo, loop, block->protocol, block->reservation.token);
  if (i == block->count) {
    if (error != UV_ENOBUFS) {
      broken("%s server %u should have failed with ENOBUFS, but: %s",
             block->name, i + 1, error ? uv_strerror(error) : "it has a port");
    }
    printf("   refused");
    return;
  }
  if (error) {
    broken("%s server %u: %s", block->name, i + 1, uv_strerror(error));
  }
  if (echo->port != block_first(block) + i) {
    broken("%s server %u has port %u, not the lowest free one", block->name,
           i + 1, echo->port);
  }
  printf("%10u", echo->port);
}

static void open_servers(struct block* blocks, uv_loop_t* loop) {
  unsigned rows =
      blocks[0].count > blocks[1].count ? blocks[0].count : blocks[1].count;
  puts(
      "\n2. Open servers until the blocks are used up\n"
      "   Each server holds the token of its block and asks for any port.\n\n"
      "   server  TCP port  UDP port");
  for (unsigned i = 0; i <= rows; i++) {
    printf("   %6u", i + 1);
    open_server(&blocks[0], i, loop);
    open_server(&blocks[1], i, loop);
    putchar('\n');
    fflush(stdout);
  }
  printf(
      "\n   refused: ENOBUFS (%s). The block is used up, and a\n"
      "   server is never given a port from elsewhere instead.\n",
      uv_strerror(UV_ENOBUFS));
}

static void reopen_one(struct block* block, uv_loop_t* loop) {
  struct echo* echo = &block->servers[block->count / 2];
  uint16_t port = echo->port;
  echo_close(echo);
  printf("\n   %s   server %u closes, port %u is free again\n", block->name,
         block->count / 2 + 1, port);
  int error = block_try_stranger(block, port);
  if (error != UV_EACCES) {
    broken("a stranger at %s port %u should have failed with EACCES, but: %s",
           block->name, port, error ? uv_strerror(error) : "it has the port");
  }
  printf("         a stranger asks for port %u: refused, EACCES (%s)\n", port,
         uv_strerror(error));
  error = echo_open(echo, loop, block->protocol, block->reservation.token);
  if (error || echo->port != port) {
    broken("a new %s server should have port %u, but: %s", block->name, port,
           error ? uv_strerror(error) : "it has another");
  }
  printf("         a new server asks for any port: it has port %u\n", port);
}

static void reopen(struct block* blocks, uv_loop_t* loop) {
  puts(
      "\n3. Close a server: its port stays reserved, and is handed out again\n"
      "   A stranger is a socket without the token.");
  for (struct block* block = blocks; block->name; block++) {
    reopen_one(block, loop);
  }
}

static void ask_all(const struct block* block, uv_loop_t* loop) {
  printf("   %s", block->name);
  for (unsigned i = 0; i < block->count; i++) {
    uint16_t port = block->servers[i].port;
    int error = client_ask(loop, block->protocol, port);
    if (error) {
      broken("%s port %u did not echo: %s", block->name, port,
             uv_strerror(error));
    }
    bool begins_line = i > 0 && i % PORTS_PER_LINE == 0;
    printf("%s  %5u", begins_line ? "\n      " : "", port);
    fflush(stdout);
  }
  printf("\n         %u of %u answered\n", block->count, block->count);
}

static void ask(const struct block* blocks, uv_loop_t* loop) {
  puts(
      "\n4. Talk to every server\n"
      "   A client of its own says hello to each port and must hear it "
      "back.\n");
  for (const struct block* block = blocks; block->name; block++) {
    ask_all(block, loop);
  }
}

static int print_reservation(const struct portres_info* info, void* count) {
  char range[16];
  snprintf(range, sizeof(range), "%u-%u", info->range.start,
           info->range.start + info->range.count - 1);
  printf("   %-8s  %-12s  %-16s  %4u  %4u  %7u  %7u\n",
         info->protocol == PORTRES_TCP ? "TCP" : "UDP", range, info->label,
         info->used, info->free, info->cooling, info->pid);
  ++*(unsigned*)count;
  return 0;
}

static void list(void) {
  unsigned count = 0;
  puts(
      "\n5. The list of reservations, as the library keeps it\n"
      "   A port is cooling while the system still holds it back.\n\n"
      "   protocol  ports         label             used  free  cooling  "
      "process");
  portres_list(print_reservation, &count);
  if (count != 2) {
    broken("%u reservations are listed, not 2", count);
  }
}

static int count_reservation(const struct portres_info* info, void* count) {
  (void)info;
  ++*(unsigned*)count;
  return 0;
}

void story_tell(struct block* blocks, uv_loop_t* loop) {
  reserve(blocks, loop);
  open_servers(blocks, loop);
  reopen(blocks, loop);
  ask(blocks, loop);
  list();
}

void story_end(struct block* blocks) {
  unsigned count = 0;
  for (struct block* block = blocks; block->name; block++) {
    int status = block_release(block);
    if (status != PORTRES_OK) {
      broken("the %s block is not released: %s", block->name,
             portres_strerror(status));
    }
  }
  portres_list(count_reservation, &count);
  if (count != 0) {
    broken("%u reservations are left after release", count);
  }
  puts(
      "\n6. Release\n   Both blocks are given back; the list is empty.\n\n"
      "All of it was as promised.");
}
