"""The programs for Windows in examples/windows, built from a fresh install and
run: what they print is compared with examples/windows/expected, as text.

In an expected file `{name}` is a number, the same wherever the name stands;
`{name:low..high}` is one of a range, whose ends may be other names, with an
addend; `{program}` is the program as it was started.
"""

import pathlib
import re
import shutil
import socket

import link_support as link

# Unknown pragmas are how a program for Windows names its libraries.
OPTIONS = ["-O1", "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"]
FORCED = ["WSA_OPERATION_ABORTED", "WSAEINTR", "WSAEACCES", "WSAEFAULT",
          "WSAEINVAL", "WSAEINPROGRESS", "WSAENOTSOCK", "WSAEOPNOTSUPP",
          "WSAEADDRINUSE", "WSAENETDOWN", "WSAENOBUFS"]
PLACE = re.compile(r"\{(\w+)(?::([\w+]+)\.\.([\w+]+))?\}")


def value(text, values):
    """A sum of numbers and names."""
    return sum(values[part] if part in values else int(part)
               for part in text.split("+"))


def difference(expected, printed, values):
    """What is wrong with the printed text, or None; collects the values."""
    wanted = expected.splitlines()
    got = printed.splitlines()
    for number, (want, line) in enumerate(zip(wanted, got), 1):
        if not line_fits(want, line, values):
            return f"line {number}: {line!r}\nexpected: {want!r}\n{values}"
    if len(wanted) != len(got):
        return f"{len(got)} lines, expected {len(wanted)}:\n{printed}"
    return None


def line_fits(want, line, values):
    places = list(PLACE.finditer(want))
    pieces = [re.escape(piece) for piece in
              re.split(r"\{[^}]*\}", want)]
    pattern = pieces[0]
    for place, piece in zip(places, pieces[1:]):
        is_text = place[1] == "program"
        pattern += ("(.*)" if is_text else r"(-?\d+)") + piece
    found = re.fullmatch(pattern, line)
    if not found:
        return False
    return all(place_fits(place, text, values)
               for place, text in zip(places, found.groups()))


def place_fits(place, text, values):
    name, low, high = place.groups()
    if name == "program":
        return text == values[name]
    number = int(text)
    if values.setdefault(name, number) != number:
        return False
    return low is None or value(low, values) <= number <= value(high, values)


def free_block(count):
    """The first of `count` consecutive ports that nobody has."""
    while True:
        with socket.socket() as probe:
            probe.bind(("", 0))
            start = probe.getsockname()[1]
        if start + count > 65535:
            continue
        try:
            for port in range(start, start + count):
                with socket.socket() as probe:
                    probe.bind(("", port))
            return start
        except OSError:
            continue


