#!/usr/bin/env python3
"""`portres run` with Python: one block for a whole tree of processes.

Windows knows no such thing: a token can be handed to children, the rest is
theirs. Stressed: that the processes of a tree share one block whatever they do
(fork, exec, close all descriptors, leave their session, be killed), and that
the command is as good as not there: signals, exit codes, descriptors.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

from cli_support import (COMMAND, PATIENCE, lines, portres, script, start,
                         surroundings)
from unchanged_support import expect, free_block, is_free, main, row


@row("given a block of 3, when 4 sockets of TCP or UDP bind port 0, "
     "then 3 take it lowest first and the last fails with ENOBUFS")
def exhausts():
    wanted = ["0", "1", "2", "ENOBUFS"]
    expect(lines("for _ in range(4): say(take())", "--tcp=3"), wanted)
    expect(lines("for _ in range(4): say(take(UDP))", "--udp=3"), wanted)


@row("given each scope, when 4 sockets bind port 0 of a block of 3, "
     "then the last fails")
def exhausts_in_scopes():
    for scope in "machine", "process":
        expect(lines("for _ in range(4): say(take())", "--tcp=3",
                     f"--scope={scope}"), ["0", "1", "2", "ENOBUFS"])


@row("given a block, when IPv4, IPv6 and dual-stack sockets of several "
     "processes bind port 0, then they share it")
def families_share():
    for scope in "machine", "process":
        expect(lines("""
say(take())
pids = []
for host in "::1", "::", "127.0.0.2", "0.0.0.0", "127.0.0.1":
    gate, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        say(take(host=host)); os.write(done, b"x"); signal.pause()
    os.read(gate, 1)
    pids.append(pid)
for pid in pids: os.kill(pid, signal.SIGKILL)
""", "--tcp=5", f"--scope={scope}"), ["0", "1", "2", "3", "4", "ENOBUFS"])


@row("given a block of 4, when 8 threads bind port 0 at once, over and over, "
     "then 4 different ports are taken each time")
def threads_bind():
    expect(lines("""
import threading
for _ in range(20):
    gate, results = threading.Barrier(8), []
    def work():
        gate.wait()
        results.append(take())
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert sorted(map(str, results)) == ["0", "1", "2", "3"] + 4 * ["ENOBUFS"]
    while held:
        s = held.pop()
        if not isinstance(s, str): s.close()
