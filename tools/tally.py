#!/usr/bin/env python3
"""Count test rows, and say whether the count is good.

  tally.py count NAME TESTLOG STATUS   rows of meson's testlog.json and its
                                       exit status, as one line
  tally.py sum FILE                    the sum of such lines, as an exit code

A program that speaks TAP counts by its rows, any other program as one row.
meson calls a TAP program without a failed row failed when it crashed or its
plan was not kept: that is a failed row of its own.
"""
import collections
import json
import os
import re
import sys

GOOD = {"OK", "EXPECTEDFAIL"}
ROW = re.compile(r"^(not )?ok\b(?:[^#]|#(?! *(?:SKIP|TODO)))*(# *SKIP)?", re.I)


def rows_of(output):
    rows = collections.Counter()
    for line in output.splitlines():
        match = ROW.match(line)
        if match and match[2]:
            rows["skipped"] += 1
        elif match:
            rows["failed" if match[1] else "passed"] += 1
    return rows


def count_program(program):
    result = program["result"]
    rows = rows_of(program.get("stdout") or "")
    if result == "SKIP":
        return collections.Counter(skipped=rows["skipped"] or 1)
    if result == "EXPECTEDFAIL" or not rows:
        return collections.Counter(["passed" if result in GOOD else "failed"])
    if result not in GOOD and not rows["failed"]:
        rows["failed"] += 1
    return rows


def count(name, log, status):
    total = collections.Counter()
    try:
        with open(log, encoding="utf-8") as lines:
            for line in lines:
                total += count_program(json.loads(line))
    except OSError as error:
        print(f"{name}: no test ran: {error}", file=sys.stderr)
        total["failed"] += 1
    if status != "0" and not total["failed"]:
        print(f"{name}: meson test ended with {status}", file=sys.stderr)
        total["failed"] += 1
    print(total["passed"], total["failed"], total["skipped"], name)


def add_up(path):
    with open(path, encoding="utf-8") as lines:
        counts = [line.split(None, 3) for line in lines]
    for passed, failed, skipped, name in counts:
        print(f"{name.strip()}: {passed} passed, {failed} failed, "
              f"{skipped} skipped")
    sums = [sum(int(line[i]) for line in counts) for i in range(3)]
    print("\n{} passed, {} failed, {} skipped".format(*sums))
    strict = os.environ.get("PORTRES_TEST_STRICT") == "1"
    bad = sums[1] > 0 or sums[0] + sums[1] == 0 or (strict and sums[2] > 0)
    return 1 if bad else 0


def main():
    if len(sys.argv) == 5 and sys.argv[1] == "count":
        return count(*sys.argv[2:])
    if len(sys.argv) == 3 and sys.argv[1] == "sum":
        return add_up(sys.argv[2])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
