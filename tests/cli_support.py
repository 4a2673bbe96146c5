"""What the tests of the `portres` command share."""

import json
import os
import signal
import subprocess
import sys

from unchanged_script import PRELUDE
from unchanged_support import PATIENCE, expect

COMMAND = os.environ["PORTRES_TEST_COMMAND"]

# In a tree the block is told by the environment, not by an argument.
TREE_PRELUDE = PRELUDE.replace("int(sys.argv[1])", """\
int(os.environ.get("PORTRES_TCP_START") or os.environ["PORTRES_UDP_START"])
""") + """
import signal, subprocess, time
count = int(os.environ.get("PORTRES_TCP_COUNT") or
            os.environ["PORTRES_UDP_COUNT"])
"""


def surroundings(**variables):
    """The environment of the test, without what other rows may have set."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("LD_", "PYTHON")) and
           (not name.startswith("PORTRES_") or
            name in ("PORTRES_STATE_DIR", "PORTRES_RUNTIME_DIR"))}
    env.update(variables)
    return env


def start(*words, **options):
    """The command beside the test, in a session of its own."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.PIPE)
    variables = options.pop("variables", {})
    return subprocess.Popen([COMMAND, *map(str, words)], text=True,
                            env=surroundings(**variables),
                            stdout=subprocess.PIPE,
                            start_new_session=True, **options)


def portres(*words, **options):
    """The command run to its end: exit code, output, errors."""
    process = start(*words, **options)
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return subprocess.CompletedProcess(words, process.returncode, stdout,
                                       stderr)


def as_json(*words, **options):
    """The exit code, and what --json says."""
    done = portres(*words, "--json", **options)
    expect(done.stdout.count("\n"), 1)
    return done.returncode, json.loads(done.stdout)


def script(program, *options):
    """The words of a `portres run` of a short Python program."""
    return ["run", *options, "--", sys.executable, "-c",
            TREE_PRELUDE + program]


def lines(program, *options, stderr="", code=0):
    """What a short Python program says in a tree."""
    done = portres(*script(program, *options))
    expect((done.stderr, done.returncode), (stderr, code))
    return done.stdout.splitlines()


def check_table(table):
    """Rows of words, exit code, and what is in the error."""
    for words, code, error in table:
        done = portres(*words)
        expect((words, done.returncode, done.stdout), (words, code, ""))
        if error not in done.stderr or not done.stderr.startswith("portres: "):
            raise AssertionError(f"{words}: {done.stderr!r} has no {error!r}")
