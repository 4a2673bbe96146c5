#!/usr/bin/env python3
"""The `portres` command and blocks of several processes: list, who, hold, run.

On Windows the kernel knows them all. Stressed: that what one process reserves
another one is told of, and refused; and that it is free when its owner is
killed.
"""

import contextlib
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import unchanged_support
from cli_support import as_json, portres, script, start
from unchanged_support import (PATIENCE, expect, folder, free_block, main,
                               row)

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
                     *[word.format(f"2@{first + 2 * i}") for word in words],
                     stdin=subprocess.PIPE)
               for i, (command, options, words) in enumerate((
                   ("hold", [], ["tcp", "{}"]),
                   ("run", ["--scope=machine"], ["--tcp={}", "true"])))]
    early = time.monotonic() + 1
    ended = start("hold", "--wait=1", "tcp", f"4@{first}",
                  stdin=subprocess.PIPE)
    expect((ended.wait(PATIENCE), "EADDRINUSE" in ended.stderr.read()),
           (75, True))
    expect(time.monotonic() >= early, True)
    ended.communicate()
    expect([each.poll() for each in waiting], [None, None])
    process.kill()
    expect(waiting[0].stdout.readline(), f"tcp {first} 2\n")
    for each in waiting:
        each.communicate()
        expect(each.returncode, 0)
    process.communicate()


def waiters(first):
    """Commands that wait for two ports, and have found them busy."""
    for words in (["hold", "--wait=forever", "tcp", f"2@{first}"],
                  ["run", "--scope=machine", "--wait=forever",
                   f"--tcp=2@{first}", "echo", "had"],
                  ["run", "--scope=shared", "--wait=forever",
                   f"--tcp=2@{first}", "echo", "had"]):
        process = start(*words, stdin=subprocess.PIPE)
        await_pause(process)
        yield process


def await_pause(process):
    """Until it sleeps, and signals come to it: not amid a try."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        expect(process.poll(), None)
        told = "".join(task.joinpath("status").read_text() for task in
                       pathlib.Path(f"/proc/{process.pid}/task").iterdir())
        if set(re.findall(r"^(?:State:\t(.)|SigBlk:\t0*(.*))", told,
                          re.M)) == {("S", ""), ("", "")}:
            return
        time.sleep(0.01)
    raise AssertionError(f"{process.args} does not wait")


@row("given a command that waits for ports, when a signal asks it to end, "
     "then it ends by that, and nothing is reserved")
def wait_signalled():
    process, first = holder("tcp", 2)
    for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        for each in waiters(first):
            each.send_signal(number)
            expect((each.communicate(timeout=PATIENCE), each.returncode),
                   (("", ""), -number))
            expect(reservations(),
                   [entry("tcp", first, 2, 0, process, None)])
    process.communicate()


@row("given a holder that waits for ports, when its input ends, then it ends "
     "as one that found them busy, and nothing is reserved")
def wait_given_up():
    process, first = holder("tcp", 2)
    stranger = socket.create_server(("127.0.0.1", 0))
    for scope, block in (("shared", f"2@{first}"), ("machine", f"2@{first}"),
                         ("process", f"1@{stranger.getsockname()[1]}")):
        waiting = start("hold", "--wait=forever", "tcp", block,
                        stdin=subprocess.PIPE,
                        variables={"PORTRES_SCOPE": scope})
        await_pause(waiting)
        waiting.stdin.write("of no meaning\n")
        waiting.stdin.flush()
        await_pause(waiting)
        told = waiting.communicate(timeout=PATIENCE)
        expect((scope, waiting.returncode, told),
               (scope, 75,
                ("", "portres: hold: no block: the standard input has ended\n")))
        expect(reservations(), [entry("tcp", first, 2, 0, process, None)])
    stranger.close()
    process.communicate()


@row("given a holder whose input has ended before, then it has a block that is "
     "free, and does not wait for one that is not")
def wait_without_input():
    process, first = holder("tcp", 2)
    for block, code, said in ((f"1@{first + 1}", 75, ""),
                              (f"1@{first + 2}", 0, f"tcp {first + 2} 1\n")):
        done = portres("hold", "--wait=forever", "tcp", block)
        expect((done.returncode, done.stdout), (code, said))
    process.communicate()


@row("given ports that can never be had, then no command waits for them")
def wait_in_vain():
    for words, code in ((["hold", "--wait=forever", "tcp", 16385], 75),
                        (["hold", "--wait=forever", "udp", 65535], 75),
                        (["hold", "--wait=forever", "tcp", "2@65535"], 2),
                        (["run", "--wait=forever", "--scope=shared",
                          "--tcp=16385", "true"], 125)):
        done = portres(*words, stdin=None)
        expect((words, done.returncode, done.stdout), (words, code, ""))


@row("given a persistent reservation, when it is waited for, "
     "then who waits has it once it is deleted")
def wait_persistent():
    first = free_block(2)
    with folder() as where:
        options = {"variables": {"PORTRES_STATE_DIR": str(where)}}
        expect(portres("create", "tcp", first, 2, **options).returncode, 0)
        waiting = start("hold", "--wait=forever", "tcp", f"2@{first}",
                        stdin=subprocess.PIPE, **options)
        await_pause(waiting)
        expect(portres("delete", "tcp", first, 2, **options).returncode, 0)
        expect(waiting.stdout.readline(), f"tcp {first} 2\n")
        waiting.communicate()


@row("given what a closed server has left at a port, when a tree waits for it "
     "at scope machine, then it begins once that is gone, and not before")
def wait_remnant():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        server.accept()[0].close()
    words = f"--tcp=1@{port}", "echo", "had"
    done = portres("run", "--scope=machine", *words)
    expect((done.returncode, "EADDRINUSE" in done.stderr), (125, True))
    early = time.monotonic() + 1
    done = portres("run", "--scope=machine", "--wait=1", *words)
    expect((done.returncode, "EADDRINUSE" in done.stderr), (125, True))
    expect(time.monotonic() >= early, True)
    process = start("run", "--scope=machine", "--wait=forever", *words)
    time.sleep(0.3)
    expect(process.poll(), None)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    client.close()
    stdout, _ = process.communicate(timeout=PATIENCE)
    expect((process.returncode, stdout), (0, "had\n"))


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
