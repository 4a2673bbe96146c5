"""What the tests of unmodified programs share: rows, namespaces, preload.

A row is a function with a sentence; it runs in a process and a network
namespace of its own, so that no TIME_WAIT and no leftover of one row is seen
by the next. The test itself is never preloaded: only the programs it starts.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback

PATIENCE = 20  # seconds until a program counts as hung
SKIPPED = 77

rows = []
library = None


class Skip(Exception):
    """Why a row cannot run here."""


def row(sentence):
    """Enter a function into the table of rows under its sentence."""
    def enter(function):
        rows.append((sentence, function))
        return function
    return enter


def expect(got, wanted):
    if got != wanted:
        raise AssertionError(f"got    {got!r}\nwanted {wanted!r}")


def need(program):
    """The path of a program, or the reason to skip."""
    found = shutil.which(program, path=os.environ.get("PATH", "") +
                         ":/usr/sbin:/sbin")
    if not found:
        raise Skip(f"{program} is not installed")
    return found


def preloaded(block=None, **variables):
    """The environment in which the library is preloaded."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("PORTRES_", "LD_", "PYTHON"))}
    env["LD_PRELOAD"] = library
    if block is not None:
        env["PORTRES_BLOCK"] = block
    env.update(variables)
    return env


def run(command, block=None, check=True, plain=False, **variables):
    """Run a program to its end under preload (or `plain`, without)."""
    env = preloaded(block, **variables)
    if plain:
        del env["LD_PRELOAD"]
    # In a session of its own, so that what it started can be ended with it.
    process = subprocess.Popen(command, env=env, text=True,
                               stdin=subprocess.DEVNULL, start_new_session=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    if check and process.returncode != 0:
        raise AssertionError(f"{command[0]} ended with {process.returncode}\n"
                             f"{stdout}{stderr}")
    return subprocess.CompletedProcess(command, process.returncode, stdout,
                                       stderr)


class Program:
    """A program that runs beside the test, under preload."""

    def __init__(self, command, block=None, **variables):
        self.process = subprocess.Popen(
            command, env=preloaded(block, **variables), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
        self.said = []

    def __enter__(self):
        signal.alarm(PATIENCE)
        return self

    def __exit__(self, *failure):
        signal.alarm(0)
        # Its session is its own: workers it leaves behind end with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for stream in self.process.stdin, self.process.stdout:
            stream.close()
        self.process.wait()

    def wait_for(self, text):
        """Read what it says until a line holds `text`."""
        for line in self.process.stdout:
            self.said.append(line)
            if text in line:
                return line
        raise AssertionError(f"it ended without saying {text!r}:\n"
                             f"{''.join(self.said)}")

    def end(self, wanted=0):
        """Read the rest and check how it ended."""
        self.said += self.process.stdout.readlines()
        expect((self.process.wait(), "".join(self.said) if
                self.process.returncode != wanted else ""), (wanted, ""))

    def loaded(self):
        """Whether the library is in the program's memory."""
        maps = pathlib.Path(f"/proc/{self.process.pid}/maps").read_text()
        return os.path.basename(os.path.realpath(library)) in maps


def is_free(port, kind):
    with socket.socket(socket.AF_INET6, kind) as s:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            s.bind(("::", port))
        except OSError:
            return False
    return True


def free_block(count):
    """The start of `count` ports that are free for TCP and UDP.

    Looked for above the kernel's ephemeral range when there is room, so that
    no automatic pick lands in it; the spare port behind it is free as well.
    """
    text = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    above = int(text.split()[1]) + 1
    first = above if above + 1000 < 65536 else 1024
    first += os.getpid() % 100  # rows outside of namespaces differ
    for start in range(first, 65535 - count, count + 1):
        if all(is_free(port, kind) for port in range(start, start + count + 1)
               for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            return start
    raise Skip("no free block")


def tell(address, text, until=None):
    """Send text over TCP; the answer until its end, or until `until`."""
    with socket.create_connection(address, timeout=PATIENCE) as s:
        s.sendall(text.encode())
        answer = b""
        while until is None or until.encode() not in answer:
            more = s.recv(4096)
            if not more:
                break
            answer += more
    return answer.decode()


def get(host, port):
    """The status and the body of an HTTP request."""
    answer = tell((host, port), "GET / HTTP/1.0\r\nHost: test\r\n\r\n")
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory(prefix="portres-test-") as path:
        yield pathlib.Path(path)


def give_up(*_):
    raise TimeoutError(f"a program said nothing for {PATIENCE} s")


def run_row(function):
    """One row, in this process; the exit status tells how it went."""
    before = os.listdir("/proc/self/fd")
    signal.signal(signal.SIGALRM, give_up)
    try:
        function()
        expect(len(os.listdir("/proc/self/fd")), len(before))
    except Skip as reason:
        print(reason)
        return SKIPPED
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def launch_row(number, options):
    """One row in a namespace of its own; True, False, or why not."""
    command = [options.launcher, *options.keep, "--", sys.executable,
               sys.argv[0], "--library", options.library, "--row", str(number)]
    try:
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=6 * PATIENCE)
    except subprocess.TimeoutExpired:
        print("# it hangs")
        return False
    if done.returncode == SKIPPED:
        return done.stdout.strip()
    for line in (done.stdout + done.stderr).splitlines():
        if done.returncode != 0:
            print("#", line)
    return done.returncode == 0


def run_all(options):
    """Every row, one line of TAP each; whether all is well."""
    strict = os.environ.get("PORTRES_TEST_STRICT") == "1"
    good = bool(rows)
    print(f"1..{len(rows)}")
    for number, (sentence, _) in enumerate(rows, start=1):
        result = launch_row(number, options)
        skipped = isinstance(result, str)
        passed = not strict if skipped else result
        print("ok" if passed else "not ok", number, "-", sentence,
              f"# SKIP {result}" if skipped and passed else "", flush=True)
        if skipped and not passed:
            print(f"# skipped, and strict: {result}")
        good = good and passed
    return good


def main(keep=()):
    global library
    parser = argparse.ArgumentParser()
    parser.add_argument("--launcher", help="in-netns")
    parser.add_argument("--library", required=True)
    parser.add_argument("--row", type=int, help="run this row, here")
    options = parser.parse_args()
    options.keep = [word for name in keep for word in ("--keep-cap", name)]
    options.library = library = os.path.abspath(options.library)
    if options.row:
        sys.exit(run_row(rows[options.row - 1][1]))
    sys.exit(not run_all(options))
