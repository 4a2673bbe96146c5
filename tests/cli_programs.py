#!/usr/bin/env python3
"""`portres run` with programs that nobody changed, and such as preloading does
not reach.

Stressed: that each gets its ports, by port 0 or by explicit ports of the block,
in all its processes, and that the one too many fails.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

from cli_support import PATIENCE, lines, portres, start
from unchanged_support import (Skip, expect, folder, free_block, get, main,
                               need, row)
import unchanged_support
import unchanged_haproxy
import unchanged_nginx
import unchanged_redis

unchanged_support.rows.clear()  # theirs are not ours

# --- node ---

CLUSTER = """
const cluster = require("cluster"), net = require("net");
const first = Number(process.env.PORTRES_TCP_START);
if (cluster.isPrimary) {
  let left = 3;
  for (let i = 0; i < 3; i++) {
    cluster.fork().on("message", (told) => {
      console.log(told);
      if (--left === 0) extra(3);
    });
  }
} else {
  const server = net.createServer();
  server.listen(0, () => process.send(server.address().port - first));
}
function extra(n) {
  if (n === 0) process.exit(0);
  const server = net.createServer();
  server.on("error", (error) => { console.log(error.code); extra(0); });
  server.listen(0, () => { console.log(server.address().port - first);
                           extra(n - 1); });
}
"""


@row("given a node cluster, when its workers listen on port 0, then they share "
     "a port of the block, and the primary takes the others until ENOBUFS")
def node_cluster():
    expect(run_node(CLUSTER, "--tcp=3"),
           ["0", "0", "0", "1", "2", "ENOBUFS"])


def run_node(program, *options):
    with folder() as where:
        path = where / "program.js"
        path.write_text(program)
        done = portres("run", *options, need("node"), str(path))
    expect((done.returncode, done.stderr), (0, ""))
    return done.stdout.splitlines()


FORKS = """
const {fork} = require("child_process"), net = require("net");
const first = Number(process.env.PORTRES_TCP_START);
if (process.argv[2] === "child") {
  const server = net.createServer();
  server.on("error", (error) => process.send(error.code));
  server.listen(0, () => process.send(server.address().port - first));
} else {
  const told = [];
  const children = [1, 2, 3, 4].map(() => fork(__filename, ["child"]));
  for (const child of children) {
    child.on("message", (m) => {
      told.push(m);
      if (told.length === 4) {
        console.log(told.map(String).sort().join(" "));
        children.forEach((child) => child.kill());
      }
    });
  }
}
"""


@row("given node with 4 children, when each listens on port 0 of a block of 3, "
     "then 3 get different ports and one fails with ENOBUFS")
def node_children():
    expect(run_node(FORKS, "--tcp=3"), ["0 1 2 ENOBUFS"])
    expect(run_node(FORKS, "--tcp=3", "--static"), ["0 1 2 ENOBUFS"])


# --- Servers on explicit ports ---

@contextlib.contextmanager
def server(command, *options, wanted=0):
    """A server in a tree, ended by SIGTERM to the command."""
    process = start("run", *options, "--", *command,
                    stderr=subprocess.DEVNULL)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        expect(process.wait(PATIENCE), wanted)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def until_answers(function):
    """Ask until a server answers that is about to."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return function()
        except (ConnectionError, IndexError):
            if time.monotonic() > deadline:
                raise


