#!/usr/bin/env python3
"""Run one contract program where it is known to fail, and hold it to its gates.

  gate.py GATES NAME PROGRAM [ARGUMENT...]

A line of GATES is "system | name | row | reason": the row of program NAME is
known to fail on that system; a row that ends in * stands for all that begin
so. What is printed is TAP: the rows without a gate, and one for the gates. A
gated row that passes fails, so that somebody takes the gate away. Rows that
need what no Windows has (posix/missing.h) end themselves and count as nothing.
A row whose reason begins with "it hangs", "it crashes" or "it wavers" is not
started, and one that is "left out: " does not even count. The system is PORTRES_TEST_SYSTEM
of the environment, or else Wine or Windows; "bsd" stands for all four BSDs.
"""
import os
import re
import subprocess
import sys

ROW = re.compile(r"(not )?ok \d+ (- |# SKIP )(.*)")


def read_gates(path, system, name):
    gates = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                where, program, row, reason = [
                    part.strip() for part in line.split(" | ")]
                if program == name and (
                        where == system or where == "bsd" and "bsd" in system
                        or (where, system) == ("bsd", "dragonfly")):
                    gates.append((row, reason))
    return gates


def left_out(gates):
    """Rows that cannot even be tried, for what they leave behind."""
    return "\n".join(row.rstrip("*") for row, reason in gates
                     if reason.startswith("left out: "))


def reason_of(row, gates):
    for pattern, reason in gates:
        if row == pattern or (pattern.endswith("*")
                              and row.startswith(pattern[:-1])):
            return reason
    return None


def is_kept_back(reason):
    return reason.startswith(("it hangs", "it crashes", "it wavers"))


def run(program, gates):
    kept_back = [row for row, reason in gates if is_kept_back(reason)]
    wrapper = os.environ.get("MESON_EXE_WRAPPER", "").split()
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP",
                       PORTRES_TEST_KEPT_BACK="\n".join(kept_back),
                       PORTRES_TEST_WITHOUT=left_out(gates))
    if "PORTRES_TEST_SYSTEM" not in environment:
        environment["PORTRES_TEST_NO_NETNS"] = "1"
    done = subprocess.run(wrapper + program, env=environment, text=True,
                          errors="replace", stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=100, check=False)
    return done.returncode, done.stdout.splitlines()


def judge(lines, gates):
    """Rows to report as (is good, text), and how many gates held and how many
    rows were not for this system."""
    rows, held, others = [], 0, 0
    for line in lines:
        match = ROW.match(line)
        if not match:
            print(line if line.startswith("#") else f"# {line}")
            continue
        is_bad, kind, name = match.groups()
        reason = reason_of(name, gates)
        if kind != "- " and reason and is_kept_back(reason):
            print(f"# not started: {name}: {reason}")
            held += 1
        elif kind != "- ":
            print(f"# not here: {name}")
            others += 1
        elif reason and is_bad:
            print(f"# gated: {name}: {reason}")
            held += 1
        elif reason:
            rows.append((False, f"{name}: it passes, and has a gate"))
        else:
            rows.append((not is_bad, name))
    return rows, held, others


def main():
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    path, name, *program = sys.argv[1:]
    wrapper = os.environ.get("MESON_EXE_WRAPPER", "")
    system = os.environ.get("PORTRES_TEST_SYSTEM",
                            "wine" if "wine" in wrapper else "windows")
    gates = read_gates(path, system, name)
    code, lines = run(program, gates)
    rows, held, others = judge(lines, gates)
    rows.append((code == 0, f"the program ends with 0 (not {code})"
                 if code else f"the program ends; {held} gates hold, and "
                 f"{others} rows are not for this system"))
    if not any(ROW.match(line) for line in lines):
        rows.append((False, "the program reports rows"))
    for number, (is_good, text) in enumerate(rows, 1):
        print(f"{'' if is_good else 'not '}ok {number} - {text}")
    print(f"1..{len(rows)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
