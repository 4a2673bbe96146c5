#!/usr/bin/env python3
"""The `portres` command and blocks of several processes: list, who, hold, run.

On Windows the kernel knows them all. Stressed: that what one process reserves
another one is told of, and refused; and that it is free when its owner is
killed.
"""

import re
import subprocess
import sys

import unchanged_support
from cli_support import as_json, portres, script, start
from unchanged_support import expect, folder, free_block, main, row

# A program that reserves by itself, and binds one port of the block.
LIBRARY_USER = """
import ctypes, socket, sys
class Range(ctypes.Structure):
    _fields_ = [("start", ctypes.c_uint16), ("count", ctypes.c_uint16)]
class Options(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("range", Range),
                ("alignment", ctypes.c_uint16), ("scope", ctypes.c_int),
                ("order", ctypes.c_int), ("label", ctypes.c_char_p),
                ("seed", ctypes.c_uint64), ("wait_ms", ctypes.c_uint32)]
class Granted(ctypes.Structure):
    _fields_ = [("range", Range), ("token", ctypes.c_uint64)]
portres = ctypes.CDLL(sys.argv[1])
scope = ["process", "shared", "machine"].index(sys.argv[2]) + 1
kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[sys.argv[3]]
portres.portres_use_calls()
owner, user = (socket.socket(type=kind) for _ in range(2))
options = Options(ctypes.sizeof(Options), Range(0, 4), scope=scope)
granted = Granted()
status = portres.portres_acquire_with(owner.fileno(), ctypes.byref(options),
                                      ctypes.byref(granted))
status = status or portres.portres_associate(user.fileno(),
                                             ctypes.c_uint64(granted.token))
address = bytearray(16)
address[:2] = socket.AF_INET.to_bytes(2, sys.byteorder)
status = status or portres.portres_bind(
    user.fileno(), ctypes.c_char_p(bytes(address)), 16)
print(status, granted.range.start, flush=True)
sys.stdin.read()
"""


def reservations(**options):
    """Those of this network namespace: root sees others', too, uncounted."""
    code, told = as_json("list", **options)
    expect(code, 0)
    here = [entry for entry in told["reservations"]
            if entry["used"] is not None]
    for entry in here:
        since = entry.pop("since")
        expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", since)
               is not None, True)
    return here


def entry(protocol, first, count, used, process, label, scope="shared"):
    return {"protocol": protocol, "start": first, "count": count,
            "kind": "runtime", "scope": scope, "used": used,
            "free": count - used, "pid": process.pid, "program": "portres",
            "label": label}


def holder(protocol, block, *options):
    process = start("hold", *options, protocol, block, stdin=subprocess.PIPE)
    return process, int(process.stdout.readline().split()[1])


@row("given a held block, when it is listed or asked for, "
     "then its owner and its label are told")
def hold_listed():
    process, first = holder("udp", 4, "--label", "a \"label\"")
    expect(reservations(), [entry("udp", first, 4, 0, process,
                                  "a \"label\"")])
    code, told = as_json("who", "udp", first + 3)
    got = told["protocols"][0]["reservations"][0]
    expect((code, got["pid"], got["program"], got["scope"], got["label"]),
           (0, process.pid, "portres", "shared", "a \"label\""))
    process.communicate()
    expect((process.returncode, reservations()), (0, []))


@row("given a tree that uses a port of its block, when it is listed, "
     "then that port is used and the guards are not")
def tree_listed():
    process = start(*script("say(take(), start); sys.stdin.read()",
                            "--tcp=4", "--udp=2", "--label=tree",
                            "--scope=machine"),
                    stdin=subprocess.PIPE)
    _, first = map(int, process.stdout.readline().split())
    told = reservations()
    expect(told[0], entry("tcp", first, 4, 1, process, "tree", "machine"))
    expect((told[1]["protocol"], told[1]["used"], told[1]["free"]),
           ("udp", 0, 2))
    process.communicate()
    expect(reservations(), [])


