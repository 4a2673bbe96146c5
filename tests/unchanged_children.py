#!/usr/bin/env python3
"""Children of a program under PORTRES_BLOCK: fork, spawn, exec, SCM_RIGHTS.

A forked child goes on with the block, as daemons and workers must; it has a
copy of the parent's knowledge and none of what the other learns later, and the
kernel keeps the two apart. A child that begins anew reads the environment anew.
"""

from unchanged_script import lines
from unchanged_support import expect, main, row

# A bind that is tried until the port is back: a block that looks full is
# looked through at most every 10 ms.
UNTIL = """
import time
def take_until(wanted):
    end = time.monotonic() + 10
    while (got := take()) != wanted and time.monotonic() < end: pass
    return got
"""


@row("given a forked child, when it binds port 0, "
     "then it takes a free port of the block and the parent loses none")
def fork_binds():
    expect(lines("""
import multiprocessing
context = multiprocessing.get_context("fork")
say(take(), take())
child = context.Process(target=lambda: say("child", take(), take()))
child.start(); child.join()
say(take(), take())
""", 3), ["0 1", "child 2 ENOBUFS", "2 ENOBUFS"])


@row("given a forked child that inherits a server, when the parent closes it, "
     "then the port comes back as soon as the child has ended")
def fork_holds():
    expect(lines(UNTIL + """
take(); held[0].listen()
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.close(writing)
    peer, _ = held[0].accept(); peer.sendall(b"hello")
    peer.recv(1); peer.close()  # the client leaves first, and has TIME_WAIT
    os.read(reading, 1); os._exit(0)
os.close(reading)
client = socket.create_connection(("127.0.0.1", start)); say(client.recv(9))
client.close(); held.pop().close()
say(take())
os.close(writing); os.waitpid(child, 0)
say(take_until(0))
""", 1), ["b'hello'", "ENOBUFS", "0"])


@row("given a forked child that closes all it inherited, when the parent binds "
     "port 0, then the parent's ports are still its own")
def fork_closes():
    expect(lines("""
take(); take()
for _ in range(20):
    child = os.fork()
    if child == 0:
        for s in held: s.close()
        os.closerange(3, 64); os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
say(take(), take()); held.pop(0).close(); say(take(), take())
""", 3), ["2 ENOBUFS", "0 ENOBUFS"])


@row("given a child that begins anew with a block anywhere, "
     "when it binds port 0, then it takes a port of a block of its own")
def spawn_anywhere():
    expect(lines("""
import subprocess
def here(): return bound().getsockname()[1]
code = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); "
code += "print(s.getsockname()[1])"
s, ports = bound(), set()
ports.add(s.getsockname()[1])
for _ in range(3):
    ports.add(int(subprocess.check_output([sys.executable, "-c", code])))
say(len(ports), min(ports) >= 49152)
""", 2, block="tcp:0:2"), ["2 True"])


@row("given a child that begins anew with the block its parent holds, "
     "when it binds port 0, then it fails with EADDRINUSE and one line says so")
def spawn_same():
    expect(lines("""
import subprocess
take()
code = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0))"
for _ in range(2):
    done = subprocess.run([sys.executable, "-c", code], text=True,
                          stderr=subprocess.PIPE)
    ours = [l for l in done.stderr.splitlines() if l.startswith("portres:")]
    say(len(ours), "EADDRINUSE" in ours[0],
        "Address already in use" in done.stderr)
say(take(), take())
""", 2), ["1 True True", "1 True True", "1 ENOBUFS"])


@row("given a program that inherits a server, when it serves and ends, "
     "then the port stays taken until both have closed it")
def spawn_inherits():
    expect(lines("""
import subprocess
take(); held[0].listen()
code = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); "
code += "peer, _ = s.accept(); peer.sendall(b'hello'); peer.recv(1)"
child = subprocess.Popen([sys.executable, "-c", code, str(held[0].fileno())],
                         pass_fds=[held[0].fileno()])
client = socket.create_connection(("127.0.0.1", start)); say(client.recv(9))
client.close(); say(take()); child.wait()
held.pop(0).close(); say(take(), take())
""", 2), ["b'hello'", "1", "0 ENOBUFS"])


@row("given a full block, when programs are started in every way 25 times, "
     "then no port is lost and close still gives one back")
def programs_lose_none():
    expect(lines("""
import subprocess
take(); held.pop().close()  # the block has a descriptor
before = descriptors()
take(); take()
for i in range(25):
    subprocess.run(["true"], check=True)
    subprocess.run(["true"], check=True, close_fds=False)
    subprocess.run("exit 0", check=True, shell=True, stdout=subprocess.PIPE)
    os.waitpid(os.posix_spawn("/bin/true", ["true"], os.environ,
        file_actions=[(os.POSIX_SPAWN_CLOSE, held[0].fileno())]), 0)
    assert os.system("exit 0") == 0
    os.popen("exit 0").close()
say(take()); held.pop(0).close(); say(take(), take())
while held: held.pop().close()
say(descriptors() - before)
""", 2), ["ENOBUFS", "0 ENOBUFS", "0"])


@row("given a socket sent to ourselves by SCM_RIGHTS, when the original "
     "closes, then the port comes back with the copy")
def rights_hold():
    expect(lines(UNTIL + """
take()
one, other = socket.socketpair()
socket.send_fds(one, [b"x"], [held[0].fileno()])
held.pop().close(); say(take())
_, fds, _, _ = socket.recv_fds(other, 9, 1)
say(take()); os.close(fds[0]); say(take_until(0))
""", 1), ["ENOBUFS", "ENOBUFS", "0"])


if __name__ == "__main__":
    main()
