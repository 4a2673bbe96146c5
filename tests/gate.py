#!/usr/bin/env python3
"""Run one test of a cross build, and hold it to its gates.

  gate.py GATES NAME COMMAND...

A line of GATES is "program | row | reason": the row of that program is known
to fail on the system GATES is for; a row that ends in * stands for all that
begin so. The row "whole" stands for the program: it fails as a whole, and is
ended at its first row that does. What is printed is TAP: the rows without a
gate, and one for the gates. A gate whose row passes, or is not there, fails,
so that somebody takes it away. A row whose reason begins with "it hangs" is
not started.
"""
import os
import re
import signal
import subprocess
import sys

ROW = re.compile(r"(not )?ok \d+ (?:- |# SKIP )(.*)")
# A row of Python's unittest: its method is its name. What one prints that fails
# may stand amid its line, so that it is told by the list at the end.
METHOD = re.compile(r"(test_\w+) \(.*\.\.\. ok$|(?:FAIL|ERROR): (test_\w+) \(")
WHOLE = "whole"


def read_gates(path, name):
    """The rows of one program that have a gate, each with the reason."""
    gates = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                program, row, reason = [
                    part.strip() for part in line.split(" | ")]
                if program == name:
                    gates[row] = reason
    return gates


def row_of(line):
    """The name of a row, whether it failed, and whether unittest says so."""
    match = ROW.match(line)
    if match:
        return match[2], bool(match[1]), False
    match = METHOD.match(line)
    return (match[1] or match[2], bool(match[2]), True) if match else None


def gate_of(row, gates):
    for pattern in gates:
        if row == pattern or (pattern.endswith("*")
                              and row.startswith(pattern[:-1])):
            return pattern
    return None


class Report:
    """TAP, numbered anew, while the program runs."""

    def __init__(self):
        self.count = 0

    def row(self, is_good, text):
        self.count += 1
        print(f"{'' if is_good else 'not '}ok {self.count} - {text}",
              flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)


def is_left_out(reason):
    return reason.startswith("it hangs")


def start(command, gates):
    left_out = "\n".join(row.rstrip("*") for row, reason in gates.items()
                         if is_left_out(reason))
    # In a session of its own, so that what it started can be ended with it.
    return subprocess.Popen(command, text=True, errors="replace",
                            env=dict(os.environ, PORTRES_TEST_WITHOUT=left_out),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, start_new_session=True)


def run_whole(process, reason, report):
    """A program with a gate as a whole: wait for the first thing to fail."""
    failed = any(line.startswith("not ok") for line in process.stdout)
    if failed:
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    report.row(failed or code != 0, f"the program fails: {reason}")


def run_rows(process, gates, report):
    """Every other program: its rows, but for those that have a gate."""
    held, seen, excuses = {row for row, reason in gates.items()
                           if is_left_out(reason)}, 0, 0
    for line in process.stdout:
        row = row_of(line)
        if not row:
            print("#", line.rstrip())
            continue
        seen += 1
        name, has_failed, is_method = row
        gate = gate_of(name, gates)
        if gate and has_failed:
            print(f"# gated: {name}: {gates[gate]}")
            excuses += is_method  # unittest ends with 1 for it
        elif gate:
            report.row(False, f"{name}: it passes, and has a gate")
        else:
            report.row(not has_failed, name)
        held.add(gate)
    code = process.wait()
    for gate in sorted(set(gates) - held):
        report.row(False, f"{gate}: there is a gate, but no such row")
    report.row(code == 0 or (code == 1 and excuses > 0),
               f"the program ends with {code}, {seen} rows, "
               f"{len(held - {None})} gates")


def main():
    if len(sys.argv) < 4:
        print(__doc__, file=sys.stderr)
        return 2
    path, name, *command = sys.argv[1:]
    gates = read_gates(path, name)
    report = Report()
    process = start(command, gates)
    try:
        if WHOLE in gates:
            run_whole(process, gates[WHOLE], report)
        else:
            run_rows(process, gates, report)
    finally:
        process.stdout.close()
    report.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
