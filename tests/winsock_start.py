"""Programs with a wmain() instead of a main(), of each shape, built from a
fresh install by pkg-config; and the C library's names in C++.

The programs are in the folder winsock_start beside this script.
"""

import pathlib
import subprocess

import link_support as link

OPTIONS = ["-O1", "-Wall", "-Wextra", "-Werror"]
SOURCES = pathlib.Path(__file__).resolve().parent / "winsock_start"
# What each shape calls itself, and whether it looks at its argument.
SHAPES = {"with_arguments.c": "arguments", "with_array.c": "environment",
          "with_const.cpp": "const", "with_const_array.cpp": "const array",
          "with_c_name.cpp": "extern C", "with_tchar.c": "tchar"}
PRINTED = """token 81985529216486895, wide, too
token 81985529216486895, narrow, wide
alone
alone
8
std
member
stream
123456789abcdef
text-1
1.500000
"""


class Start(link.LinkCase):

    def builds(self, name, *options):
        flags = self.install.flags("--cflags", "--libs",
                                   package="portres-winsock")
        for compiler in self.options.cc:
            is_cxx = compiler.endswith("++")
            if name.endswith(".cpp") and not is_cxx:
                continue
            program = self.scratch / f"{compiler}-{pathlib.Path(name).stem}"
            link.run([compiler, *OPTIONS, *options, "-x",
                      "c++" if is_cxx else "c", SOURCES / name, "-x", "none",
                      *flags, "-o", program])
            yield program

    def start(self, program, *arguments, locale="C"):
        """The exit code and what was printed, as bytes."""
        env = link.clean_environment()
        env.update(LD_LIBRARY_PATH=str(self.install.lib), LC_ALL=locale)
        words = [word if isinstance(word, bytes) else word.encode()
                 for word in (str(program), *arguments)]
        done = subprocess.run(words, env=env, stdout=subprocess.PIPE,
                              timeout=60, check=False)
        return done.returncode, done.stdout

    def test_each_shape_of_wmain_is_found_in_c_and_in_cxx(self):
        for name, shape in SHAPES.items():
            for program in self.builds(name):
                self.assertEqual(self.start(program, "word"),
                                 (3, f"{shape}: word 4\n".encode()), program)

    def test_a_wmain_without_parameters_is_found(self):
        for program in self.builds("without_arguments.c"):
            self.assertEqual(self.start(program), (3, b"nothing: none 4\n"))

    def test_a_main_of_the_program_s_own_is_the_one(self):
        for program in self.builds("with_main.c"):
            self.assertEqual(self.start(program, "word"),
                             (3, b"main: none 4\n"))

    def test_arguments_beyond_ascii_are_characters_in_every_locale(self):
        for locale in ("C", "C.UTF-8", "no.such.locale"):
            for program in self.builds("with_arguments.c"):
                self.assertEqual(
                    self.start(program, "h\u00e9\u20ac", locale=locale),
                    (3, "arguments: h\u00e9\u20ac 3\n".encode()), locale)

    def test_an_argument_that_is_no_text_is_not_lost(self):
        for program in self.builds("with_arguments.c"):
            self.assertEqual(self.start(program, b"a\xff\xc3"),
                             (3, b"arguments: a\xff\xc3 3\n"))

    def test_the_arguments_are_no_leak(self):
        for program in self.builds("with_arguments.c", "-fsanitize=leak"):
            self.assertEqual(self.start(program, "word"),
                             (3, b"arguments: word 4\n"), program)

    def test_a_program_that_only_controls_keeps_libportres(self):
        for program in self.builds("only_ioctl.c", "-Wl,--as-needed"):
            needed = link.run(["readelf", "-dW", program]).stdout
            self.assertIn("[libportres.so.0]", needed)
            order = [needed.index(name) for name in
                     ("[libportres.so.0]", "[libc.so")]
            self.assertEqual(order, sorted(order))
            self.assertEqual(self.start(program), (0, b"-1\n"))

    def test_the_c_library_s_names_in_cxx(self):
        for program in self.builds("prints.cpp"):
            self.assertEqual(self.start(program), (0, PRINTED.encode()))

    def test_the_same_with_a_fortified_libc(self):
        for name in ("prints.cpp", "with_arguments.c"):
            for program in self.builds(name, "-O2", "-D_FORTIFY_SOURCE=2"):
                code, printed = self.start(program, "word")
                self.assertEqual((code, printed),
                                 (0, PRINTED.encode()) if code == 0 else
                                 (3, b"arguments: word 4\n"))


if __name__ == "__main__":
    link.main()
