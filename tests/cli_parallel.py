#!/usr/bin/env python3
"""Sixteen test jobs at once, each under `portres run --tcp 32`.

This is what parallel CI is: jobs that know nothing of each other and bind
explicit ports and port 0. Stressed: that blocks that are looked for at the same
moment never overlap, and come and go without a port being lost.
"""

import os
import threading
import time

from cli_support import portres, script
from unchanged_support import expect, main, row

JOBS = 16
SECONDS = float(os.environ.get("PORTRES_TEST_SECONDS", "5"))

# A job starts a server on each port by number, each in a way of its own, then
# as many as there are by port 0, and has a client talk to some.
JOB = """
def listening(port=0):
    s = socket.socket(socket.AF_INET6 if port % 2 else socket.AF_INET)
    if port % 3 == 0: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::1" if port % 2 else "127.0.0.1", port))
    s.listen()
    return s
for port in range(start, start + count): held.append(listening(port))
assert attempt(listening) == "ENOBUFS"
while held: held.pop().close()
for _ in range(count): held.append(listening())
assert sorted(map(offset, held)) == list(range(count))
assert attempt(listening) == "ENOBUFS"
for s in held[::8]:
    client = socket.create_connection(s.getsockname()[:2])
    s.accept()[0].send(b"yes")
    assert client.recv(9) == b"yes"
say(start)
"""


def work(until, failures, starts):
    while time.monotonic() < until and not failures:
        try:
            done = portres(*script(JOB, "--tcp=32", "--udp=4",
                                   "--scope=machine"))
            expect((done.returncode, done.stderr), (0, ""))
            starts.append(int(done.stdout))
        except Exception as failure:  # a thread's own would not be told
            failures.append(str(failure))


@row("given 16 jobs at once, over and over, when each has a block of 32 ports, "
     "then none fails and no two meet")
def jobs():
    until = time.monotonic() + SECONDS
    failures, starts = [], []
    threads = [threading.Thread(target=work,
                                args=(until, failures, starts))
               for _ in range(JOBS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"# {len(starts)} jobs in {SECONDS:g} s, {len(set(starts))} blocks, "
          f"{len(failures)} failed")
    expect(failures[:1], [])
    expect(len(starts) >= JOBS, True)


if __name__ == "__main__":
    main()
