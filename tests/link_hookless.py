"""A build with -Dhooks=disabled: the calls by their own names work, and no
name of libc leaves the library."""

import shlex

import link_support as link


class Hookless(link.LinkCase):

    plain = None

    def setUp(self):
        super().setUp()
        build = self.scratch / "build"
        link.run([*self.options.meson, "setup", build, self.options.source,
                  *self.options.cross, "-Dhooks=disabled", "-Dtests=disabled", "-Dbench=disabled",
                  "-Dexamples=disabled"])
        link.run([*self.options.meson, "compile", "-C", build])
        self.plain = link.Install(self.options.meson, build,
                                  self.scratch / "root")

    def lines_of(self, program, *arguments):
        return self.lines(program, *arguments, install=self.plain)

    def test_given_no_hooks_the_build_serves_by_its_own_names_only(self):
        libs = self.plain.flags("--libs")
        with self.subTest("given the promise, portres_bind works"):
            program = self.compile("link_api.c", *libs, install=self.plain,
                                   before=("-DPORTRES_CALLS",))
            self.assertEqual(self.lines_of(program, "promise"), link.SERVED)
        with self.subTest("given no promise, acquire answers EOPNOTSUPP"):
            self.assertEqual(self.lines_of(program), link.REFUSED)
        with self.subTest("given the archive, portres_bind works"):
            program = self.compile(
                "link_api.c", "-static",
                *self.plain.flags("--static", "--libs"), install=self.plain,
                before=("-DPORTRES_CALLS",), name="static")
            self.assertEqual(self.lines_of(program, "promise"), link.SERVED)
        with self.subTest("no name of libc is exported"):
            names = link.exported(self.plain.shared)
            strangers = [name for name, _ in names
                         if not name.startswith("portres_")]
            self.assertEqual(strangers, [])
        with self.subTest("no linker flag of the hooks is in portres.pc"):
            self.assertNotIn("--wrap", shlex.join(
                self.plain.flags("--static", "--libs")))


if __name__ == "__main__":
    link.main()
