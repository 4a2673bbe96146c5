"""Programs linked with the shared library: either their bind() reaches us or
acquire says EOPNOTSUPP. The silent third outcome must not exist."""

import link_support as link


class SharedLibrary(link.LinkCase):

    def needed(self, program):
        found = link.run(["readelf", "-dW", program]).stdout.splitlines()
        return [line.split("[")[1].rstrip("]") for line in found
                if "(NEEDED)" in line]

    def test_a_fresh_install_serves_a_program_through_pkg_config(self):
        program = self.compile("link_api.c", *self.install.flags("--libs"))
        self.assertEqual(self.lines(program), link.SERVED)

    def test_the_soname_is_the_one_documented(self):
        program = self.compile("link_api.c", *self.install.flags("--libs"))
        self.assertIn("libportres.so.0", self.needed(program))

    def test_given_as_needed_and_only_bind_used_the_library_stays_linked(self):
        program = self.compile("link_bind.c", "-Wl,--as-needed",
                               *self.install.flags("--libs"))
        self.assertIn("libportres.so.0", self.needed(program))
        lines = self.lines(program, "3", PORTRES_BLOCK="tcp:0:2")
        self.assertEqual(lines[2], "ENOBUFS")
        self.assertEqual(int(lines[1]), int(lines[0]) + 1)

    def test_given_libc_before_us_acquire_refuses_or_hooks_work(self):
        program = self.compile("link_api.c", "-lc",
                               *self.install.flags("--libs"))
        self.assertIn(self.needed(program)[0], ("libc.so.6", "libc.so"))
        self.assertIn(self.lines(program), (link.REFUSED, link.SERVED))

    def test_given_libc_before_us_the_promise_makes_the_calls_work(self):
        program = self.compile("link_api.c", "-DPORTRES_CALLS", "-lc",
                               *self.install.flags("--libs"))
        self.assertEqual(self.lines(program, "promise"), link.SERVED)

    def test_given_lazy_and_eager_binding_hooks_work_either_way(self):
        for mode in ("-Wl,-z,lazy", "-Wl,-z,now"):
            program = self.compile("link_api.c", mode,
                                   *self.install.flags("--libs"))
            self.assertEqual(self.lines(program), link.SERVED, mode)

    def test_given_a_versioned_bind_preload_reaches_it(self):
        program = self.compile("link_bind.c")
        symbols = link.run(["nm", "-D", program]).stdout
        self.assertRegex(symbols, r"U bind@GLIBC_")
        lines = self.lines(program, "2", PORTRES_BLOCK="tcp:0:1",
                           LD_PRELOAD=str(self.install.shared))
        self.assertEqual(lines[1], "ENOBUFS")

    def test_given_linked_and_preloaded_one_engine_serves(self):
        program = self.compile("link_two_engines.c",
                               *self.install.flags("--libs"))
        lines = self.lines(program, PORTRES_BLOCK="tcp:0:2",
                           LD_PRELOAD=str(self.install.shared))
        self.assertEqual(lines, ["bound", "bound", "ENOBUFS", "own 1",
                                 "preloaded same"])

    def test_given_another_copy_preloaded_only_one_engine_acts(self):
        copy = self.scratch / "libcopy.so"
        copy.write_bytes(self.install.shared.read_bytes())
        program = self.compile("link_api.c", *self.install.flags("--libs"))
        self.assertEqual(self.lines(program, LD_PRELOAD=str(copy)), link.SERVED)


if __name__ == "__main__":
    link.main()
