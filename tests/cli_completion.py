#!/usr/bin/env python3
"""The completions of bash and zsh for the `portres` command.

Stressed: that they offer what --help tells of, and nothing that is refused.
"""

import pathlib
import re
import subprocess

from cli_support import portres, surroundings
from unchanged_support import expect, main, need, row

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "completions"
COMMANDS = ["run", "hold", "list", "who", "create", "delete", "lookup",
            "check"]


def completed(*words):
    """What bash offers for the last of the words."""
    quoted = " ".join(f"'{word}'" for word in words)
    done = subprocess.run(
        [need("bash"), "--norc", "-c",
         f"source {FOLDER}/portres.bash; COMP_WORDS=({quoted}); "
         f"COMP_CWORD={len(words) - 1}; _portres; "
         'printf "%s\\n" "${COMPREPLY[@]}"'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=surroundings())
    expect(done.stderr, "")
    return sorted(done.stdout.split())


def options_of(command):
    told = portres(command, "--help").stdout
    return sorted(set(re.findall(r"^  (--\w+)", told, re.M)))


@row("given each command, when bash completes its options, "
     "then they are those of --help")
def bash_options():
    for command in COMMANDS:
        expect((command, completed("portres", command, "--")),
               (command, options_of(command)))
    expect(completed("portres", "--"), ["--help", "--version"])


@row("given a beginning, when bash completes it, then commands, protocols, "
     "scopes and programs are offered")
def bash_words():
    expect(completed("portres", ""),
           sorted([*COMMANDS, "help", "--help", "--version"]))
    expect(completed("portres", "c"), ["check", "create"])
    expect(completed("portres", "hold", ""), ["tcp", "udp"])
    expect(completed("portres", "run", "--scope", ""), ["machine", "process", "shared"])
    expect(completed("portres", "run", "--tcp", ""), [])
    for words in ["--tcp", "4"], ["--tcp", "4", "--"], ["--static"]:
        expect("true" in completed("portres", "run", *words, "tru"), True)


@row("given zsh, when it reads its completion, then it is well formed, and has "
     "the options of --help")
def zsh():
    text = (FOLDER / "_portres").read_text()
    for command in COMMANDS:
        for option in options_of(command):
            expect((command, option, f"{option}[" in text),
                   (command, option, True))
    done = subprocess.run([need("zsh"), "-n", str(FOLDER / "_portres")],
                          stderr=subprocess.PIPE, text=True)
    expect((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    main()
