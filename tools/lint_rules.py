#!/usr/bin/env python3
"""The house rules a machine can check; see CONTRIBUTING.md for their reasons.

  lint_rules.py rules < LIST       sizes, purity of the core, header labels
  lint_rules.py documents < LIST   links, paths, and the example of README
  lint_rules.py compiled BUILD     the C files meson compiles in BUILD
"""
import json
import pathlib
import re
import statistics
import sys

MAX_FILE = 600
MAX_FUNCTION = 80
MAX_MACRO = 10
MAX_CONDITIONALS = 10
# The core may use the language's own headers, and no others.
CORE_HEADERS = {
    "assert.h", "limits.h", "portres/portres.h", "portres/testing.h",
    "stdatomic.h", "stdbool.h", "stddef.h", "stdint.h", "stdio.h", "stdlib.h",
    "string.h"}
LABELS = ["Owner", "Threads", "Returns", "Windows"]

problems = []
lengths = []


def complain(path, line, what):
    problems.append(f"{path}:{line}: {what}")


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def check_functions(path, lines):
    # Under the project's format a function ends in the first column, and its
    # signature begins there.
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("}"):
            if start and line == "}":
                length = number - start + 1
                lengths.append(length)
                if length > MAX_FUNCTION:
                    complain(path, start, f"function of {length} lines")
            start = None
        elif start is None and re.match(r"\w[^;=]*\(", line):
            start = number
        elif line.endswith(";") and not line.startswith(" "):
            start = None
        elif start and line.endswith(");") and lines[start - 1][-1] != "{":
            if "{" not in "".join(lines[start - 1:number]):
                start = None  # a declaration over several lines


def check_macros(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        # A list of things to apply a macro to is data: NAME(CALL) \
        is_list = re.match(r"#\s*define \w+\([A-Z]+\) +\\$", line)
        if start is None and re.match(r"#\s*define", line) and not is_list:
            start = number
        if start and not line.endswith("\\"):
            if number - start + 1 > MAX_MACRO:
                complain(path, start, "macro of more than 10 lines")
            start = None


def conditionals(lines):
    found = [(n, line) for n, line in enumerate(lines, 1)
             if re.match(r"#\s*(if|ifdef|ifndef|elif)\b", line)]
    is_guard = found and re.match(r"#ifndef PORTRES_\w+_H$", found[0][1])
    return found[1:] if is_guard else found


def check_core(path, lines):
    for number, _ in conditionals(lines):
        complain(path, number, "conditional in the core")
    for number, line in enumerate(lines, 1):
        header = re.match(r"#\s*include <(.*)>", line)
        allowed = CORE_HEADERS | (
            {"uthash.h"} if path == "src/registry.c" else set())
        if header and header[1] not in allowed:
            complain(path, number, f"<{header[1]}> in the core")


def check_labels(path, text):
    for match in re.finditer(r"/\*\*\n(.*?)\*/", text, re.S):
        line = text.count("\n", 0, match.start()) + 1
        body = re.sub(r"^ \* ?", "", match[1], flags=re.M)
        if not re.match(r"[A-Z][^.]*\.", body):
            complain(path, line, "no sentence at the head of the comment")
        labels = re.findall(r"^([A-Z]\w+): ", body, re.M)
        if labels != [name for name in LABELS if name in labels]:
            complain(path, line, f"labels {labels}: not of {LABELS}, in order")


def check_source(path):
    text = read(path)
    lines = text.splitlines()
    if len(lines) > MAX_FILE:
        complain(path, 1, f"file of {len(lines)} lines")
    check_functions(path, lines)
    check_macros(path, lines)
    if path.startswith("include/"):
        check_labels(path, text)
    elif re.fullmatch(r"src/[^/]*", path):
        check_core(path, lines)
    elif len(conditionals(lines)) > MAX_CONDITIONALS:
        complain(path, 1, "more conditionals than a platform file may have")


def rules(paths):
    for path in paths:
        if path.endswith((".c", ".h")):
            check_source(path)
    if lengths:
        lengths.sort()
        print(f"functions: {len(lengths)}, median "
              f"{statistics.median(lengths):.0f} lines, nine tenths up to "
              f"{lengths[len(lengths) * 9 // 10]}, longest {lengths[-1]}")


def anchors(path):
    heads = re.findall(r"^#+ (.*)$", read(path), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-")
            for head in heads}


def check_link(path, line, target):
    name, _, anchor = target.partition("#")
    file = pathlib.Path(path).parent / name if name else pathlib.Path(path)
    if not file.exists():
        complain(path, line, f"no such file: {target}")
    elif anchor and anchor not in anchors(file):
        complain(path, line, f"no such heading: {target}")


def check_document(path):
    fenced = False
    for number, line in enumerate(read(path).splitlines(), 1):
        fenced ^= line.startswith("```")
        for target in [] if fenced else re.findall(r"\]\(([^)\s]+)\)", line):
            if not re.match(r"\w+:", target):
                check_link(path, number, target)
        for name in re.findall(
                r"`((?:src|tests|include|examples|bench|man|tools)/[\w./-]+)`",
                line):
            if not pathlib.Path(name).exists():
                complain(path, number, f"no such file: {name}")


def check_example():
    quoted = re.search(r"```c\n(.*?)```", read("README.md"), re.S)
    if not quoted or quoted[1] != read("examples/reserve.c"):
        complain("README.md", 1, "first example differs from "
                                 "examples/reserve.c")


def check_sizes_of_documents():
    count = len(read("README.md").splitlines())
    if count > 200:
        complain("README.md", 200, f"{count} lines")


def documents(paths):
    for path in paths:
        check_document(path)
    check_example()
    check_sizes_of_documents()


def compiled(build):
    path = pathlib.Path(build)
    entries = json.loads(read(path / "compile_commands.json"))
    files = {(path / entry["file"]).resolve() for entry in entries
             if entry["file"].endswith(".c")}
    here = pathlib.Path.cwd()
    for file in sorted(files):
        if here in file.parents and path.resolve() not in file.parents:
            print(file.relative_to(here))


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "compiled":
        compiled(sys.argv[2])
    elif len(sys.argv) == 2 and sys.argv[1] in ("rules", "documents"):
        paths = sys.stdin.read().splitlines()
        (rules if sys.argv[1] == "rules" else documents)(paths)
    else:
        print(__doc__, file=sys.stderr)
        return 2
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
