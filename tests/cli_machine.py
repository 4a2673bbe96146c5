#!/usr/bin/env python3
"""`portres run` at scope machine, against strangers who spin on its ports.

On Windows the kernel keeps reserved ports for those who hold the token. Here a
guard does. Stressed: the moments when a socket of the tree takes a port and
gives it back, by close, at its end or by SIGKILL. Without CAP_CHOWN and
CAP_NET_RAW there is a hole, which COMPAT tells of: a stranger of the same user
with SO_REUSEPORT; with either (PORTRES_TEST_KEEP) the same rows have none.
"""

import os
import pathlib
import subprocess

from cli_support import portres, script, start
from unchanged_support import expect, free_block, main, row

ADVERSARY = os.environ["PORTRES_TEST_ADVERSARY"]
BINDS = int(os.environ.get("PORTRES_TEST_BINDS", "800"))

# Take all ports of the block, and give them back: by close, by the end of a
# process, and by SIGKILL; or keep them. It ends when it is told to, for then the
# ports are free.
VICTIM = """
kind, binds, closes = (TCP if "PORTRES_TCP_START" in os.environ else UDP,
                       int(sys.argv[1]), sys.argv[2] == "closes")
failed = done = 0
say("ready"); sys.stdin.readline()
def fill():
    global failed, done
    for _ in range(count):
        got = take(kind)
        done += 1
        if isinstance(got, str): failed += 1
        elif kind == TCP:
            try: held[-1].listen()
            except OSError: failed += 1
if closes:
    while done < binds:
        fill()
        while held: held.pop().close()
        if done // count % 50 == 0:
            pid = os.fork()
            if pid == 0: fill(); signal.pause() if done % 2 else os._exit(0)
            if done % 2: os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
else:
    fill()
    for _ in range(binds):
        attempt(bound, kind); done += 1
say(done, failed)
sys.stdin.readline()
"""


class Stranger:
    """One that spins, until it is asked how it went."""

    def __init__(self, first, count, family, kind, options, user=None):
        self.process = subprocess.Popen(
            [ADVERSARY, str(first), str(count), family, kind, options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            user=user)
        expect(self.process.stdout.readline(), "ready\n")

    def ask(self):
        tries, got = self.process.communicate()[0].split()
        return int(tries), int(got)


def duel(kind, family, options, closes, user=None):
    """What a stranger got, and what the tree could not have."""
    first = free_block(4)
    name = {"t": "tcp", "u": "udp"}[kind]
    words = script(VICTIM, f"--{name}=4@{first}", "--scope=machine")
    victim = start(*words, BINDS, "closes" if closes else "keeps",
                   stdin=subprocess.PIPE)
    expect(victim.stdout.readline(), "ready\n")
    stranger = Stranger(first, 4, family, kind, options, user)
    victim.stdin.write("go on\n")
    victim.stdin.flush()
    line = victim.stdout.readline()
    done, failed = map(int, line.split())
    tries, got = stranger.ask()
    expect(victim.communicate(), ("", ""))
    print(f"# {kind}{family} {options or 'plain':5} "
          f"{'closes' if closes else 'keeps':6} "
          f"binds {done} failed {failed}; stranger tried {tries} got {got}")
    return failed, got


def check(kind, closes, strangers):
    for family in "4", "6":
        for options in strangers:
            expect((kind, family, options,
                    *duel(kind, family, options, closes)),
                   (kind, family, options, 0, 0))


CHOWN, SETUID, NET_RAW = 0, 7, 13


def has_any(*capabilities):
    text = pathlib.Path("/proc/self/status").read_text()
    bits = int(text.split("CapEff:")[1].split()[0], 16)
    return any(bits >> each & 1 for each in capabilities)


def strangers():
    """Those that the guards keep out."""
    return ["", "a", "p", "ap"] if has_any(CHOWN, NET_RAW) else ["", "a"]


@row("given strangers that spin on the ports of a UDP block, when the tree "
     "takes and closes them, then none is lost")
def udp():
    check("u", True, strangers())


@row("given strangers that spin on the ports of a TCP block, when the tree "
     "takes and closes them, then none is lost")
def tcp():
    check("t", True, strangers())


@row("given strangers that spin on the ports of a block that is taken, when "
     "the tree binds more, then none is lost and each one more fails")
def taken():
    for kind in "t", "u":
        failed, got = duel(kind, "4", "", False)
        expect((failed, got), (0, 0))


@row("given the kernel picks ports for strangers, when a block lies in its "
     "range, then it picks none of the block")
def kernel_picks():
    low = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
              .read_text().split()[0])
    for kind in "t", "u":
        name = {"t": "tcp", "u": "udp"}[kind]
        words = script(VICTIM, f"--{name}=64@{low + 64}", "--scope=machine")
        victim = start(*words, BINDS, "closes", stdin=subprocess.PIPE)
        expect(victim.stdout.readline(), "ready\n")
        stranger = Stranger(low + 64, 64, "4", kind, "k")
        victim.stdin.write("go on\n")
        victim.stdin.flush()
        done, failed = map(int, victim.stdout.readline().split())
        tries, got = stranger.ask()
        victim.communicate()
        print(f"# {kind} binds {done} failed {failed}; kernel picked {tries}, "
              f"{got} of the block")
        expect((failed, got), (0, 0))


@row("given a program with another user id, when it binds in the tree, "
     "then it gets a port of the block")
def other_user():
    if not has_any(SETUID):
        return  # a run that keeps CAP_SETUID has it
    done = portres(*script("""
os.setuid(65534)
for _ in range(2): say(take(), take(UDP))
say(take(), take(UDP))
while held: held.pop()
say(take(), take(UDP))
""", "--tcp=2", "--udp=2"))
    expect(done.stdout.splitlines()[:3],
           ["0 0", "1 1", "ENOBUFS ENOBUFS"])


if __name__ == "__main__":
    main(keep=os.environ.get("PORTRES_TEST_KEEP", "").split())
