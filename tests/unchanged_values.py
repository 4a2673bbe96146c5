#!/usr/bin/env python3
"""The values of PORTRES_BLOCK: good, malformed, busy, missing.

A value that is wrong must not pass in silence, and must not hurt a program
that binds no inet socket: it fails the binds, and one line says why.
"""

import os
import socket
import sys

from unchanged_script import PRELUDE, lines
from unchanged_support import Skip, expect, free_block, main, row, run

MALFORMED = [
    "tcp", "tcp:", "tcp:1", "tcp:1:", "tcp::1", "tcp:70000:1", "tcp:0:0",
    "tcp:65535:2", "tcp:0:65536", "tcp:0:70000", "tcp:x:1", "udp:x:1",
    "udp:1:x", "sctp:0:1", "TCP:0:1", "tcp6:0:1", "0:1", "tcp:0:1,",
    ",tcp:0:1", "tcp:0:1,,udp:0:1", "tcp:0:1;udp:0:1", " tcp:0:1", "tcp:0:1 ",
    "tcp: 0:1", "tcp:-1:1", "tcp:+1:1", "tcp:0x10:1", "tcp:0:1:2",
    "tcp:99999999999999999999:1", "tcp:4294967296:1", "tcp:0:4294967297",
    "tcp:0:1\n", "tcp:0:1,udp:0:0", ",".join(17 * ["tcp:0:1"]), "x" * 5000,
]

# Binds that fail for the first and the second time, of each kind.
BINDS = """
say(take(), take(UDP), take(port=start), take(host="::1"), take())
s = socket.socket()
say(attempt(s.listen))
"""


def refuses_binds(value):
    """A row for one malformed value."""
    def check():
        start = free_block(1)
        done = run([sys.executable, "-c", PRELUDE + BINDS, str(start)], value)
        failures, listen = done.stdout.splitlines()
        expect((set(failures.split()), listen), ({"EINVAL"}, "EINVAL"))
        complaints = done.stderr.splitlines()
        expect(len(complaints), 1)
        shown = value.split("\n")[0][:20]
        expect((complaints[0].startswith("portres: PORTRES_BLOCK="),
                shown in complaints[0]), (True, True))
        # A value, a reason, and what comes of it.
        reason = complaints[0].rpartition('":')[2]
        expect("binds fail" in reason and len(reason) > 20, True)
    return check


for malformed in MALFORMED:
    name = repr(malformed if len(malformed) < 40 else malformed[:30] + "...")
    row(f"given PORTRES_BLOCK={name}, when sockets bind, "
        "then each fails and one line names the value and the reason"
        )(refuses_binds(malformed))


@row("given a malformed value, when programs bind no inet socket, "
     "then they run as without it, and in silence")
def harmless():
    unix = "import socket, tempfile; d = tempfile.mkdtemp(); "
    unix += "s = socket.socket(socket.AF_UNIX); s.bind(d + '/s'); s.listen(); "
    unix += "import shutil; shutil.rmtree(d); print('bound')"
    for command in (["ls", "/"], ["true"], ["sh", "-c", "echo $((6 * 7))"],
                    [sys.executable, "-c", "print('hello')"],
                    [sys.executable, "-c", unix]):
        plain = run(command, plain=True)
        ours = run(command, "nonsense")
        expect((ours.stdout, ours.stderr), (plain.stdout, ""))


@row("given a malformed value, when a socket connects and another binds, "
     "then only the bind fails")
def malformed_connects():
    with socket.create_server(("127.0.0.1", 0)) as server:
        program = ("got = socket.create_connection(('127.0.0.1', start))\n"
                   "say(got.getpeername()[1] - start, take())")
        port = server.getsockname()[1]
        done = run([sys.executable, "-c", PRELUDE + program, str(port)], "tcp")
        expect(done.stdout, "0 EINVAL\n")
        expect(len(done.stderr.splitlines()), 1)


NO_BLOCK = """
low, high = map(int, open("/proc/sys/net/ipv4/ip_local_port_range").read()
                .split())
for _ in range(50):
    got = take()
    if not isinstance(got, int) or not low <= got + start <= high: say(got)
say(take(port=start))
"""