say("done")
""", "--tcp=4"), ["done"])


# Each child binds, says its port, and waits for the end of its input. The
# sockets set SO_REUSEADDR, as servers do, so that the kernel alone would let
# two of them have one port until the first listens.
CHILDREN = """
CHILD = '''
import errno, os, socket, sys
start = int(os.environ["PORTRES_TCP_START"])
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1] - start, flush=True)
    sys.stdin.readline()
    s.listen()
    print("listens", flush=True)
except OSError as error: print(errno.errorcode[error.errno], flush=True)
sys.stdin.read()
'''
def children(n):
    return [subprocess.Popen([sys.executable, "-c", CHILD], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(n)]
def told(all):
    return sorted(child.stdout.readline().strip() for child in all)
"""


@row("given a block of 4, when 6 processes with SO_REUSEADDR bind at once, "
     "then 4 get different ports, and all of these can listen")
def processes_bind():
    for scope in "machine", "process":
        expect(lines(CHILDREN + """
for _ in range(3):
    all = children(6)
    ports = told(all)
    assert ports == ["0", "1", "2", "3", "ENOBUFS", "ENOBUFS"], ports
    for child in all: child.stdin.write("listen\\n"); child.stdin.flush()
    said = sorted(child.communicate()[0] for child in all)
    assert said == 2 * [""] + 4 * ["listens\\n"], said
say("done")
""", "--tcp=4", f"--scope={scope}"), ["done"])


@row("given a full block, when a process closes, ends or is killed, "
     "then its port is handed out at once to another one")
def comes_back():
    for scope in "machine", "process":
        expect(lines(CHILDREN + """
all = children(3)
say(*told(all)); say(take())
for number in range(3):
    child = all[number]
    if number == 0: child.communicate()
    else: child.send_signal(signal.SIGKILL); child.communicate()
    say(type(take()).__name__)
    say(take())
held[0].close()
other = children(1); say(len(told(other)[0])); other[0].communicate()
""", "--tcp=3", f"--scope={scope}"),
               ["0 1 2", "ENOBUFS", "int", "ENOBUFS", "int", "ENOBUFS", "int",
                "ENOBUFS", "1"])


@row("given a block, when a process closes all its descriptors, becomes a "
     "daemon and binds, then it takes ports of the block")
def daemon_binds():
    expect(lines("""
say(take())
out, other = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        held.clear()
        for fd in range(64):
            if fd != other:
                try: os.close(fd)
                except OSError: pass
        os.write(other, f"{take()} {take()} {take()}".encode())
    os._exit(0)
os.close(other)
say(os.read(out, 99).decode())
""", "--tcp=3"), ["0", "1 2 ENOBUFS"])


def await_orphan(pid, new_parent):
    """Until the parents of a process have ended, up to the command."""
    deadline = time.monotonic() + PATIENCE
    status = pathlib.Path(f"/proc/{pid}/stat")
    while int(status.read_text().rsplit(")", 1)[1].split()[1]) != new_parent:
        expect(time.monotonic() < deadline, True)


@row("given a program that leaves a daemon behind, when it ends, "
     "then the block and the command stay until the daemon ends")
def daemon_stays():
    process = start(*script("""
s = bound()
s.listen()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        say(os.getpid(), start, offset(s))
        signal.pause()
    os._exit(0)
os.wait()
os._exit(7)
""", "--tcp=2"))
    pid, first, taken = map(int, process.stdout.readline().split())
    expect(taken, 0)
    await_orphan(pid, process.pid)
    expect((process.poll(), is_free(first + 1, socket.SOCK_STREAM)),
           (None, False))
    socket.create_connection(("127.0.0.1", first)).close()
    os.kill(pid, signal.SIGKILL)
    expect((process.wait(PATIENCE), process.communicate()), (7, ("", "")))
    expect(is_free(first + 1, socket.SOCK_STREAM), True)


@row("given a program that has left a daemon, when the command gets SIGTERM, "
     "then the daemon gets it")
def daemon_signalled():
    process = start(*script("""
if os.fork() == 0:
    os.setsid()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    say(os.getpid())
    signal.sigwait([signal.SIGTERM])
    say("SIGTERM")
os._exit(0)
""", "--tcp=2"))
    await_orphan(int(process.stdout.readline()), process.pid)
    process.send_signal(signal.SIGTERM)
    expect(process.communicate(timeout=PATIENCE), ("SIGTERM\n", ""))
    expect(process.returncode, 0)


@row("given a program, when it exits, is killed or cannot be executed, "
     "then the command ends alike")
def ends_alike():
    for program, wanted in [("exit 0", 0), ("exit 7", 7), ("exit 255", 255),
                            ("kill -TERM $$", -15), ("kill -KILL $$", -9),
                            ("kill -SEGV $$", -11), ("kill -USR1 $$", -10)]:
        done = portres("run", "--tcp=1", "sh", "-c", program)
        expect((program, done.returncode, done.stderr), (program, wanted, ""))
    for words, wanted, error in [
            (["/nowhere/program"], 127, "No such file"),
            (["no-such-program-on-the-path"], 127, "No such file"),
            (["/etc/passwd"], 126, "Permission denied"),
            (["/"], 126, "Permission denied")]:
        done = portres("run", "--tcp=1", *words)
        expect((words, done.returncode, error in done.stderr),
               (words, wanted, True))


@row("given a program, when signals come to the command, "
     "then the program gets each of them")
def signals_pass():
    names = "HUP INT QUIT TERM USR1 USR2 ALRM WINCH".split()
    process = start(*script("""
names = sys.argv[1:]
numbers = [getattr(signal, "SIG" + name) for name in names]
signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
say("ready")
for _ in numbers: say(signal.sigwait(numbers))
sys.exit(3)
""", "--tcp=1"), *names)
    expect(process.stdout.readline(), "ready\n")
    for name in names:
        number = getattr(signal, "SIG" + name)
        process.send_signal(number)
        expect(process.stdout.readline(), f"{int(number)}\n")
    expect(process.wait(PATIENCE), 3)
    process.communicate()


@row("given signals ignored or blocked, when the command runs a program, "
     "then the program has them as they were")
def signals_inherited():
    show = "import signal; print(*[int(signal.getsignal(n) == signal.SIG_IGN) \
for n in (1, 2, 17, 20)], sorted(signal.pthread_sigmask(0, [])))"

    def prepare():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    got = [subprocess.run([*prefix, sys.executable, "-c", show], text=True,
                          stdout=subprocess.PIPE, env=surroundings(),
                          preexec_fn=prepare).stdout
           for prefix in ([], [COMMAND, "run", "--tcp=1"])]
    expect(got[1], got[0])


@row("given closed standard streams, when a program is run, "
     "then the tree works")
def closed_streams():
    done = subprocess.run(
        ["sh", "-c", 'exec "$0" run --tcp=1 "$1" -c "$2" <&- 2>&- 3>&-',
         COMMAND, sys.executable, """
import os, socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
print(s.getsockname()[1] - int(os.environ["PORTRES_TCP_START"]))
"""], stdout=subprocess.PIPE, text=True, env=surroundings())
    expect((done.returncode, done.stdout), (0, "0\n"))


@row("given a program, when it is run, then it has the descriptors, the limit "
     "and the parentage that it would have had, and the blocks as variables")
def inherits():
    show = """
import os, resource
print(sorted(os.listdir("/proc/self/fd")),
      resource.getrlimit(resource.RLIMIT_NOFILE))
"""
    got = [subprocess.run([*prefix, sys.executable, "-c", show], text=True,
                          stdout=subprocess.PIPE, env=surroundings()).stdout
           for prefix in ([], [COMMAND, "run", "--tcp=8", "--udp=8"])]
    expect(got[1], got[0])
    first = free_block(3)
    expect(lines("""
for name in ("PORTRES_TCP_START", "PORTRES_TCP_COUNT", "PORTRES_UDP_START",
             "PORTRES_UDP_COUNT", "PORTRES_BLOCK", "PORTRES_OUTGOING"):
    say(os.environ.get(name))
""", f"--udp=3@{first}"), ["None", "None", str(first), "3",
                           f"udp:{first}:3", "None"])


@row("given the supervisor is killed, when the tree binds, "
     "then the block has ended, and sockets keep the ports that they have")
def supervisor_killed():
    process = start(*script("""
listens = bound(); listens.listen()
idle = bound()
say(start)
sys.stdin.readline()
say(take(), take(port=start + 2), take(port=start), take(port=start + count))
idle.listen()
listens.accept()[0].send(b"yes"); idle.accept()[0].send(b"yes")
s = socket.socket()
try: s.listen()
except OSError as error: say(errno.errorcode[error.errno])
""", "--tcp=3"), stdin=subprocess.PIPE)
    first = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdin.write("go on\n")
    process.stdin.flush()
    said = process.stdout.readline().split()
    expect(said, ["ENOBUFS", "EACCES", "EACCES", "3"])
    for port in range(first, first + 2):
        with socket.create_connection(("127.0.0.1", port)) as s:
            expect(s.recv(9), b"yes")
    expect(process.stdout.read(), "ENOBUFS\n")
    process.communicate()


@row("given trees whose supervisor or members are killed at random, when they "
     "have ended, then every port is free and the next tree has it")
def killed_at_random():
    first = free_block(4)
    for n in range(60):
        process = start(*script("""
for _ in range(3):
    if os.fork() == 0: break
say(os.getpid())
while True:
    s = attempt(bound)
    if not isinstance(s, str):
        s.listen(); held.pop(); s.close()
    else: held.clear()
""", f"--tcp=4@{first}"))
        pids = [int(process.stdout.readline()) for _ in range(4)]
        time.sleep(0.0007 * (n % 20))  # where it hits is the point
        victims = [process.pid] if n % 2 else []
        for pid in victims + pids:
            os.kill(pid, signal.SIGKILL)
        expect(process.wait(PATIENCE), -signal.SIGKILL)
        process.communicate()
        # The pipe ends before the kernel has closed the members' sockets.
        deadline = time.monotonic() + PATIENCE
        while not all(is_free(first + i, socket.SOCK_STREAM)
                      for i in range(4)):
            expect(time.monotonic() < deadline, True)


@row("given a block, when its ports or others are bound by number, "
     "then the kernel's own rules hold, and others pass")
def explicit():
    for scope in "machine", "process":
        expect(lines("""
say(take(port=start + 1)); say(take(port=start + 1)); say(take(), take())
say(take(port=start + count))
s = socket.socket(socket.AF_INET6, TCP)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind(("::", start + 1)); s.listen(); say(offset(s))
for _ in range(2):
    s = socket.socket(); held.append(s)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("127.0.0.1", start + 3)); s.listen(); say(offset(s))
