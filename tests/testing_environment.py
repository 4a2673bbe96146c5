#!/usr/bin/env python3
"""PORTRES_TESTING: the controls for tests, in programs that nobody changed.

Each item does what its function of portres/testing.h does. A value that is
malformed must not pass in silence, or a slip of the pen in CI would look like a
test that passes: every call fails, and one line says why. What a program does
that has nothing to do with reservations goes on as ever.
"""

import re
import socket
import sys

from unchanged_script import PRELUDE
from unchanged_support import expect, free_block, main, row, run

# The API by hand, for what a plain program does not call.
API = PRELUDE + """
import ctypes
lib = ctypes.CDLL(None)
lib.portres_error_name.restype = ctypes.c_char_p

class Range(ctypes.Structure):
    _fields_ = [("start", ctypes.c_uint16), ("count", ctypes.c_uint16)]

class Reservation(ctypes.Structure):
    _fields_ = [("range", Range), ("token", ctypes.c_uint64)]

def named(status):
    return lib.portres_error_name(status).decode()

def plain(kind=UDP):
    held.append(socket.socket(socket.AF_INET, kind))
    return held[-1]

granted = Reservation()

def acquire(first=0, count=2, kind=UDP):
    status = lib.portres_acquire(plain(kind).fileno(), Range(first, count),
                                 ctypes.byref(granted))
    return named(status) if status else granted.range.start - start

def associate(s=None):
    return named(lib.portres_associate((s or plain()).fileno(),
                                       ctypes.c_uint64(granted.token)))

def release():
    return named(lib.portres_release(plain().fileno(),
                                     ctypes.c_uint64(granted.token)))

def member(kind=UDP):
    s = plain(kind)
    lib.portres_associate(s.fileno(), ctypes.c_uint64(granted.token))
    return s

def did(function, *arguments):
    result = attempt(function, *arguments)
    return result if isinstance(result, str) else "OK"

def create():
    return named(lib.portres_persistent_create(17, Range(0, 0),
                                               ctypes.byref(granted)))

def delete():
    return named(lib.portres_persistent_delete(17, Range(0, 0)))

def lookup():
    return named(lib.portres_persistent_lookup(17, Range(0, 0),
                                               ctypes.byref(granted)))
"""


def said(program, value, block=None, prelude=API, start=None):
    """What a program says under a value, in which {start} is a free port."""
    start = start or free_block(20)
    done = run([sys.executable, "-c", prelude + program, str(start)],
               block and block.format(start=start),
               PORTRES_TESTING=value.format(start=start))
    expect(done.stderr, "")
    return done.stdout.splitlines()


# --- Each item ---

