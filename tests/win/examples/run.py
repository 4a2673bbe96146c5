#!/usr/bin/env python3
"""Run the examples for Windows under Wine and compare what they print.

  run.py EXPECTED PROGRAM

In EXPECTED a line "$ PROGRAM ARGUMENTS = CODE" starts a run of a program beside
the given one, with the exit code it must have; the lines after it, the empty
ones aside, are what it must print (a * stands for anything). What is printed here is TAP, a row for each run.
"""
import fnmatch
import os
import pathlib
import subprocess
import sys


def read_runs(path):
    runs = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("$ "):
            command, code = line[2:].rsplit(" = ", 1)
            runs.append((command, int(code), []))
        elif line and not line.startswith("#"):
            runs[-1][2].append(line.strip())
    return runs


def difference(command, code, wanted, folder):
    """What is wrong, as text, or None."""
    name, *arguments = command.split()
    wrapper = os.environ.get("MESON_EXE_WRAPPER", "").split()
    done = subprocess.run(
        wrapper + [str(folder / f"{name}.exe")] + arguments, text=True,
        errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=50, check=False)
    printed = [line.strip() for line in done.stdout.splitlines()
               if line.strip()]
    if done.returncode == code and len(printed) == len(wanted) and all(
            map(fnmatch.fnmatchcase, printed, wanted)):
        return None
    return f"it ends with {done.returncode} and prints {printed}"


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    runs = read_runs(pathlib.Path(sys.argv[1]))
    folder = pathlib.Path(sys.argv[2]).parent
    for number, (command, code, wanted) in enumerate(runs, 1):
        problem = difference(command, code, wanted, folder)
        if problem:
            print(f"# {problem}")
        print(f"{'not ' if problem else ''}ok {number} - given Wine, then "
              f"`{command}` says that it is not supported")
    print(f"1..{len(runs)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