say(take(port=start + 3))
""", "--tcp=4", f"--scope={scope}"),
               ["1", "EADDRINUSE", "0 2", "4", "1", "3", "3", "EADDRINUSE"])


@row("given a server of a full block has closed its connections, when another "
     "with SO_REUSEADDR binds, then it steps over TIME_WAIT, others do not")
def time_wait():
    for scope in "machine", "process":
        expect(lines("""
def server(**more):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, more.get("flag", 1))
    try:
        s.bind(("127.0.0.1", more.get("port", 0))); s.listen()
    except OSError: s.close(); raise
    return s
s = server()
client = socket.create_connection(s.getsockname())
s.accept()[0].close(); client.recv(1); client.close(); s.close()
say(attempt(server, flag=0))
for options in {}, {"port": start}:
    s = attempt(server, **options)
    say(s if isinstance(s, str) else offset(s))
    say(attempt(server, **options))
    s.close()
""", "--tcp=1", f"--scope={scope}"),
               ["ENOBUFS", "0", "ENOBUFS", "0", "EADDRINUSE"])


@row("given --outgoing, when sockets connect or send without bind, "
     "then they take the block until ENOBUFS; and without it they do not")
def outgoing():
    program = """
server = bound(port=start); server.listen()
udp = bound(UDP, port=start)
def connected(): return socket.create_connection(("127.0.0.1", start))
def sent():
    s = socket.socket(socket.AF_INET, UDP)
    s.sendto(b"x", ("127.0.0.1", start))
    return s