ITEMS = [
    ("fail=acquire:1:EACCES", "say(acquire(), acquire() != 'EACCES')",
     "EACCES True"),
    ("fail=acquire:2:2:WSAEADDRINUSE",
     "say(*[acquire(start) if i % 2 else acquire(start + 4) "
     "for i in range(4)])", "4 EADDRINUSE EADDRINUSE 0"),
    ("fail=associate:1:0:10055", "say(associate(), associate(), associate())",
     "ENOBUFS ENOBUFS ENOBUFS"),
    ("fail=release:1:-10004", "acquire(); say(release(), release())",
     "EINTR OK"),
    ("fail=bind:1:EINPROGRESS",
     "acquire(); s = member(); at = ('', 0)\n"
     "say(did(s.bind, at), did(s.bind, at))", "EINPROGRESS OK"),
    ("fail=connect:1:ENETDOWN",
     "acquire(); s = member(); at = ('127.0.0.1', start)\n"
     "say(did(s.connect, at), did(s.connect, at))", "ENETDOWN OK"),
    ("fail=listen:1:EADDRINUSE",
     "acquire(kind=TCP); s = member(TCP)\n"
     "say(did(s.listen), did(s.listen))", "EADDRINUSE OK"),
    ("fail=send:2:ENOBUFS",
     "acquire(); s = member(); at = ('127.0.0.1', start)\n"
     "say(*[did(s.sendto, b'x', at) for i in range(3)])", "OK ENOBUFS OK"),
    ("fail=create:1:WSA_OPERATION_ABORTED", "say(create(), create())",
     "EABORTED EINVAL"),
    ("fail=delete:1:ERROR_NOT_FOUND", "say(delete(), delete())",
     "ENOTFOUND EINVAL"),
    ("fail=lookup:1:1168", "say(lookup(), lookup())", "ENOTFOUND EINVAL"),
    ("network=down", "say(acquire(), associate(), release(), lookup())",
     "ENETDOWN ENETDOWN ENETDOWN EINVAL"),
    ("network=down network=up", "say(acquire(start))", "0"),
    ("exclude=udp:{start}:4",
     "say(acquire(start + 3), acquire(start + 4), acquire(start, kind=TCP),"
     " take(UDP, port=start))", "EADDRINUSE 4 0 0"),
    ("stranger=udp:{start}",
     "say(acquire(start), take(UDP, port=start), take(port=start))",
     "EADDRINUSE EADDRINUSE 0"),
    ("stranger=tcp:{start}; stranger=tcp:{start}", "say(take(port=start))",
     "EADDRINUSE"),
    ("dynamic={start}:5", "say(acquire(), acquire(), acquire())",
     "0 2 ENOBUFS"),
    ("order=rotating",
     "acquire(start, 4)\n"
     "for i in range(3):\n"
     "    with member() as s: s.bind(('', 0)); print(offset(s))", "0 1 2"),
    ("order=lowest administrator=yes pend=acquire:1:later "
     "pend=acquire:1:3:WSA_OPERATION_ABORTED pend=bind:2:OK",
     "say(acquire(start))", "0"),
    ("  ;network=down;; order=lowest ", "say(acquire())", "ENETDOWN"),
    ("administrator=no;administrator=system", "say(acquire(start))", "0"),
]


def does(value, program, wanted):
    """A row for one value that is right."""
    def check():
        expect(" ".join(said(program, value)), wanted)
    return check


for item in ITEMS:
    row(f"given PORTRES_TESTING={item[0]!r}, then a program is told so"
        )(does(*item))


@row("given a seed, when two programs use a block up, then in one order, and "
     "by another seed in another")
def seeded():
    program = "acquire(start, 16)\nfor i in range(16):\n"
    program += "    s = member(); s.bind(('', 0)); print(offset(s))"
    orders = [said(program, f"order=seeded:{seed}") for seed in
              (1, 1, 2, 18446744073709551615)]
    for order in orders:
        expect(sorted(map(int, order)), list(range(16)))
    expect((orders[0] == orders[1], orders[0] == orders[2],
            orders[0] == orders[3]), (True, False, False))


# --- Programs nobody changed ---

@row("given a block of the environment, when binds are to fail, then those of "
     "an unmodified program do")
def unchanged_bind():
    expect(said("say(take(), take(), take(), take(UDP, port=start))",
                "fail=bind:2:EADDRINUSE", "tcp:{start}:4", PRELUDE),
           ["0 EADDRINUSE 1 0"])


@row("given a block of the environment, when its acquire is to fail, then the "
     "first bind does, and says why")
def unchanged_acquire():
    start = free_block(4)
    done = run([sys.executable, "-c", PRELUDE + "say(take(), take())",
                str(start)], f"tcp:{start}:4",
               PORTRES_TESTING="fail=acquire:1:ENETDOWN")
    expect(done.stdout, "ENETDOWN 0\n")
    expect(len(done.stderr.splitlines()), 1)
    expect("ENETDOWN" in done.stderr, True)


@row("given a block of the environment, when listens are to fail, then those "
     "of bound and unbound sockets do")
def unchanged_listen():
    program = """
unbound, bare = bound(), socket.socket()
say(attempt(bare.listen), attempt(bare.listen), attempt(unbound.listen))
"""
    expect(said(program, "fail=listen:1:EACCES fail=listen:3:EINTR",
                "tcp:{start}:4", PRELUDE), ["EACCES None EINTR"])


@row("given an excluded block of the environment, then binds fail")
def unchanged_exclusion():
    start = free_block(4)
    done = run([sys.executable, "-c", PRELUDE + "say(take())", str(start)],
               f"tcp:{start}:4", PORTRES_TESTING=f"exclude=tcp:{start + 2}:1")
    expect(done.stdout, "EADDRINUSE\n")


@row("given a stranger, when a program closes all it did not open and starts "
     "another, then both run, and the port is taken while a stranger is there")