@row("given trees of several scopes, when they are listed or asked for, "
     "then the scope that keeps others out is told")
def tree_scopes():
    for scope, wanted in (("machine", "machine"), ("shared", "shared"),
                          ("process", None)):
        process = start(*script("say(start); sys.stdin.read()",
                                "--tcp=2", f"--scope={scope}"),
                        stdin=subprocess.PIPE)
        first = int(process.stdout.readline())
        told = [each["scope"] for each in reservations()]
        expect((scope, told), (scope, [wanted] if wanted else []))
        _, who = as_json("who", "tcp", first)
        told = [each["scope"] for each in who["protocols"][0]["reservations"]]
        expect((scope, told), (scope, [wanted] if wanted else []))
        process.communicate()


@row("given programs that reserve by themselves, when they are listed, "
     "then their scope is told, and what they use, the guards not")
def library_listed():
    for protocol in "tcp", "udp":
        for scope in "machine", "shared":
            process = subprocess.Popen(
                [sys.executable, "-c", LIBRARY_USER, unchanged_support.library,
                 scope, protocol], text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            status, first = map(int, process.stdout.readline().split())
            told = [(each["scope"], each["start"], each["used"], each["free"])
                    for each in reservations()]
            expect((protocol, status, told),
                   (protocol, 0, [(scope, first, 1, 3)]))
            process.communicate()


@row("given a held block, when others want its ports, then a block of them is "
     "refused, persistent or not, and one of anywhere lies elsewhere")
def hold_keeps():
    process, first = holder("tcp", 4)
    with folder() as where:
        for words in (["hold", "tcp", f"2@{first + 3}"],
                      ["create", "tcp", first + 1, 1]):
            done = portres(*words,
                           variables={"PORTRES_STATE_DIR": str(where)})
            expect((words, done.returncode, "EADDRINUSE" in done.stderr),
                   (words, 75, True))
    for scope in "shared", "machine":
        done = portres("run", f"--tcp=1@{first}", f"--scope={scope}", "true")
        expect((scope, done.returncode, "EADDRINUSE" in done.stderr),
               (scope, 125, True))
    other, elsewhere = holder("tcp", 4)
    expect(abs(elsewhere - first) >= 4, True)
    for each in process, other:
        each.communicate()


@row("given a held block, when it is waited for, "
     "then who waits has it once its holder is killed, and not before")
def hold_waited():
    process, first = holder("tcp", 4)
    waiting = [start(command, *options, "--wait=forever",
                     *[word.format(f"2@{first + 2 * i}") for word in words])
               for i, (command, options, words) in enumerate((
                   ("hold", [], ["tcp", "{}"]),
                   ("run", ["--scope=machine"], ["--tcp={}", "true"])))]
    done = portres("hold", "--wait=1", "tcp", f"4@{first}")
    expect((done.returncode, "EADDRINUSE" in done.stderr), (75, True))
    expect([each.poll() for each in waiting], [None, None])
    process.kill()
    for each in waiting:
        each.communicate()
        expect(each.returncode, 0)
    process.communicate()


@row("given a holder is killed, when its block is wanted, "
     "then the next one has it")
def hold_killed():
    first = free_block(4)
    for _ in range(20):
        process, got = holder("tcp", f"4@{first}")
        expect(got, first)
        process.kill()
        process.wait()
        process.communicate()
    expect(reservations(), [])


@row("given no use can be made of the runtime directory, when blocks are "
     "wanted, then machine holds without it, and shared fails")
def no_directory():
    with folder() as where:
        where.chmod(0o777)
        options = {"variables": {"PORTRES_RUNTIME_DIR": str(where)}}
        for scope, wanted in ("machine", 0), ("process", 0), ("shared", 125):
            done = portres("run", "--tcp=1", f"--scope={scope}", "true",
                           **options)
            expect((scope, done.returncode), (scope, wanted))
        done = portres("hold", "tcp", 1, **options)
        expect((done.returncode, done.stdout), (1, ""))
        expect(list(where.iterdir()), [])


if __name__ == "__main__":
    main()
