"""The README's first example compiles against the library and does as it says.

Usage: test_readme.py README INCLUDE LIBRARY C_COMPILER...
"""

import os
import re
import subprocess
import sys
import tempfile

WARNINGS = ["-std=c11", "-Wall", "-Wextra", "-Werror"]


def first_example(readme):
    with open(readme, encoding="utf-8") as file:
        found = re.search(r"^```c\n(.*?)^```", file.read(), re.M | re.S)
    return found.group(1) if found else None


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def build(example, include, library, compiler, folder):
    source = os.path.join(folder, "example.c")
    program = os.path.join(folder, "example")
    with open(source, "w", encoding="utf-8") as file:
        file.write(example)
    result = run(compiler + WARNINGS + [
        "-I", include, source, "-o", program, library,
        "-Wl,-rpath," + os.path.dirname(os.path.abspath(library))])
    return program, result


def bound_inside(output):
    """Whether the port it tells lies in the block it tells."""
    numbers = [int(n) for n in re.findall(r"\d+", output)]
    return len(numbers) == 3 and numbers[0] <= numbers[2] <= numbers[1]


class Report:
    def __init__(self):
        self.count = 0

    def tell(self, is_right, name, result=None):
        self.count += 1
        print("%s %d - %s" % ("ok" if is_right else "not ok", self.count,
                              name))
        if result is not None and not is_right:
            for line in result.stdout.splitlines():
                print("# " + line)
        return is_right


def main():
    readme, include, library = sys.argv[1:4]
    report = Report()
    print("1..4")
    example = first_example(readme)
    with tempfile.TemporaryDirectory() as folder:
        report.tell(example is not None, "given the README, then it begins "
                    "with an example in C")
        program, built = build(example or "", include, library, sys.argv[4:],
                               folder)
        report.tell(built.returncode == 0, "given the example, then it "
                    "compiles without a warning", built)
        is_built = built.returncode == 0
        result = run([program]) if is_built else built
        report.tell(is_built and result.returncode == 0,
                    "given the example, then it succeeds", result)
        report.tell(is_built and bound_inside(result.stdout),
                    "given the example, then it is bound inside its block",
                    result)


main()