def closing():
    program = """
import subprocess
say(take(port=start))
again = [sys.executable, "-c", "import socket, sys\\n"
         "try: socket.socket().bind(('127.0.0.1', int(sys.argv[1])))\\n"
         "except OSError as error: print(error.errno)", str(start)]
print(subprocess.run(again, capture_output=True, text=True).stdout.strip())
os.closerange(3, 5000)
say(take(port=start), take(port=start + 1))
"""
    expect(said(program, "stranger=tcp:{start}", prelude=PRELUDE),
           ["EADDRINUSE", "98", "0 1"])


@row("given a program that ends, then its stranger has ended with it")
def ended():
    start = free_block(1)
    expect(said("say(take(port=start))", f"stranger=tcp:{start}",
                prelude=PRELUDE, start=start), ["EADDRINUSE"])
    with socket.create_server(("127.0.0.1", start)):
        pass


@row("given a child whose parent has ended, when it acquires, then the "
     "stranger is back")
def orphaned():
    program = """
parent = os.getpid()
if os.fork(): os._exit(0)
while os.getppid() == parent: os.sched_yield()
acquire(start + 1)
say(take(UDP, port=start))
"""
    expect(said(program, "stranger=udp:{start}"), ["EADDRINUSE"])


@row("given no value, then nothing is opened and nothing is said")
def unset():
    program = "say(descriptors(), acquire(start), take(UDP, port=start + 9))"
    for value in "", " ", ";":
        expect(said(program, value)[0].split()[1:], ["0", "9"])
    plain = run([sys.executable, "-c", PRELUDE + "say(descriptors())", "1"],
                plain=True)
    expect(said("say(descriptors())", "", prelude=PRELUDE),
           plain.stdout.splitlines())


# --- Malformed values ---

MALFORMED = [
    ("nonsense", "equals sign"), ("=", "no item"), ("fails=acquire:1:EACCES",
                                                    "no item"),
    ("Network=down", "no item"), ("network", "equals sign"),
    ("network=", "down or up"), ("network=off", "down or up"),
    ("network=down:1", "down or up"), ("network=down,order=lowest", "down or"),
    ("administrator=maybe", "yes, no"), ("administrator=", "yes, no"),
    ("administrator=yes:no", "yes, no"),
    ("fail=", "name of a call"), ("fail=acquire", "name of a call"),
    ("fail=acquire:1", "name of a call"), ("fail=:1:EACCES", "name of a call"),
    ("fail=accept:1:EACCES", "name of a call"),
    ("fail=ACQUIRE:1:EACCES", "name of a call"),
    ("fail=acquire:0:EACCES", "from 1 to"),
    ("fail=acquire::EACCES", "from 1 to"),
    ("fail=acquire:-1:EACCES", "from 1 to"),
    ("fail=acquire:x:EACCES", "from 1 to"),
    ("fail=acquire:16777216:EACCES", "from 1 to"),
    ("fail=acquire:99999999999999999999999:EACCES", "from 1 to"),
    ("fail=acquire:1:x:EACCES", "from 0 to"),
    ("fail=acquire:1::EACCES", "from 0 to"),
    ("fail=acquire:1:16777216:EACCES", "from 0 to"),
    ("fail=acquire:1:1:1:EACCES", "at most 4"),
    ("fail=acquire:1:", "a status"), ("fail=acquire:1:EACESS", "a status"),
    ("fail=acquire:1:eacces", "a status"), ("fail=acquire:1:WSA", "a status"),
    ("fail=acquire:1:WSAOK", "a status"), ("fail=acquire:1:10012", "a status"),
    ("fail=acquire:1:UNKNOWN", "a status"), ("fail=acquire:1:--1", "a status"),
    ("fail=acquire:1:1:later", "a status"), ("fail=acquire:1:0", "success"),
    ("fail=acquire:1:OK", "success"),
    (" ".join(17 * ["fail=acquire:1:EACCES"]), "at most 16"),
    ("pend=acquire:1:EINCOMPLETE", "does not end"),
    ("pend=acquire:0:later", "from 1 to"), ("pend=acquire:1:soon", "a status"),
    (" ".join(17 * ["pend=acquire:1:later"]), "at most 16"),
    ("exclude=", "tcp or udp"), ("exclude=tcp:1", "tcp or udp"),
    ("exclude=sctp:1:1", "tcp or udp"), ("exclude=tcp:0:1", "tcp or udp"),
    ("exclude=tcp:1:0", "tcp or udp"), ("exclude=tcp:65535:2", "tcp or udp"),
    ("exclude=tcp:70000:1", "tcp or udp"), ("exclude=1:1", "tcp or udp"),
    ("stranger=tcp", "tcp or udp"), ("stranger=tcp:0", "tcp or udp"),
    ("stranger=tcp:65536", "tcp or udp"), ("stranger=tcp:1:1", "tcp or udp"),
    ("stranger=icmp:1", "tcp or udp"), ("stranger=tcp:1", "cannot have"),
    ("dynamic=", "first port"), ("dynamic=49152", "first port"),
    ("dynamic=0:1", "first port"), ("dynamic=1:0", "first port"),
    ("dynamic=65535:2", "first port"), ("dynamic=tcp:1:1", "first port"),
    ("order=", "lowest, rotating"), ("order=random", "lowest, rotating"),
    ("order=seeded", "lowest, rotating"), ("order=seeded:", "lowest, rot"),
    ("order=seeded:x", "lowest, rotating"), ("order=lowest:1", "lowest, rot"),
    ("order=seeded:18446744073709551616", "lowest, rotating"),
    ("network=down; order=seeded:1; oops", "equals sign"),
    ("x" * 64, "shorter than 64"), ("network=up " * 100, "longer than 1023"),
    ("network=\x01", "down or up"),
]

