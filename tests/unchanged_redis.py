#!/usr/bin/env python3
"""redis-server, unmodified, on explicit ports of a PORTRES_BLOCK.

redis binds the ports it is told, IPv4 and IPv6 each with a socket of its own,
and knows no port 0: a port inside the block must count as its own there.
"""

import contextlib
import socket

from unchanged_support import (PATIENCE, Program, expect, folder, free_block,
                               main, need, row, run, tell)


def command(port, where):
    return [need("redis-server"), "--port", str(port), "--bind", "127.0.0.1",
            "::1", "--save", "", "--dir", str(where), "--daemonize", "no"]


@contextlib.contextmanager
def redis(port, block, **variables):
    """A redis on this port of both families, ended by SHUTDOWN."""
    with folder() as where, Program(command(port, where), block,
                                    **variables) as program:
        program.wait_for("Ready to accept connections")
        expect(program.loaded(), True)
        yield program
        tell(("127.0.0.1", port), "SHUTDOWN NOSAVE\r\n")
        program.end()


def ask(port, question, host="127.0.0.1"):
    return tell((host, port), question + "\r\n", until="\r\n").strip()


@row("given a block, when redis starts on a port of it, "
     "then it answers on IPv4 and IPv6 and stops cleanly")
def inside():
    start = free_block(2)
    with redis(start + 1, f"tcp:{start}:2"):
        for host in "127.0.0.1", "::1":
            expect(ask(start + 1, "PING", host), "+PONG")


@row("given a block, when redis starts on a port outside of it, "
     "then it answers there")
def outside():
    start = free_block(2)
    with redis(start + 2, f"tcp:{start}:2"):
        expect(ask(start + 2, "PING"), "+PONG")


@row("given a block, when redis moves to other ports inside and outside, "
     "then it answers on each")
def moves():
    start = free_block(2)
    with redis(start, f"tcp:{start}:2"):
        expect(ask(start, f"CONFIG SET port {start + 2}"), "+OK")
        expect(ask(start + 2, f"CONFIG SET port {start + 1}"), "+OK")
        expect(ask(start + 1, f"CONFIG SET port {start}"), "+OK")
        expect(ask(start, "PING"), "+PONG")


@row("given a block of which a stranger holds a port, when redis starts on "
     "another port of it, then it fails and one line says why")
def stranger():
    start = free_block(2)
    with socket.create_server(("127.0.0.1", start + 1)), folder() as where:
        done = run(command(start, where), f"tcp:{start}:2", check=False)
    ours = [line for line in done.stderr.splitlines() if "PORTRES" in line]
    expect((done.returncode != 0, len(ours)), (True, 1))
    expect("Address already in use" in done.stdout + done.stderr, True)


def replica_port(start, count, **variables):
    """The port from which a redis on `start` connects to its primary."""
    with socket.create_server(("127.0.0.1", 0)) as primary:
        primary.settimeout(PATIENCE)
        with redis(start, f"tcp:{start}:{count}", **variables):
            port = primary.getsockname()[1]
            expect(ask(start, f"REPLICAOF 127.0.0.1 {port}"), "+OK")
            peer, address = primary.accept()
            expect(ask(start, "REPLICAOF NO ONE"), "+OK")
            peer.close()
    return address[1]


@row("given a block, when redis connects to a primary, "
     "then the kernel picks its port")
def outgoing_passes():
    start = free_block(2)
    expect(replica_port(start, 2) in range(start, start + 2), False)


@row("given PORTRES_OUTGOING=1, when redis connects to a primary, "
     "then its port comes from the block")
def outgoing_drawn():
    start = free_block(2)
    expect(replica_port(start, 2, PORTRES_OUTGOING="1"), start + 1)


@row("given PORTRES_OUTGOING=1 and a full block, when redis connects to a "
     "primary, then the connection fails for want of ports")
def outgoing_exhausts():
    start = free_block(1)
    with redis(start, f"tcp:{start}:1", PORTRES_OUTGOING="1") as program:
        expect(ask(start, "REPLICAOF 127.0.0.1 1"), "+OK")
        program.wait_for("No buffer space available")


if __name__ == "__main__":
    main()
