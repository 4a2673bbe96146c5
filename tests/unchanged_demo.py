#!/usr/bin/env python3
"""The examples do what they print: reserve, portserver, demo-unchanged.

portserver checks itself and ends with a status; here its words are compared
with what is so, and it is shown that it can fail.
"""

import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys

import unchanged_support as support
from unchanged_support import (PATIENCE, Program, expect, main, need, row, run,
                               tell)

EXAMPLES = pathlib.Path(os.environ.get("PORTRES_TEST_EXAMPLES", "."))
SOURCES = pathlib.Path(__file__).resolve().parent.parent / "examples"


def example(name):
    path = EXAMPLES / name
    if not path.exists():
        raise support.Skip(f"{name} is not built")
    return str(path)


def portserver(*options, check=True):
    return run([example("portserver"), *options], plain=True, check=check)


@row("given the example of README, when it runs, "
     "then it binds the first of the ports it reserved")
def reserve():
    done = run([example("reserve")], plain=True)
    first, last, port = map(int, re.findall(r"\d+", done.stdout))
    expect((last - first, port), (3, first))


@row("given portserver, when it runs, then it shows 8 ports of each protocol, "
     "the ninth refused, one handed out again, every echo and the list")
def story():
    done = portserver()
    expect(done.stderr, "")
    table = re.findall(r"^ +(\d) +(\w+) +(\w+)$", done.stdout, re.MULTILINE)
    expect([line[0] for line in table], list("123456789"))
    for column in 1, 2:
        ports = [line[column] for line in table]
        first = int(ports[0])
        expect(ports, [str(first + i) for i in range(8)] + ["refused"])
        for words in (f"port {first + 4}: refused, EACCES",
                      f"any port: it has port {first + 4}"):
            expect(words in done.stdout, True)
        name = ("", "tcp", "udp")[column]
        expect(re.search(rf"{first}-{first + 7} +portserver {name} +8 +0 +0 ",
                         done.stdout) is not None, True)
    expect(done.stdout.count("8 of 8 answered"), 2)


@row("given portserver and a pipe, when it prints, "
     "then there is no escape code and no line over 80 columns")
def plain_text():
    lines = portserver().stdout.splitlines()
    expect([line for line in lines if "\x1b" in line or len(line) > 80], [])


@row("given block sizes, when portserver runs, then it uses them")
def sizes():
    done = portserver("--tcp", "1", "--udp", "30")
    expect(("1 of 1 answered" in done.stdout, "30 of 30 answered" in
            done.stdout), (True, True))


@row("given wrong options, when portserver runs, "
     "then it says how to use it and ends with 2")
def wrong_options():
    for options in (["--tcp", "0"], ["--tcp", "x"], ["--udp", "401"],
                    ["--udp", "-1"], ["--tcp"], ["--no-such"]):
        done = portserver(*options, check=False)
        expect((done.returncode, done.stdout, done.stderr != ""),
               (2, "", True))
    expect(portserver("--help").stdout.startswith("usage: portserver"), True)


@row("given portserver --serve, when a stranger talks to a port of the list, "
     "then it echoes until standard input ends or SIGTERM comes")
def serves():
    for end in (lambda process: process.stdin.close(),
                lambda process: process.send_signal(signal.SIGTERM)):
        with Program([example("portserver"), "--serve"]) as program:
            listed = program.wait_for("portserver tcp  ")
            port = int(re.search(r"(\d+)-", listed)[1])
            program.wait_for("Serving until")
            expect(tell(("127.0.0.1", port), "hello", until="hello"), "hello")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.settimeout(PATIENCE)
                s.sendto(b"hello", ("127.0.0.1", port))
                expect(s.recv(9), b"hello")
            end(program.process)
            program.end()


@row("given too few descriptors, when portserver runs, "
     "then it fails with one clear line")
def fails():
    done = subprocess.run(
        [example("portserver")], capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                              (16, 16)))
    expect((done.returncode, len(done.stderr.splitlines())), (1, 1))
    expect(done.stderr.startswith("portserver: not as promised: "), True)


@row("given Python's HTTP server, when demo-unchanged runs, "
     "then it shows 4 servers, the fifth refused, and python3 -m http.server")
def unchanged():
    need("python3")
    done = run([str(SOURCES / "demo-unchanged.sh"), support.library],
               plain=True, PATH=os.path.dirname(sys.executable) + ":" +
               os.environ["PATH"])
    expect(done.stderr, "")
    ports = [int(port) for port in
             re.findall(r"^ +\d  (\d+)  200 hello", done.stdout, re.MULTILINE)]
    expect(ports, [ports[0] + i for i in range(4)])
    expect("5   none  refused: No buffer space available" in done.stdout, True)
    expect(f"Serving HTTP on 127.0.0.1 port {ports[0]} " in done.stdout, True)


@row("given a library that does nothing, when demo-unchanged runs, "
     "then it fails and says what is not as promised")
def unchanged_fails():
    # The loader complains of a program in LD_PRELOAD, and goes on without.
    done = run([str(SOURCES / "demo-unchanged.sh"), need("true")], plain=True,
               check=False)
    expect(done.returncode, 1)
    expect("demo-unchanged: not as promised" in done.stderr, True)


if __name__ == "__main__":
    main()