def parent_of(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        return int(stat.read().rpartition(")")[2].split()[1])


def until_adopted(pid, process):
    """Until what a daemon was started by has ended: the signal is its own
    until then."""
    deadline = time.monotonic() + PATIENCE
    while parent_of(pid) != process.pid:
        expect(time.monotonic() < deadline, True)
        time.sleep(0.01)


def with_free_block(count):
    first = free_block(count)
    return first, f"--tcp={count}@{first}"


@row("given redis-server, when it starts on a port of the block, "
     "then it answers on IPv4 and IPv6, and a second one there fails")
def redis():
    first, block = with_free_block(2)
    with folder() as where:
        command = unchanged_redis.command(first + 1, where)
        with server(command, block):
            for host in "127.0.0.1", "::1":
                expect(until_answers(lambda: unchanged_redis.ask(
                    first + 1, "PING", host)), "+PONG")
            expect(portres("run", "--tcp=1", *command).returncode, 1)


@row("given redis-server, when it starts twice on one port of the block, "
     "then the second one fails")
def redis_twice():
    first, block = with_free_block(2)
    with folder() as where:
        command = unchanged_redis.command(first, where)
        program = f"""
one = subprocess.Popen({command!r}, stdout=subprocess.PIPE, text=True)
for line in one.stdout:
    if "Ready to accept" in line: break
two = subprocess.run({command!r}, stdout=subprocess.PIPE, text=True)
say(two.returncode, "in use" in two.stdout)
one.terminate()
for line in one.stdout: pass
say(one.wait())
"""
        expect(lines(program, block), ["1 True", "0"])


@row("given nginx with two workers, when it starts on a port of the block and "
     "reloads another, then it answers on each, on IPv4 and IPv6")
def nginx():
    first, block = with_free_block(2)
    with folder() as where:
        command = unchanged_nginx.write(where, unchanged_nginx.server(first))
        with server(command, block):
            until_answers(lambda: get("127.0.0.1", first))
            unchanged_nginx.expect_served(first)
            unchanged_nginx.write(where,
                                  unchanged_nginx.server(first, first + 1))
            os.kill(int((where / "pid").read_text()), signal.SIGHUP)
            until_answers(lambda: get("::1", first + 1))
            unchanged_nginx.expect_served(first, first + 1)


@row("given nginx as a daemon, when it starts on a port of the block, then the "
     "command stays with it, and SIGTERM to the command ends it")
def nginx_daemon():
    first, block = with_free_block(1)
    with folder() as where:
        command = unchanged_nginx.write(where, unchanged_nginx.server(first),
                                        daemon="on")
        with server(command, block) as process:
            until_answers(lambda: get("127.0.0.1", first))
            until_adopted(int((where / "pid").read_text()), process)


@row("given nginx whose sockets have SO_REUSEPORT, when its workers listen, "
     "then each has its own at one port of the block")
def nginx_reuseport():
    first, block = with_free_block(1)
    servers = (f"server {{ listen 127.0.0.1:{first} reuseport; "
               "location / { return 200 here; } }")
    with folder() as where:
        with server(unchanged_nginx.write(where, servers), block):
            expect(until_answers(lambda: get("127.0.0.1", first)),
                   (200, "here"))


@row("given haproxy, when it starts on a port of the block, "
     "then it answers there, and stops cleanly")
def haproxy():
    first, block = with_free_block(1)
    with folder() as where, unchanged_haproxy.Backend() as backend:
        config = where / "haproxy.cfg"
        config.write_text(unchanged_haproxy.CONFIG.format(
            bind=f"bind 127.0.0.1:{first}", source="", backend=backend.port,
            closed=backend.closed.getsockname()[1]))
        command = [need("haproxy"), "-db", "-f", str(config)]
        with server(command, block, wanted=-15):
            expect(until_answers(lambda: get("127.0.0.1", first)),
                   (200, "here"))


# --- Programs that preloading does not reach ---

STATIC = r"""
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The arguments are types, and ports counted from the start; 0: any. */
static void take(int type, int port, int start) {
  struct sockaddr_in a = {.sin_family = AF_INET};
  socklen_t len = sizeof a;
  int s = socket(AF_INET, type, 0);
  a.sin_port = htons((uint16_t)(port < 0 ? 0 : start + port));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if ((port != -2 && bind(s, (void*)&a, len) != 0) ||
      (type == SOCK_STREAM && listen(s, 5) != 0)) {
    printf("%s\n", errno == ENOBUFS ? "ENOBUFS"
                   : errno == EADDRINUSE ? "EADDRINUSE" : "other");
    return;
  }
  getsockname(s, (void*)&a, &len);
  printf("%d\n", ntohs(a.sin_port) - start);
}

int main(int count, char** words) {
  const char* tcp = getenv("PORTRES_TCP_START");
  const char* udp = getenv("PORTRES_UDP_START");
  int start = atoi(tcp ? tcp : udp);
  for (int i = 1; i < count; i++) {
    take(tcp ? SOCK_STREAM : SOCK_DGRAM, atoi(words[i]), start);
    fflush(stdout);
  }
  return 0;
}
"""


@contextlib.contextmanager
def static_program():
    with folder() as where:
        source = where / "take.c"
        source.write_text(STATIC)
        done = subprocess.run(
            [*os.environ["PORTRES_TEST_CC"].split(), "-static",
             "-o", str(where / "take"), str(source)],
            stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Skip(f"no static programs here: {done.stderr}")
        yield str(where / "take")


def said(*words, **options):
    done = portres(*words, **options)
    expect((done.stderr, done.returncode), ("", 0))
    return done.stdout.splitlines()


@row("given a static program, when it binds port 0, listens without bind, or "
     "binds ports by number, then it is served, and the one too many fails")
def static():
    with static_program() as program:
        expect(said("run", "--tcp=3", program, "-1", "-1", "-2", "-1", "-2"),
               ["0", "1", "2", "ENOBUFS", "ENOBUFS"])
        expect(said("run", "--udp=2", program, "-1", "-1", "-1"),
               ["0", "1", "ENOBUFS"])
        expect(said("run", "--tcp=3", program, "1", "1", "-1", "-1", "-1",
                    "3"),
               ["1", "EADDRINUSE", "0", "2", "ENOBUFS", "3"])


@row("given a static program that a shell starts, when --static is given, "
     "then it shares the block with dynamic ones; without, it is kept out")
def static_in_tree():
    first = free_block(3)
    with static_program() as program:
        mixed = (f'{program} -1; {sys.executable} -c "import socket; '
                 's = socket.create_server((\\"127.0.0.1\\", 0)); '
                 f'print(s.getsockname()[1] - {first}, flush=True); '
                 f'import os; os.system(\\"{program} -1 -1 -1\\")"')
        expect(said("run", f"--tcp=3@{first}", "--static", "sh", "-c", mixed),
               ["0", "0", "1", "2", "ENOBUFS"])
        expect(said("run", f"--tcp=3@{first}", "sh", "-c", f"{program} 0 1 2"),
               3 * ["EADDRINUSE"])


@row("given the supervisor is killed, when a static program binds, "
     "then it fails")
def static_alone():
    with static_program() as program:
        process = start("run", "--tcp=1", "--static", "sh", "-c",
                        f"echo; read line; {program} -1 3; echo ended",
                        stdin=subprocess.PIPE)
        process.stdout.readline()
        process.kill()
        process.wait()
        expect(process.communicate("go on\n")[0], "other\nother\nended\n")


GO = """
package main

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
)

func main() {
	start, _ := strconv.Atoi(os.Getenv("PORTRES_TCP_START"))
	var group sync.WaitGroup
	var lock sync.Mutex
	ports := map[int]bool{}
	failed := 0
	for i := 0; i < 40; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				failed++
				return
			}
			ports[l.Addr().(*net.TCPAddr).Port-start] = true
		}()
	}
	group.Wait()
	for i := 0; i < 32; i++ {
		if !ports[i] {
			fmt.Println("missing", i)
		}
	}
	_, err := net.Listen("tcp", "127.0.0.1:0")
	fmt.Println(len(ports), failed, err)
	_, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", start))
	fmt.Println(err != nil)
}
"""


@row("given a Go program, when 40 goroutines listen on port 0 of a block of "
     "32, then 32 get different ports and the others fail")
def go():
    with folder() as where:
        (where / "take.go").write_text(GO)
        subprocess.run([need("go"), "build", "-o", "take", "take.go"],
                       cwd=where, check=True,
                       env=dict(os.environ, HOME=str(where),
                                GOCACHE=str(where / "cache"),
                                GOFLAGS="-mod=mod", GO111MODULE="off"))
        told = said("run", "--tcp=32", str(where / "take"))
        expect((told[0].startswith("32 8 "),
                "no buffer space available" in told[0], told[1:]),
               (True, True, ["true"]))


if __name__ == "__main__":
    main()
