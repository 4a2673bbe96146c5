#!/usr/bin/env python3
"""nginx, unmodified, on explicit ports of a PORTRES_BLOCK.

nginx binds in its master, serves in forked workers, forks once more to become
a daemon, and binds new ports when it reloads: the block belongs to whichever
process binds, and the listening sockets outlive the one that bound them.
"""

import contextlib
import os
import signal
import socket

from unchanged_support import (PATIENCE, Program, expect, folder, free_block,
                               get, main, need, row, run)

CONFIG = """
daemon {daemon}; master_process {master}; worker_processes 2;
pid {where}/pid; error_log stderr notice; {user}
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {where}/body; proxy_temp_path {where}/proxy;
  fastcgi_temp_path {where}/fastcgi; uwsgi_temp_path {where}/uwsgi;
  scgi_temp_path {where}/scgi;
  {servers}
}}
"""


def server(*ports, answer="here"):
    """A server on these ports of both families."""
    listen = "".join(f"listen 127.0.0.1:{port}; listen [::1]:{port}; "
                     for port in ports)
    return f"server {{ {listen} location / {{ return 200 {answer}; }} }}"


def write(where, servers, daemon="off", master="on"):
    """Write a configuration; the command that starts nginx with it."""
    # Root without capabilities cannot change to another user.
    user = "user root;" if os.geteuid() == 0 else ""
    config = where / "nginx.conf"
    config.write_text(CONFIG.format(where=where, daemon=daemon, master=master,
                                    servers=servers, user=user))
    return [need("nginx"), "-p", str(where), "-c", str(config), "-e", "stderr"]


def expect_served(*ports):
    for port in ports:
        for host in "127.0.0.1", "::1":
            expect(get(host, port), (200, "here"))


@contextlib.contextmanager
def nginx(block, servers, **options):
    """An nginx in the foreground, ended by SIGQUIT."""
    with folder() as where:
        with Program(write(where, servers, **options), block) as program:
            is_alone = options.get("master") == "off"
            program.wait_for("getrlimit(" if is_alone else "start worker ")
            expect(program.loaded(), True)
            yield where, program
            program.process.send_signal(signal.SIGQUIT)
            program.end()


@row("given a block, when nginx with workers starts on a port of it, "
     "then it answers on IPv4 and IPv6 and stops cleanly")
def inside():
    start = free_block(2)
    with nginx(f"tcp:{start}:2", server(start + 1)):
        expect_served(start + 1)


@row("given a block, when nginx starts on a port outside of it as well, "
     "then it answers on both")
def outside():
    start = free_block(2)
    with nginx(f"tcp:{start}:2", server(start, start + 2)):
        expect_served(start, start + 2)


@row("given a block of which a stranger holds a port, when nginx starts on "
     "another port of it, then it fails and one line says why")
def stranger():
    start = free_block(2)
    with socket.create_server(("127.0.0.1", start + 1)), folder() as where:
        done = run(write(where, server(start)), f"tcp:{start}:2", check=False)
    ours = [line for line in done.stderr.splitlines() if "PORTRES" in line]
    expect((done.returncode != 0, len(ours)), (True, 1))
    expect("Address already in use" in done.stderr, True)


@row("given nginx on a port of the block, when SIGHUP brings a second port, "
     "then it answers on both")
def reload_foreground():
    start = free_block(2)
    with nginx(f"tcp:{start}:2", server(start)) as (where, program):
        write(where, server(start, start + 1))
        program.process.send_signal(signal.SIGHUP)
        program.wait_for("reconfiguring")
        program.wait_for("start worker process ")
        expect_served(start, start + 1)


def stop_daemon(where, program):
    """End a daemon by its pid file, and wait: its standard error ends."""
    os.kill(int((where / "pid").read_text()), signal.SIGQUIT)
    program.end()


@row("given a block, when nginx becomes a daemon on a port of it and SIGHUP "
     "brings a second port, then it answers on both and stops cleanly")
def reload_daemon():
    start = free_block(2)
    with folder() as where:
        command = write(where, server(start), daemon="on")
        with Program(command, f"tcp:{start}:2") as program:
            program.wait_for("start worker process ")
            try:
                expect_served(start)
                write(where, server(start, start + 1), daemon="on")
                os.kill(int((where / "pid").read_text()), signal.SIGHUP)
                program.wait_for("reconfiguring")
                program.wait_for("start worker process ")
                expect_served(start, start + 1)
            finally:
                stop_daemon(where, program)


@row("given a full block, when a reload drops a port and another brings it "
     "back, then it answers there again")
def reload_returns():
    start = free_block(2)
    with nginx(f"tcp:{start}:2", server(start, start + 1)) as (where, program):
        for ports in [start], [start, start + 1]:
            write(where, server(*ports))
            program.process.send_signal(signal.SIGHUP)
            program.wait_for("reconfiguring")
            program.wait_for("start worker process ")
            expect_served(*ports)


@row("given a block of 2, when nginx in one process binds its proxy "
     "connections to port 0, then the first takes the block's last port and "
     "the next fails for want of ports")
def proxy_exhausts():
    start = free_block(2)
    with socket.create_server(("127.0.0.1", 0)) as backend:
        backend.settimeout(PATIENCE)
        port = backend.getsockname()[1]
        site = (f"server {{ listen 127.0.0.1:{start}; location / {{ "
                f"proxy_bind 127.0.0.1; proxy_pass http://127.0.0.1:{port}; "
                "} }")
        with nginx(f"tcp:{start}:2", site, master="off") as (_, program):
            with socket.create_connection(("127.0.0.1", start)) as first:
                first.sendall(b"GET / HTTP/1.0\r\n\r\n")
                peer, address = backend.accept()
                expect(address[1], start + 1)
                expect(get("127.0.0.1", start)[0] >= 500, True)
                program.wait_for("No buffer space available")
                peer.close()


if __name__ == "__main__":
    main()
