"""What the linking tests share: a fresh install, a compiler, a way to run.

A program linked inside the build folder proves little: run paths, sonames and
pkg-config files show their faults only after an install. So every test works
on the outcome of `meson install --destdir`.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent

# What link_api.c prints where the hooks work, and where they cannot.
SERVED = ["acquire OK", "associate OK", "bind inside", "associate OK",
          "bind inside", "associate OK", "bind ENOBUFS", "associate OK",
          "bind inside", "reservations 1", "reservations 0"]
REFUSED = ["acquire EOPNOTSUPP", "associate EOPNOTSUPP"]


def run(command, env=None, check=True):
    """Run a command; on an unexpected failure show all it said."""
    done = subprocess.run([str(word) for word in command], env=env,
                          capture_output=True, text=True, timeout=300)
    if check and done.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))}: "
                             f"{done.returncode}\n{done.stdout}{done.stderr}")
    return done


def clean_environment():
    """Ours without what would load or configure another portres."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("PORTRES_", "LD_"))}


def exported(library):
    """The dynamic symbols a library defines, each with its version or '', but
    for what musl's start files put into every library."""
    text = run(["nm", "-D", "--defined-only", "--with-symbol-versions",
                library]).stdout
    found = [line.split()[-1] for line in text.splitlines()]
    names = [tuple(re.split("@+", name, maxsplit=1)) for name in found]
    return [(name[0], name[1] if len(name) > 1 else "") for name in names
            if name[0] not in ("_fini", "_init") and (
                name[0] != name[-1] or not name[0].startswith("PORTRES_"))]


class Install:
    """One build of the library, installed into a folder of its own."""

    def __init__(self, meson, build, folder):
        self.root = pathlib.Path(folder)
        run(meson + ["install", "-C", build, "--no-rebuild", "--quiet",
                     "--destdir", self.root])
        self.pc = next(self.root.rglob("portres.pc"))
        self.lib = self.pc.parent.parent
        self.shared = self.lib / "libportres.so.0"

    def flags(self, *wanted, package="portres"):
        env = clean_environment()
        env.update(PKG_CONFIG_PATH=str(self.pc.parent),
                   PKG_CONFIG_SYSROOT_DIR=str(self.root),
                   PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1",
                   PKG_CONFIG_ALLOW_SYSTEM_LIBS="1")
        return shlex.split(run(["pkg-config", *wanted, package], env).stdout)


class LinkCase(unittest.TestCase):
    """A test case with the installed library and a scratch folder."""

    options = None
    install = None

    def setUp(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="portres-link-"))
        self.addCleanup(shutil.rmtree, self.scratch)

    def compile(self, source, *after, before=(), name=None, install=None):
        """Compile tests/`source` with the flags `after` behind it."""
        install = install or self.install
        program = self.scratch / (name or pathlib.Path(source).stem)
        run([*self.options.cc, "-O1", "-Wall", "-Wextra", "-D_GNU_SOURCE",
             *before, *install.flags("--cflags"), HERE / source,
             "-o", program, *after])
        return program

    def lines(self, program, *arguments, install=None, **environment):
        """Run a program against the installed library; give its lines."""
        env = clean_environment()
        env["LD_LIBRARY_PATH"] = str((install or self.install).lib)
        env.update(environment)
        return run([program, *arguments], env).stdout.splitlines()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--meson", type=shlex.split, default=["meson"])
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--cross", type=shlex.split, default=[])
    parser.add_argument("--cc", nargs="+", required=True)
    LinkCase.options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portres-install-") as folder:
        LinkCase.install = Install(LinkCase.options.meson,
                                   LinkCase.options.build, folder)
        done = unittest.main(module="__main__", argv=sys.argv[:1],
                             verbosity=2, exit=False).result
    # An empty run proves nothing, and a strict run may not skip.
    strict = os.environ.get("PORTRES_TEST_STRICT") == "1"
    skipped = strict and done.skipped
    sys.exit(not done.wasSuccessful() or not done.testsRun or bool(skipped))
