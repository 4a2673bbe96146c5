#!/usr/bin/env python3
"""Everyday tools under preload run as they run without it.

They bind nothing, or an explicit port; what is stressed is that the library in
the process of a shell, of curl, git or openssl changes nothing they say.
"""

import contextlib
import http.server
import os
import socket
import subprocess
import threading

from unchanged_support import (Program, expect, folder, free_block, get, main,
                               need, row, run)


@contextlib.contextmanager
def web(where):
    """A web server of a folder, in this process; its port."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(where))

        def log_message(self, *_):
            pass

        def version_string(self):
            return "test"

        def date_time_string(self, timestamp=None):
            return "now"

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def same(command):
    """Run a command without us, with us and with a block; what it says."""
    plain = run(command, plain=True)
    wanted = (plain.stdout, plain.stderr, plain.returncode)
    for variables in {}, {"PORTRES_OUTGOING": "1"}:
        for block in None, "tcp:0:64,udp:0:64":
            ours = run(command, block, **variables)
            expect((ours.stdout, ours.stderr, ours.returncode), wanted)
    return plain.stdout


@row("given a web server, when bash asks by /dev/tcp, "
     "then it hears the same with and without preload")
def bash_asks():
    with folder() as where:
        (where / "index.html").write_text("here")
        with web(where) as port:
            script = (f"exec 3<>/dev/tcp/127.0.0.1/{port}; "
                      "printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3; "
                      "echo a | cat | (cat; true) > /dev/null; exec 3>&-")
            expect(same([need("bash"), "-c", script]).endswith("here"), True)


@row("given a web server, when curl asks, "
     "then it hears the same with and without preload")
def curl_asks():
    with folder() as where:
        (where / "index.html").write_text("here")
        with web(where) as port:
            base = f"http://127.0.0.1:{port}/"
            expect(same([need("curl"), "-sS", "-i", base]).endswith("here"),
                   True)
            expect(same([need("curl"), "-sS", "--parallel",
                         "--no-progress-meter"] + 9 * [base]),
                   9 * "here")


@row("given PORTRES_OUTGOING=1, when curl asks, "
     "then its port is the first of the block")
def curl_outgoing():
    start = free_block(2)
    with folder() as where, web(where) as port:
        done = run([need("curl"), "-sS", "-o", "/dev/null", "-w",
                    "%{local_port}", f"http://127.0.0.1:{port}/"],
                   f"tcp:{start}:2", PORTRES_OUTGOING="1")
        expect(done.stdout, str(start))


@row("given a block, when curl is told a range of local ports inside of it, "
     "then its port is of that range")
def curl_local_port():
    start = free_block(4)
    with folder() as where, web(where) as port:
        done = run([need("curl"), "-sS", "-o", "/dev/null", "-w",
                    "%{local_port}", "--local-port", f"{start + 2}-{start + 3}",
                    f"http://127.0.0.1:{port}/"], f"tcp:{start}:4")
        expect(done.stdout, str(start + 2))


@row("given git, when it tells its version and clones by HTTP, "
     "then it does so under preload")
def git_runs():
    git = need("git")
    same([git, "--version"])
    with folder() as where:
        quiet = {"HOME": str(where), "GIT_CONFIG_NOSYSTEM": "1",
                 "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@test",
                 "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@test"}
        bare = str(where / "site" / "one.git")
        for command in (["init", "-q", "--bare", bare],
                        ["clone", "-q", bare, str(where / "work")],
                        ["-C", str(where / "work"), "commit", "-q", "-m", "x",
                         "--allow-empty"],
                        ["-C", str(where / "work"), "push", "-q", "origin",
                         "HEAD"],
                        ["-C", bare, "update-server-info"]):
            subprocess.run([git, *command], check=True, capture_output=True,
                           env={**os.environ, **quiet})
        with web(where / "site") as port:
            for block in None, "tcp:0:8":
                run([git, "clone", "-q", f"http://127.0.0.1:{port}/one.git",
                     str(where / f"copy-{block}")], block, **quiet)
        expect((where / "copy-tcp:0:8" / ".git").is_dir(), True)


@row("given a block, when openssl serves on a port of it, "
     "then openssl and curl talk to it under preload")
def openssl_serves():
    openssl, curl = need("openssl"), need("curl")
    start = free_block(2)
    with folder() as where:
        key, certificate = where / "key", where / "certificate"
        run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
             "/CN=localhost", "-keyout", str(key), "-out", str(certificate)])
        with Program([openssl, "s_server", "-accept", f"127.0.0.1:{start + 1}",
                      "-key", str(key), "-cert", str(certificate), "-www"],
                     f"tcp:{start}:2") as server:
            server.wait_for("ACCEPT")
            expect(server.loaded(), True)
            done = run([curl, "-sSk", f"https://127.0.0.1:{start + 1}/"])
            expect("s_server" in done.stdout, True)
            done = run([openssl, "s_client", "-connect",
                        f"127.0.0.1:{start + 1}"], check=False)
            expect("CN = localhost" in done.stdout, True)


@row("given openssl on port 0, when the block has one port, "
     "then the first server has it and the second fails")
def openssl_exhausts():
    openssl = need("openssl")
    start = free_block(1)
    command = [openssl, "s_server", "-nocert", "-accept", "127.0.0.1:0"]
    with Program(command, f"tcp:{start}:1") as server:
        expect(str(start) in server.wait_for("ACCEPT"), True)
        done = run(command, f"tcp:{start}:1", check=False)
        # Its exit status is 0 either way.
        expect(("ACCEPT" in done.stdout, f"tcp:{start}:1" in done.stderr),
               (False, True))


if __name__ == "__main__":
    main()
