"""The headers of Windows compile: in each language, order and company.

Usage: winsock_headers.py BUILD SOURCE COMPILER...

BUILD and SOURCE are the folders of the headers, made and written; a compiler
that takes C++ is one that ends in ++. The rows are the files of the folder
winsock_headers beside this script.
"""

import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import tempfile

JOBS = 2
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
C = ["c11", "c17", "c2x"]
CXX = ["c++11", "c++14", "c++17", "c++20"]
ENDS = {"c": [C[0], C[-1]], "c++": [CXX[0], CXX[-1]]}
SOURCES = pathlib.Path(__file__).resolve().parent / "winsock_headers"
ORDERS = {
    "winsock2.h first": "windows_first.h",
    "winsock2.h last": "windows_reversed.h",
    "the system's headers after ours": "system_after.h",
    "the system's headers before ours": "system_before.h",
    "the headers of Microsoft's samples": "sample.h",
    "FD_SETSIZE before all headers": "fd_setsize.h",
    "FD_SETSIZE after the system's headers": "fd_setsize_late.h",
}
CLIENTS = {"client_nfs.c": "c", "client_msquic.c": "c",
           "client_wfp.cpp": "c++"}


class Check:
    """A name, what to compile, and what to say of the outcome."""

    def __init__(self, name, compiler, language, standard, source, *options,
                 verdict=None):
        self.name = f"given {pathlib.Path(compiler).name} {standard}, {name}"
        self.command = [compiler, *WARNINGS, "-std=" + standard, *options,
                        "-x", language, str(source)]
        self.verdict = verdict

    def run(self, folders):
        command = self.command + ["-I" + str(path) for path in folders]
        if self.verdict:
            return self.verdict(command)
        return complaint(compile_only(command + ["-fsyntax-only"]))


def compile_only(command):
    return subprocess.run(command, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)


def complaint(done):
    return done.stdout or "failed" if done.returncode else ""


def must_fail(command):
    done = compile_only(command + ["-fsyntax-only"])
    return "" if done.returncode else "it compiles"


def wants_only(wanted):
    """Of the two spellings of a call, the object refers to one alone."""
    def verdict(command):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "object.o"
            done = compile_only(command + ["-c", "-o", str(program)])
            if done.returncode:
                return done.stdout
            names = subprocess.run(["nm", "-u", str(program)], text=True,
                                   stdout=subprocess.PIPE, check=True).stdout
        names = {line.split()[-1] for line in names.splitlines()}
        names = {name for name in names if name.replace("portres_ws_", "") in
                 CALLS}
        expected = {wanted + name for name in CALLS}
        return "" if names == expected else f"refers to {sorted(names)}"
    return verdict


CALLS = {"accept", "bind", "connect", "getpeername", "getsockname",
         "getsockopt", "listen", "recv", "recvfrom", "send", "sendto",
         "setsockopt", "shutdown"}


def alone(compiler, language, headers):
    for header in headers:
        yield Check(f"then {header} compiles alone", compiler, language,
                    ENDS[language][0], "/dev/null", "-include", header)


def languages(compiler, language, standards):
    for standard in standards:
        yield Check("then shapes and numbers are the SDK's", compiler,
                    language, standard, SOURCES / "shapes.c")
        for order, head in ORDERS.items():
            if standard in ENDS[language] or "before ours" in order:
                yield Check(f"when {order}, then names have Winsock's types",
                            compiler, language, standard, SOURCES / "names.c",
                            f"-DHEADS=\"{head}\"", *strictness(language, head))
        for client, its_language in CLIENTS.items():
            if its_language == language:
                yield Check(f"then {client} compiles", compiler, language,
                            standard, SOURCES / client, "-D_DEFAULT_SOURCE")


def strictness(language, head):
    # The pkg-config file has this for whoever includes the system's first.
    is_first = head in ("windows_first.h", "system_after.h")
    return [] if language == "c++" or is_first else ["-D_DEFAULT_SOURCE"]


def particular(compiler, language):
    if language == "c":
        yield Check("then a length of another size does not compile", compiler,
                    "c", "c17", SOURCES / "wrong_length.c", verdict=must_fail)
        return
    for standard in ENDS["c++"]:
        yield Check("when a descriptor is int, then libc's are called",
                    compiler, "c++", standard, SOURCES / "int_calls.cpp",
                    verdict=wants_only(""))
        yield Check("when it is a SOCKET, then Winsock's are called",
                    compiler, "c++", standard, SOURCES / "socket_calls.cpp",
                    verdict=wants_only("portres_ws_"))


def checks(compilers, headers):
    for compiler in compilers:
        language = "c++" if compiler.endswith("++") else "c"
        yield from alone(compiler, language, headers)
        yield from languages(compiler, language,
                             C if language == "c" else CXX)
        yield from particular(compiler, language)


def main():
    folders = [pathlib.Path(path).resolve() for path in sys.argv[1:3]]
    compilers = [name for name in sys.argv[3:] if shutil.which(name)]
    headers = sorted(path.name for folder in folders
                     for path in folder.glob("*.h*") if path.suffix != ".in")
    # All spellings are one line that the same template gave.
    made = {"Windows.h.", "Windows.h", "WinSock2.h", "MSTcpIP.h"}
    headers = [name for name in headers
               if name in made or not (folders[0] / name).exists()]
    rows = list(checks(compilers, headers))
    print(f"1..{len(rows)}", flush=True)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        outcomes = pool.map(lambda row: row.run(folders), rows)
        for number, (row, outcome) in enumerate(zip(rows, outcomes), 1):
            print(f"{'not ok' if outcome else 'ok'} {number} - {row.name}")
            for line in outcome.splitlines()[:20]:
                print("# " + line)


main()