@row("given no PORTRES_BLOCK, when sockets bind, "
     "then the kernel picks the ports and nothing is said")
def unset():
    start = free_block(1)
    for block in None, "":
        for variables in {}, {"PORTRES_OUTGOING": "1"}:
            done = run([sys.executable, "-c", PRELUDE + NO_BLOCK, str(start)],
                       block, **variables)
            expect((done.stdout, done.stderr), ("0\n", ""))


@row("given a block of TCP alone, when a UDP socket binds port 0, "
     "then the kernel picks its port")
def other_protocol():
    expect(lines("""
say(take(), take(), 0 <= take(UDP) < 2, take(UDP, port=start + 1))
""", 2), ["0 1 False 1"])


@row("given a block that may start anywhere, when sockets bind port 0, "
     "then they take consecutive ports of the dynamic range")
def anywhere():
    expect(lines("""
ports = [bound() for _ in range(3)]
first = offset(ports[0]) + start
say([offset(s) + start - first for s in ports], 49152 <= first <= 65533)
say(take())
""", 3, block="tcp:0:3"), ["[0, 1, 2] True", "ENOBUFS"])


@row("given a block that may start anywhere, when the first bind names a port "
     "outside of the dynamic range, then it has that port")
def anywhere_explicit():
    expect(lines("say(take(port=start))", 1, block="tcp:0:2"), ["0"])


@row("given two blocks of one protocol, when sockets bind port 0, "
     "then the first block is used up before the second")
def two_blocks():
    start = free_block(6)
    program = PRELUDE + "for _ in range(4): say(take())"
    done = run([sys.executable, "-c", program, str(start)],
               f"tcp:{start + 4}:1,udp:{start}:1,tcp:{start}:2")
    expect((done.stdout.split(), done.stderr),
           (["4", "0", "1", "ENOBUFS"], ""))


@row("given two blocks that overlap, when the first is used up, "
     "then the second is refused and one line says so")
def overlap():
    start = free_block(3)
    program = PRELUDE + "for _ in range(4): say(take())"
    done = run([sys.executable, "-c", program, str(start)],
               f"tcp:{start}:2,tcp:{start + 1}:2")
    expect(done.stdout.split(), ["0", "1", "EADDRINUSE", "EADDRINUSE"])
    expect(len(done.stderr.splitlines()), 1)
    expect(f"tcp:{start + 1}:2" in done.stderr, True)


BUSY = """
say(take(), take(port=start), take(port=start + 2), take(UDP) != 0)
say(take(), take(port=start))
"""


@row("given a block of which a stranger holds a port, when sockets bind, then "
     "those that need it fail with EADDRINUSE and one line says so")
def busy():
    start = free_block(2)
    with socket.create_server(("127.0.0.1", start + 1)):
        done = run([sys.executable, "-c", PRELUDE + BUSY, str(start)],
                   f"tcp:{start}:2")
    expect(done.stdout.splitlines(), ["EADDRINUSE EADDRINUSE 2 True",
                                      "EADDRINUSE EADDRINUSE"])
    complaints = done.stderr.splitlines()
    expect((len(complaints), f"tcp:{start}:2" in complaints[0],
            "EADDRINUSE" in complaints[0]), (1, True, True))


@row("given a program that empties its environment after its first socket, "
     "when it binds port 0, then it takes the block all the same")
def environment_cleared():
    expect(lines("""
import tempfile
with tempfile.TemporaryDirectory() as where:
    with socket.socket(socket.AF_UNIX) as s: s.bind(where + "/s")
os.environ.clear()
say(take(), take())
""", 1), ["0 ENOBUFS"])


@row("given a block of privileged ports and no right to them, "
     "when a socket binds, then it fails with EACCES and one line says so")
def privileged():
    if os.environ.get("PORTRES_TEST_NO_NETNS") and os.geteuid() == 0:
        raise Skip("without a namespace root keeps its rights")
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
        expect(int(file.read()) > 80, True)
    done = run([sys.executable, "-c", PRELUDE + "say(take(), take())", "80"],
               "tcp:80:1")
    expect(done.stdout, "EACCES EACCES\n")
    expect((len(done.stderr.splitlines()), "EACCES" in done.stderr), (1, True))


if __name__ == "__main__":
    main()
