#!/usr/bin/env python3
"""haproxy, unmodified, on explicit ports of a PORTRES_BLOCK.

haproxy binds with SO_REUSEPORT, can become a daemon after it has bound, and
binds its outgoing connections to port 0 when it is given a source address.
"""

import contextlib
import os
import select
import signal
import socket
import threading

from unchanged_support import (PATIENCE, Program, expect, folder, free_block,
                               get, main, need, row, run)

CONFIG = """
global
  maxconn 64
  nbthread 2
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  retries 0
frontend front
  {bind}
  default_backend back
backend back
  server answer 127.0.0.1:{backend} {source}
backend probe
  server none 127.0.0.1:{closed} check
"""


class Backend:
    """An HTTP server in this process that says "here", or holds its tongue."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        # Nobody listens here: haproxy tells so as soon as it runs.
        self.closed = socket.socket()
        self.closed.bind(("127.0.0.1", 0))
        self.asked = threading.Event()
        self.peers = []  # the ports from which requests came
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.threads = []

    def __enter__(self):
        self.start(self.accept)
        return self

    def __exit__(self, *failure):
        self.may_answer.set()
        self.server.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(PATIENCE)
        self.server.close()
        self.closed.close()

    def start(self, *work):
        thread = threading.Thread(target=work[0], args=work[1:], daemon=True)
        self.threads.append(thread)
        thread.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                peer, address = self.server.accept()
                self.start(self.answer, peer, address[1])

    def answer(self, peer, port):
        with peer, contextlib.suppress(OSError):
            peer.recv(4096)
            self.peers.append(port)
            self.asked.set()
            self.may_answer.wait(PATIENCE)
            peer.sendall(b"HTTP/1.0 200 OK\r\n\r\nhere")


def write(where, ports, backend, source=""):
    """Write a configuration; the command that starts haproxy with it."""
    config = where / "haproxy.cfg"
    bind = "\n  ".join(f"bind 127.0.0.1:{port}\n  bind [::1]:{port}"
                       for port in ports)
    config.write_text(CONFIG.format(bind=bind, source=source,
                                    backend=backend.port,
                                    closed=backend.closed.getsockname()[1]))
    return [need("haproxy"), "-f", str(config)]


def expect_served(*ports):
    for port in ports:
        for host in "127.0.0.1", "::1":
            expect(get(host, port), (200, "here"))


@contextlib.contextmanager
def haproxy(block, *ports, source=""):
    """A haproxy in the foreground with its backend, ended by SIGTERM."""
    with Backend() as backend, folder() as where:
        command = write(where, ports, backend, source) + ["-db"]
        with Program(command, block) as program:
            program.wait_for("Server probe/none is DOWN")
            expect(program.loaded(), True)
            yield backend
            backend.may_answer.set()
            program.process.send_signal(signal.SIGTERM)
            program.end(-signal.SIGTERM)


@row("given a block, when haproxy starts on a port of it, "
     "then it answers on IPv4 and IPv6 and stops cleanly")
def inside():
    start = free_block(2)
    with haproxy(f"tcp:{start}:2", start + 1):
        expect_served(start + 1)


@row("given a block, when haproxy starts on a port outside of it as well, "
     "then it answers on both")
def outside():
    start = free_block(2)
    with haproxy(f"tcp:{start}:2", start, start + 2):
        expect_served(start, start + 2)


@row("given a block of which a stranger holds a port, when haproxy starts on "
     "another port of it, then it fails and one line says why")
def stranger():
    start = free_block(2)
    with socket.create_server(("127.0.0.1", start + 1)), Backend() as backend:
        with folder() as where:
            done = run(write(where, [start], backend) + ["-db"],
                       f"tcp:{start}:2", check=False)
    ours = [line for line in done.stderr.splitlines() if "PORTRES" in line]
    expect((done.returncode != 0, len(ours)), (True, 1))


def wait_for_end(pid):
    """Wait for a process that is not a child of ours."""
    fd = os.pidfd_open(pid)
    ended, _, _ = select.select([fd], [], [], PATIENCE)
    os.close(fd)
    expect(ended, [fd])


@row("given a block, when haproxy becomes a daemon on a port of it, "
     "then it answers there and stops cleanly")
def daemon():
    start = free_block(2)
    with Backend() as backend, folder() as where:
        pid_file = where / "pid"
        command = write(where, [start], backend)
        run(command + ["-D", "-p", str(pid_file)], f"tcp:{start}:2")
        pid = int(pid_file.read_text())
        try:
            expect_served(start)
        finally:
            os.kill(pid, signal.SIGTERM)
        wait_for_end(pid)


@row("given a block of 2, when haproxy binds its outgoing connections to "
     "port 0, then the first takes the block's last port and the next fails")
def source_exhausts():
    start = free_block(2)
    with haproxy(f"tcp:{start}:2", start, source="source 127.0.0.1") as backend:
        backend.may_answer.clear()
        with socket.create_connection(("127.0.0.1", start)) as first:
            first.sendall(b"GET / HTTP/1.0\r\n\r\n")
            expect(backend.asked.wait(PATIENCE), True)
            expect(backend.peers, [start + 1])
            expect(get("127.0.0.1", start)[0], 503)


if __name__ == "__main__":
    main()