class Examples(link.LinkCase):

    folder = None

    def compilers(self, source):
        """Each compiler with each language that the source can be."""
        for compiler in self.options.cc:
            if compiler.endswith("++") or source.endswith(".c"):
                language = "c++" if compiler.endswith("++") else "c"
                yield compiler, language

    def builds(self, source):
        """The program of each compiler."""
        folder = pathlib.Path(self.options.source) / "examples" / "windows"
        flags = self.install.flags("--cflags", "--libs",
                                   package="portres-winsock")
        for compiler, language in self.compilers(source):
            program = self.scratch / compiler / pathlib.Path(source).stem
            program.parent.mkdir(exist_ok=True)
            link.run([compiler, *OPTIONS, "-x", language, folder / source,
                      "-x", "none", *flags, "-o", program])
            yield program

    def check(self, program, expected, *arguments, code=0, values=None,
              **environment):
        """Run a program and compare; returns the values of the names."""
        values = {} if values is None else values
        values["program"] = str(program)
        env = link.clean_environment()
        env.update(LD_LIBRARY_PATH=str(self.install.lib), **environment)
        done = link.run([program, *arguments], env, check=False)
        path = (pathlib.Path(self.options.source) / "examples" / "windows" /
                "expected" / (expected + ".txt"))
        wrong = difference(path.read_text(encoding="utf-8"), done.stdout,
                           values)
        if wrong or done.returncode != code or done.stderr:
            self.fail(f"{program.parent.name} {program.name} {arguments}: "
                      f"exit {done.returncode}, {expected}: {wrong}\n"
                      f"{done.stdout}{done.stderr}")
        return values

    def test_acquire_associate_bind_and_release_on_one_socket(self):
        for program in self.builds("acquire.cpp"):
            self.check(program, "acquire_usage", code=1)
            self.check(program, "acquire", "2", "2", "17", "0", "20")
            start = free_block(20)
            self.check(program, "acquire", "2", "1", "6", str(start), "20",
                       values={"start": start})
            self.check(program, "acquire_no_ports", "2", "1", "6", "0", "0",
                       code=1)

    def test_release_makes_the_ports_free_and_the_token_dead(self):
        for program in self.builds("release.cpp"):
            for kind in (("2", "1", "6"), ("2", "2", "17"), ("23", "1", "6")):
                values = self.check(program, "release", *kind, "0", "10")
                self.assertNotEqual(values["first"], values["second"])

    def test_ten_wildcard_blocks_on_a_socket_of_type_0(self):
        for program in self.builds("wildcard_blocks.c"):
            values = self.check(program, "wildcard_blocks")
            starts = sorted(values[f"start{n}"] for n in range(1, 11))
            self.assertGreaterEqual(min(b - a for a, b in
                                        zip(starts, starts[1:])), 64)

    def test_privileged_ports_are_scanned_and_connect_takes_them(self):
        for program in self.builds("privileged_scan.c"):
            self.check(program, "privileged_scan")

    def test_sockets_of_processors_share_a_reserved_port(self):
        for program in self.builds("percpu_udp.c"):
            self.check(program, "percpu_udp")

    def test_wrong_calls_are_answered_as_windows_does(self):
        for program in self.builds("error_report.c"):
            self.check(program, "error_report")

    def test_every_error_can_be_forced_on_a_program_nobody_changed(self):
        plan = ";".join(f"fail=acquire:{number}:{name}"
                        for number, name in enumerate(FORCED, 1))
        for program in self.builds("error_report.c"):
            self.check(program, "error_report_forced", str(len(FORCED) + 1),
                       PORTRES_TESTING=plan)

    def state(self):
        """A state directory of this test's own."""
        folder = self.scratch / "state"
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(mode=0o700)
        return {"PORTRES_STATE_DIR": str(folder)}

    def persistent_programs(self):
        return zip(*(self.builds(f"persistent_{name}.cpp")
                     for name in ("create", "lookup", "delete")))

    def test_a_persistent_reservation_is_made_used_and_deleted(self):
        for create, _, delete in self.persistent_programs():
            state = self.state()
            start = free_block(20)
            self.check(create, "persistent_create", str(start), "20",
                       values={"start": start}, **state)
            self.check(delete, "persistent_delete_missing", str(start), "20",
                       code=1, **state)

    def test_a_persistent_reservation_is_there_for_other_programs(self):
        for create, lookup, delete in self.persistent_programs():
            state = self.state()
            start = free_block(20)
            block = (str(start), "20")
            values = self.check(create, "persistent_keep", *block, "keep",
                                values={"start": start}, **state)
            self.check(create, "persistent_taken", *block, code=1, **state)
            self.check(lookup, "persistent_lookup", *block,
                       values={"start": start, "token": values["token"]},
                       **state)
            self.check(lookup, "persistent_lookup_missing", str(start), "19",
                       code=1, **state)
            self.check(delete, "persistent_delete", *block,
                       values={"start": start}, **state)
            self.check(lookup, "persistent_lookup_missing", *block, code=1,
                       **state)

    def test_a_persistent_reservation_needs_ports_and_rights(self):
        for create, _, _ in self.persistent_programs():
            state = self.state()
            for block in (("0", "20"), ("5000", "0"), ("65535", "2")):
                self.check(create, "persistent_wrong", *block, code=1, **state)
            self.check(create, "persistent_denied", str(free_block(20)), "20",
                       code=1, PORTRES_TESTING="administrator=no", **state)


if __name__ == "__main__":
    link.main()
