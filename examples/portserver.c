/* portserver.c - echo servers on reserved ports; the heart of ./dev demo. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "story.h"

enum { MOST_PORTS = 400 };

struct choice {
  uint16_t tcp;
  uint16_t udp;
  bool serve;
};

static const char usage[] =
    "usage: portserver [--tcp N] [--udp N] [--serve]\n"
    "\n"
    "Reserves a block of N TCP and one of N UDP ports on this machine, opens\n"
    "echo servers on 127.0.0.1 until each block is used up, talks to every\n"
    "one of them, lists the reservations and gives them back.\n"
    "\n"
    "  --tcp N   ports in the TCP block, 1 to 400 (8)\n"
    "  --udp N   ports in the UDP block, 1 to 400 (8)\n"
    "  --serve   go on serving until SIGINT or SIGTERM comes, or the pipe or\n"
    "            terminal at standard input ends\n"
    "  --help    print this\n";

static uint16_t parse_count(const char* text) {
  char* end = NULL;
  long count = strtol(text, &end, 10);
  if (end == text || *end != '\0' || count < 1 || count > MOST_PORTS) {
    fprintf(stderr, "portserver: %s is not a number from 1 to %d\n", text,
            MOST_PORTS);
    exit(2);
  }
  return (uint16_t)count;
}

static struct choice parse_options(int argc, char** argv) {
  static const struct option known[] = {{"tcp", required_argument, NULL, 't'},
                                        {"udp", required_argument, NULL, 'u'},
                                        {"serve", no_argument, NULL, 's'},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};
  struct choice choice = {.tcp = 8, .udp = 8};
  int option;
  while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
    switch (option) {
      case 't':
        choice.tcp = parse_count(optarg);
        break;
      case 'u':
        choice.udp = parse_count(optarg);
        break;
      case 's':
        choice.serve = true;
        break;
      case 'h':
        fputs(usage, stdout);
        exit(0);
      default:
        fputs(usage, stderr);
        exit(2);
    }
  }
  return choice;
}

static void on_signal(uv_signal_t* signal, int number) {
  (void)number;
  uv_stop(signal->loop);
}

static void give_buffer(uv_handle_t* handle, size_t hint, uv_buf_t* buffer) {
  static char ignored[512];
  (void)handle;
  (void)hint;
  *buffer = uv_buf_init(ignored, sizeof(ignored));
}

static void on_input(uv_stream_t* input, ssize_t n, const uv_buf_t* buffer) {
  (void)buffer;
  if (n < 0) {
    uv_stop(input->loop);
  }
}

union input {
  uv_handle_t handle;
  uv_stream_t stream;
  uv_tty_t tty;
  uv_pipe_t pipe;
};

/* A file or /dev/null at standard input has no end worth waiting for. */
static bool open_input(union input* input, uv_loop_t* loop) {
  switch (uv_guess_handle(0)) {
    case UV_TTY:
      return uv_tty_init(loop, &input->tty, 0, 0) == 0;
    case UV_NAMED_PIPE:
      return uv_pipe_init(loop, &input->pipe, 0) == 0 &&
             uv_pipe_open(&input->pipe, 0) == 0;
    default:
      return false;
  }
}

/* Serves on a loop that already holds the servers. */
static void serve(uv_loop_t* loop) {
  uv_signal_t interrupt;
  uv_signal_t terminate;
  union input input;
  bool has_input = open_input(&input, loop);
  if (has_input) {
    uv_read_start(&input.stream, give_buffer, on_input);
  }
  uv_signal_init(loop, &interrupt);
  uv_signal_init(loop, &terminate);
  uv_signal_start(&interrupt, on_signal, SIGINT);
  uv_signal_start(&terminate, on_signal, SIGTERM);
  printf("\nServing until SIGINT or SIGTERM comes%s.\n",
         has_input ? ", or standard input ends" : "");
  fflush(stdout);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t*)&interrupt, NULL);
  uv_close((uv_handle_t*)&terminate, NULL);
  if (has_input) {
    uv_close(&input.handle, NULL);
  }
  uv_run(loop, UV_RUN_NOWAIT); /* libuv lets go of them */
}

int main(int argc, char** argv) {
  struct choice choice = parse_options(argc, argv);
  uv_loop_t loop;
  struct block blocks[STORY_BLOCKS + 1] = {
      {.name = "TCP",
       .label = "portserver tcp",
       .protocol = PORTRES_TCP,
       .count = choice.tcp},
      {.name = "UDP",
       .label = "portserver udp",
       .protocol = PORTRES_UDP,
       .count = choice.udp},
      {.name = NULL},
  };
  uv_loop_init(&loop);
  printf(
      "portres %s: a program sets ports aside, gets a token for them, and\n"
      "only its sockets that hold the token take their ports from there.\n\n",
      portres_version());
  story_tell(blocks, &loop);
  if (choice.serve) {
    serve(&loop);
  }
  story_end(blocks);
  uv_loop_close(&loop);
  return 0;
}