CALLS = """
say(acquire(), acquire(), associate(), release(), create(), delete(), lookup())
say(named(lib.portres_describe(ctypes.c_uint64(1), ctypes.byref(info))))
say(named(lib.portres_list(callback, None)))
say(take(UDP, port=start), take(port=start))
lib.portres_testing_reset()
say(acquire())
"""
SET_UP = """
info = (ctypes.c_uint64 * 64)(136)
for size in range(16, 512):
    info[0] = size
    if named(lib.portres_describe(ctypes.c_uint64(1), None)) != "EFAULT": say(0)
callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(
    lambda info, arg: 1)
"""


def refuses_calls(value, reason):
    """A row for one malformed value."""
    def check():
        start = free_block(20)
        done = run([sys.executable, "-c", API + SET_UP + CALLS, str(start)],
                   PORTRES_TESTING=value)
        expect(done.stdout.splitlines(),
               [" ".join(7 * ["EINVAL"]), "EINVAL", "EINVAL", "0 0", "EINVAL"])
        complaints = done.stderr.splitlines()
        expect(len(complaints), 1)
        shown = re.sub(r"[\x00-\x1f]", "?", value)[:200]
        expect(complaints[0].startswith(
            f'portres: PORTRES_TESTING="{shown}": '), True)
        expect((reason in complaints[0], complaints[0].endswith(
            "; calls fail")), (True, True))
    return check


for malformed, why in MALFORMED:
    name = repr(malformed if len(malformed) < 50 else malformed[:40] + "...")
    row(f"given PORTRES_TESTING={name}, then every call fails and one line "
        "names the value and the reason")(refuses_calls(malformed, why))


@row("given a malformed value, when an unmodified program binds from its "
     "block, then that fails, and one line says why")
def malformed_block():
    start = free_block(4)
    done = run([sys.executable, "-c", PRELUDE + "say(take(), take(), take(UDP,"
                " port=start))", str(start)], f"tcp:{start}:4",
               PORTRES_TESTING="network=of")
    expect(done.stdout, "EINVAL EINVAL EINVAL\n")
    expect(len(done.stderr.splitlines()), 1)


@row("given a malformed value, when programs have nothing to do with "
     "reservations, then they run as ever, and in silence")
def harmless():
    start = free_block(1)
    for command in (["ls", "/"], ["true"], ["sh", "-c", "echo $((6 * 7))"],
                    [sys.executable, "-c", PRELUDE + "say(take(port=start))",
                     str(start)]):
        plain = run(command, plain=True)
        ours = run(command, PORTRES_TESTING="nonsense")
        expect((ours.stdout, ours.stderr), (plain.stdout, ""))


if __name__ == "__main__":
    main()
