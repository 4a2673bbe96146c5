#!/usr/bin/env python3
"""The `portres` command by all it can be told wrong, and what it says.

Windows has no such command; netsh shows exclusions. Stressed: that each wrong
word ends with the documented code and a line that names it, that JSON is what
a parser takes for it, and that nothing is printed for a failure on stdout.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from cli_support import (as_json, check_table, portres, start, surroundings,
                         COMMAND)
from unchanged_support import expect, folder, free_block, main, row

COMMANDS = ["run", "hold", "list", "who", "create", "delete", "lookup",
            "check"]


@row("given a wrong word, when a command is called, "
     "then it ends with 2 and names the word")
def wrong_words():
    check_table([
        ([], 2, "wants a command"),
        (["reserve"], 2, "reserve"),
        (["--loud"], 2, "--loud"),
        (["help", "reserve"], 2, "reserve"),
        (["list", "tcp"], 2, "'tcp'"),
        (["list", "--loud"], 2, "--loud"),
        (["list", "-x"], 2, "-x"),
        (["check", "all"], 2, "'all'"),
        (["who"], 2, "a port"),
        (["who", "http"], 2, "'http'"),
        (["who", "0"], 2, "'0'"),
        (["who", "65536"], 2, "'65536'"),
        (["who", "-1"], 2, "-1"),
        (["who", "icmp", "80"], 2, "'icmp'"),
        (["who", "tcp", "80", "90"], 2, "a port"),
        (["who", "99999999999999999999"], 2, "99999999999999999999"),
        (["hold"], 2, "a protocol"),
        (["hold", "tcp"], 2, "a protocol"),
        (["hold", "sctp", "4"], 2, "'sctp'"),
        (["hold", "tcp", "0"], 2, "'0'"),
        (["hold", "tcp", "4@"], 2, "'4@'"),
        (["hold", "tcp", "@5000"], 2, "'@5000'"),
        (["hold", "tcp", "4@0"], 2, "'4@0'"),
        (["hold", "tcp", "2@65535"], 2, "'2@65535'"),
        (["hold", "tcp", "65536"], 2, "'65536'"),
        (["hold", "tcp", "000000000004"], 2, "'000000000004'"),
        (["hold", "tcp", "4x"], 2, "'4x'"),
        (["hold", "tcp", ""], 2, "''"),
        (["hold", "--label"], 2, "--label"),
        (["hold", "tcp", "4", "--wait"], 2, "--wait"),
        (["hold", "--wait", "-1", "tcp", "4"], 2, "'-1'"),
        (["hold", "--wait=", "tcp", "4"], 2, "''"),
        (["hold", "--wait=1s", "tcp", "4"], 2, "'1s'"),
        (["hold", "--wait=65536", "tcp", "4"], 2, "'65536'"),
        (["hold", "--label=", "tcp"], 2, "a protocol"),
        *[([name, *words], 2, error) for name in ("create", "delete", "lookup")
          for words, error in (
              ([], "a protocol"),
              (["tcp", "5000"], "a protocol"),
              (["tcp", "5000", "2", "3"], "a protocol"),
              (["TCP", "5000", "2"], "'TCP'"),
              (["tcp", "0", "2"], "'0'"),
              (["tcp", "65536", "1"], "'65536'"),
              (["tcp", "5000", "0"], "'0'"),
              (["tcp", "5000", "-2"], "-2"),
              (["tcp", "65535", "2"], "past port 65535"),
              (["tcp", "5000", "2", "--force"], "--force"))],
    ])


@row("given a wrong word, when run is called, "
     "then it ends with 125, for other codes are its program's")
def wrong_words_of_run():
    check_table([
        (["run"], 125, "a program"),
        (["run", "true"], 125, "--tcp"),
        (["run", "--tcp"], 125, "--tcp"),
        (["run", "--tcp", "4"], 125, "a program"),
        (["run", "--tcp", "4", "--"], 125, "a program"),
        (["run", "--tcp", "0", "true"], 125, "'0'"),
        (["run", "--udp", "4@65533", "true"], 125, "'4@65533'"),
        (["run", "--tcp", "4", "--tcp", "4", "true"], 125, "twice"),
        (["run", "--sctp", "4", "true"], 125, "--sctp"),
        (["run", "--tcp", "4", "--wait", "soon", "true"], 125, "'soon'"),
        (["run", "--tcp", "4", "--scope", "galaxy", "true"], 125, "'galaxy'"),
        (["run", "--tcp", "4", "--scope=machine"], 125, "a program"),
    ])


@row("given PORTRES_SCOPE of no scope, when run is called, "
     "then it ends with 125 and names it")
def wrong_scope():
    done = portres("run", "--tcp", 1, "true",
                   variables={"PORTRES_SCOPE": "galaxy"})
    expect((done.returncode, "PORTRES_SCOPE=galaxy" in done.stderr),
           (125, True))


@row("given words with control characters, when they are refused, "
     "then the error is one line without any")
def control_characters():
    done = portres("who", "8\n0\x1b[2J\x7f")
    expect(done.stderr.splitlines()[0],
           "portres: who: '8?0?[2J?' is no port from 1 to 65535")


@row("given each command, when --help is asked for, "
     "then usage and exit codes are printed and it ends with 0")
def helps():
    for words in [["--help"], ["-h"], ["help"],
                  *[["help", name] for name in COMMANDS],
                  *[[name, "--help"] for name in COMMANDS],
                  *[[name, "-h"] for name in COMMANDS]]:
        done = portres(*words)
        expect((words, done.returncode, done.stderr), (words, 0, ""))
        expect(done.stdout.startswith("usage: portres "), True)
        expect("Exit codes:" in done.stdout, True)
        expect(max(map(len, done.stdout.splitlines())) <= 80, True)


@row("when --version is asked for, then name and version are printed")
def version():
    done = portres("--version")
    expect((done.returncode, done.stdout.split()[0]), (0, "portres"))


@row("given a full disk, when a command prints, then it ends with 1")
def full_disk():
    with open("/dev/full", "w") as full:
        done = subprocess.run([COMMAND, "check"], stdout=full,
                              stderr=subprocess.PIPE, text=True,
                              env=surroundings())
    expect((done.returncode, "cannot write" in done.stderr), (1, True))


# --- Persistent reservations ---

@row("given a state directory, when a block is created, looked up, listed and "
     "deleted, then each says what it is")
def persistent():
    with folder() as where:
        state = {"variables": {"PORTRES_STATE_DIR": str(where)}}
        first = free_block(4)
        block = ["udp", first, 4]
        token = portres("create", *block, **state).stdout.strip()
        expect(token.isdigit() and int(token) > 0, True)
        expect(portres("lookup", *block, **state).stdout.strip(), token)
        expect(as_json("lookup", *block, **state),
               (0, {"protocol": "udp", "start": first, "count": 4,
                    "token": token}))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", first + 1))
            code, listed = as_json("list", **state)
            since = listed["reservations"][0].pop("since")
            expect((code, listed), (0, {"reservations": [
                {"protocol": "udp", "start": first, "count": 4,
                 "kind": "persistent", "scope": None, "used": 1, "free": 3,
                 "pid": None, "program": None, "label": None}]}))
            expect(abs(time.time() - time.mktime(time.strptime(
                since, "%Y-%m-%dT%H:%M:%SZ")) + time.timezone) < 600, True)
        text = portres("list", **state).stdout.splitlines()
        expect((len(text), text[1].split()[:4]),
               (2, ["udp", "0/4", f"{first}-{first + 3}", "persistent"]))
        expect(as_json("delete", *block, **state),
               (0, {"protocol": "udp", "start": first, "count": 4}))
        for name in "lookup", "delete":
            done = portres(name, *block, **state)
            expect((done.returncode, done.stdout, "ENOTFOUND" in done.stderr),
                   (1, "", True))
        expect(as_json("list", **state), (0, {"reservations": []}))


@row("given a port that is bound or reserved, when its block is created, "
     "then it ends with 75")
def busy():
    with folder() as where:
        state = {"variables": {"PORTRES_STATE_DIR": str(where)}}
        first = free_block(2)
        with socket.create_server(("127.0.0.1", first)):
            done = portres("create", "tcp", first, 2, **state)
        expect((done.returncode, "EADDRINUSE" in done.stderr), (75, True))
        expect(portres("create", "tcp", first + 1, 1, **state).returncode, 0)
        expect(portres("create", "tcp", first, 2, **state).returncode, 75)


@row("given a damaged store, when it is listed or changed, "
     "then it ends with 1 and says so")
def damaged():
    with folder() as where:
        (where / "reservations").write_text("portres-store 1\nnonsense\n")
        (where / "reservations").chmod(0o644)
        state = {"variables": {"PORTRES_STATE_DIR": str(where)}}
        for words in ["list"], ["lookup", "tcp", 5, 5]:
            done = portres(*words, **state)
            expect((done.returncode, "ECORRUPT" in done.stderr), (1, True))


# --- hold ---

@row("given a block is free, when it is held, "
     "then it is printed, and the command ends with its standard input")
def hold_prints():
    first = free_block(4)
    holder = start("hold", "tcp", f"4@{first}", stdin=subprocess.PIPE)
    expect(holder.stdout.readline(), f"tcp {first} 4\n")
    holder.stdin.write("of no meaning\n")
    holder.stdin.flush()
    expect(holder.poll(), None)
    expect(holder.communicate(), ("", ""))
    expect(holder.returncode, 0)


@row("given a held block, when SIGTERM, SIGINT or SIGHUP comes, "
     "then the command ends with 0")
def hold_signals():
    for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
        holder = start("hold", "--json", "udp", "4", stdin=subprocess.PIPE)
        told = json.loads(holder.stdout.readline())
        expect((told["protocol"], told["count"]), ("udp", 4))
        holder.send_signal(number)
        holder.stdin.flush()
        expect(holder.wait(), 0)
        holder.communicate()


@row("given a port is bound, when its block is to be held, "
     "then it ends with 75 and prints nothing")
def hold_busy():
    first = free_block(2)
    with socket.create_server(("127.0.0.1", first)):
        done = portres("hold", "tcp", f"2@{first}")
    expect((done.returncode, done.stdout, "EADDRINUSE" in done.stderr),
           (75, "", True))


# --- who ---

def who(*words):
    """What is said of one protocol."""
    code, told = as_json("who", *words)
    expect(len(told["protocols"]), 1)
    return code, told["protocols"][0]


def ours():
    name = pathlib.Path("/proc/self/comm").read_text().strip()
    return [{"pid": os.getpid(), "program": name}]


@row("given nobody has a port, when it is asked for, then it ends with 1")
def who_nobody():
    first = free_block(1)
    code, told = as_json("who", first)
    expect((code, told["port"], [(p["protocol"], p["state"], p["sockets"])
                                 for p in told["protocols"]]),
           (1, first, [("tcp", "free", []), ("udp", "free", [])]))
    done = portres("who", first)
    expect((done.returncode, done.stdout),
           (1, f"tcp {first}: no socket\nudp {first}: no socket\n"))


@row("given sockets that listen, are bound, or connected, when their port is "
     "asked for, then state, address and process are told")
def who_states():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code, told = who("tcp", port)
        expect((code, told["state"]), (0, "in use"))
        expect(told["sockets"], [
            {"state": "LISTEN", "address": "127.0.0.1", "peer": None,
             "uid": os.getuid(), "processes": ours()}])
        with socket.create_connection(("127.0.0.1", port)) as client:
            peer = client.getsockname()[1]
            code, told = who("tcp", peer)
            expect([(s["state"], s["peer"], s["processes"])
                    for s in told["sockets"]],
                   [("ESTABLISHED", f"127.0.0.1:{port}", ours())])
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
        s.bind(("::1", 0))
        code, told = who("udp", s.getsockname()[1])
        expect([(s["state"], s["address"]) for s in told["sockets"]],
               [("BOUND", "::1")])
        text = portres("who", s.getsockname()[1]).stdout
        expect(f"by pid {os.getpid()} (" in text, True)


@row("given a socket that is bound and nothing more, when its port is asked "
     "for, then it is told of, or felt")
def who_bound():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        code, told = who("tcp", s.getsockname()[1])
        expect((code, told["state"]), (0, "in use"))
        for entry in told["sockets"]:  # Linux 6.8 or newer
            expect((entry["state"], entry["processes"]), ("BOUND", ours()))


@row("given a connection in TIME_WAIT, when its port is asked for, "
     "then it is told of, and of no process")
def who_time_wait():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        expect(client.recv(1), b"")
        client.close()
    states = []
    deadline = time.monotonic() + 10
    while states != ["TIME_WAIT"] and time.monotonic() < deadline:
        code, told = who("tcp", port)
        states = [s["state"] for s in told["sockets"]]
    expect((code, states, told["sockets"][0]["processes"],
            told["sockets"][0]["uid"]), (0, ["TIME_WAIT"], [], None))


@row("given a persistent reservation, when one of its ports is asked for, "
     "then it is told of")
def who_reserved():
    with folder() as where:
        state = {"variables": {"PORTRES_STATE_DIR": str(where)}}
        first = free_block(4)
        expect(portres("create", "tcp", first, 4, **state).returncode, 0)
        code, told = as_json("who", "tcp", first + 3, **state)
        entry = told["protocols"][0]["reservations"][0]
        expect((code, entry["start"], entry["count"], entry["kind"]),
               (0, first, 4, "persistent"))
        text = portres("who", "tcp", first + 3, **state).stdout
        expect(f"reserved, one of {first}-{first + 3}, persistently" in text,
               True)


NAMES = b"a\"b\\c\x01\xff\xc3\xa9\xf0\x9f"  # 15 bytes at most


@row("given a program whose name is no text, when its port is asked for, "
     "then the JSON is JSON all the same")
def who_strange_name():
    child = subprocess.Popen([sys.executable, "-c", """
import ctypes, socket, sys
ctypes.CDLL(None).prctl(15, bytes.fromhex(sys.argv[1]), 0, 0, 0)
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
sys.stdin.read()
""", NAMES.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    _, told = who("tcp", child.stdout.readline().strip())
    child.communicate()
    expect(told["sockets"][0]["processes"][0]["program"],
           "a\"b\\c\x01\ufffdé\ufffd\ufffd")


# --- check ---

@row("when the system is checked, then each thing is yes, no or partly, "
     "and says why")
def check():
    code, told = as_json("check")
    expect((code, set(told)), (0, {"version", "checks"}))
    states = {c["name"]: c["state"] for c in told["checks"]}
    expect(set(states.values()) <= {"yes", "no", "partly"}, True)
    expect(all(c["detail"] for c in told["checks"]), True)
    expect((states["scope-process"], states["CAP_NET_ADMIN"]), ("yes", "no"))
    text = portres("check").stdout.splitlines()
    expect([line.split()[:2] for line in text],
           [[name, state] for name, state in states.items()])


if __name__ == "__main__":
    main()