for function in connected, connected, sent, sent:
    got = attempt(function)
    say(got if isinstance(got, str) else
        offset(got) if offset(got) in range(2) else "elsewhere")
"""
    first = free_block(2)
    blocks = [f"--tcp=2@{first}", f"--udp=2@{first}"]
    expect(lines(program, *blocks, "--outgoing"),
           ["1", "ENOBUFS", "1", "ENOBUFS"])
    expect(lines(program, *blocks), 4 * ["elsewhere"])
    expect(lines(program, *blocks, "--outgoing", "--static"),
           ["1", "ENOBUFS", "1", "ENOBUFS"])


@row("given datagrams to the socket of a block, when they come, "
     "then the guards behind it take none")
def datagrams_arrive():
    expect(lines("""
for host, target in [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"),
                     ("::", "::1"), ("::", "127.0.0.1"), ("::1", "::1")]:
    s = bound(UDP, host)
    if host == "::":
        s.close(); s = socket.socket(socket.AF_INET6, UDP)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind(("::", 0))
    s.settimeout(5)
    client = socket.socket(socket.AF_INET6 if ":" in target
                           else socket.AF_INET, UDP)
    for n in range(20): client.sendto(b"%d" % n, (target, s.getsockname()[1]))
    assert [s.recv(9) for _ in range(20)] == [b"%d" % n for n in range(20)]
    say(offset(s)); s.close()
""", "--udp=2"), 5 * ["0"])


@row("given a tree, when it runs another tree, "
     "then that has blocks of its own and the outer one keeps its own")
def nested():
    done = portres("run", "--tcp=2", "--", COMMAND, "run", "--tcp=2", "--",
                   "sh", "-c", "echo $PORTRES_TCP_START; exit 9")
    inner = int(done.stdout)
    done = portres("run", "--tcp=2", "--", "sh", "-c",
                   f"{COMMAND} run --tcp=2@$PORTRES_TCP_START true")
    expect((inner >= 49154, done.returncode, "EADDRINUSE" in done.stderr),
           (True, 125, True))


@row("given a tree, when its processes bind many times, "
     "then the supervisor has as many descriptors as before")
def no_leak():
    expect(lines("""
def supervisors(): return len(os.listdir(f"/proc/{os.getppid()}/fd"))
take(); take(UDP)
before, own = supervisors(), descriptors()
for _ in range(200):
    for kind in TCP, UDP:
        s = bound(kind)
        if kind == TCP: s.listen()
        s.close()
    s = bound(port=start + 1); attempt(bound, port=start + 1); s.close()
say(descriptors() - own, abs(supervisors() - before) <= 2)
""", "--tcp=4", "--udp=4"), ["0 True"])


@row("given a stranger without the secret, when it sends questions, "
     "then it has no answer and the tree goes on")
def stranger_asks():
    expect(lines("""
import array
name, secret = os.environ["PORTRES_TREE"].split(":")
line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
address = b"\\0portres/" + name.encode()
mine, answer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s = socket.socket()
fds = array.array("i", [s.fileno(), answer.fileno()])
rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)]
for data in b"", b"x", b"PRT1" + 200 * b"y", bytes(76):
    for attached in [], rights, [(*rights[0][:2], fds[:1])]:
        try: line.sendmsg([data], attached, 0, address)
        except OSError as error: say(error)
answer.close()
say(mine.recv(9), offset(s) == -start, take())
""", "--tcp=1"), ["b'' True 0"])


if __name__ == "__main__":
    main(keep=os.environ.get("PORTRES_TEST_KEEP", "").split())
