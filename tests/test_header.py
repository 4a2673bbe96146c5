"""The public headers compile alone, in every language they promise.

Usage: test_header.py INCLUDE SOURCE C_COMPILER... [-- CXX_COMPILER...]
"""

import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Werror"]
LANGUAGES = [
    ("c", "c99"),
    ("c", "c11"),
    ("c++", "c++11"),
    ("c++", "c++17"),
]


def compile_as(compiler, language, standard, include, source):
    command = compiler + WARNINGS + [
        "-std=" + standard, "-I", include, "-fsyntax-only", "-x", language,
        source]
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def split(arguments):
    if "--" not in arguments:
        return {"c": arguments, "c++": []}
    at = arguments.index("--")
    return {"c": arguments[:at], "c++": arguments[at + 1:]}


def main():
    include, source = sys.argv[1:3]
    compilers = split(sys.argv[3:])
    print("1..%d" % len(LANGUAGES))
    for number, (language, standard) in enumerate(LANGUAGES, 1):
        name = "given %s, then the headers compile alone" % standard
        if not compilers[language]:
            print("ok %d - %s # SKIP no C++ compiler" % (number, name))
            continue
        result = compile_as(compilers[language], language, standard, include,
                            source)
        print("%s %d - %s" % ("not ok" if result.returncode else "ok", number,
                              name))
        for line in result.stdout.splitlines():
            print("# " + line)


main()
