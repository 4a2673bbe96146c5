"""The static archive: --wrap puts our names before libc's in the program's own
objects, and an exported marker keeps a preloaded engine dormant."""

import link_support as link


class StaticArchive(link.LinkCase):

    def archive_flags(self):
        """The flags of a dynamic program that wants the archive."""
        flags = self.install.flags("--static", "--libs")
        return ["-l:libportres.a" if flag == "-lportres" else flag
                for flag in flags]

    def test_given_a_static_program_bind_is_ours(self):
        program = self.compile("link_api.c", "-static",
                               *self.install.flags("--static", "--libs"))
        self.assertNotIn("INTERP", link.run(["readelf", "-lW", program]).stdout)
        self.assertEqual(self.lines(program), link.SERVED)

    def test_given_a_static_program_that_only_binds_the_block_is_used(self):
        program = self.compile("link_bind.c", "-static",
                               *self.install.flags("--static", "--libs"))
        lines = self.lines(program, "3", PORTRES_BLOCK="tcp:0:2")
        self.assertEqual(lines[2], "ENOBUFS")
        self.assertEqual(int(lines[1]), int(lines[0]) + 1)

    def test_given_the_archive_in_a_dynamic_program_bind_is_ours(self):
        program = self.compile("link_api.c", *self.archive_flags())
        self.assertEqual(self.lines(program), link.SERVED)

    def test_given_the_archive_and_a_preload_bind_is_still_ours(self):
        program = self.compile("link_api.c", *self.archive_flags())
        lines = self.lines(program, LD_PRELOAD=str(self.install.shared))
        self.assertEqual(lines, link.SERVED)

    def test_given_the_archive_the_marker_is_exported(self):
        program = self.compile("link_bind.c", *self.archive_flags())
        symbols = link.run(["nm", "-D", "--defined-only", program]).stdout
        self.assertRegex(symbols, r"\bportres_engine\b")

    def test_given_the_archive_and_a_preload_exactly_one_engine_acts(self):
        program = self.compile("link_two_engines.c", *self.archive_flags())
        lines = self.lines(program, PORTRES_BLOCK="tcp:0:2",
                           LD_PRELOAD=str(self.install.shared))
        self.assertEqual(lines, ["bound", "bound", "ENOBUFS", "own 1",
                                 "preloaded 0"])

    def test_given_the_archive_without_wrap_the_link_fails(self):
        # Whoever forgets the flags must learn it at once.
        flags = [flag for flag in self.archive_flags() if "--wrap" not in flag]
        with self.assertRaisesRegex(AssertionError, "undefined reference"):
            self.compile("link_api.c", *flags)


if __name__ == "__main__":
    link.main()
