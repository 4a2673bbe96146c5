"""Short Python programs that run unmodified under PORTRES_BLOCK."""

import sys

from unchanged_support import expect, free_block, run

# What the programs share. take() gives the port, counted from the start of the
# block, or the name of the error.
PRELUDE = """
import errno, os, socket, sys
start = int(sys.argv[1])
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
held = []

def bound(kind=TCP, host="127.0.0.1", port=0):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    s = socket.socket(family, kind)
    try:
        s.bind((host, port))
    except OSError:
        s.close()
        raise
    return s

def offset(s):
    return s.getsockname()[1] - start

def attempt(function, *arguments, **named):
    try:
        result = function(*arguments, **named)
    except OSError as error:
        return errno.errorcode[error.errno]
    held.append(result)
    return result

def take(*arguments, **named):
    result = attempt(bound, *arguments, **named)
    return result if isinstance(result, str) else offset(result)

def descriptors():
    return len(os.listdir("/proc/self/fd"))

def say(*words):
    print(*words, flush=True)
"""


def lines(program, count, protocol="tcp", block=None, stderr="", **variables):
    """What a program says with a block of `count` free ports.

    `block` is the value of PORTRES_BLOCK, in which {start} is the first of the
    ports; by default it is one block of them all.
    """
    start = free_block(count)
    value = (block or f"{protocol}:{{start}}:{count}").format(start=start)
    done = run([sys.executable, "-c", PRELUDE + program, str(start)], value,
               **variables)
    expect(done.stderr, stderr)
    return done.stdout.splitlines()
