"""The README's program for Windows, built and run as the README says."""

import pathlib
import re

import link_support as link


class Readme(link.LinkCase):

    def setUp(self):
        super().setUp()
        source = pathlib.Path(self.options.source)
        readme = (source / "README.md").read_text(encoding="utf-8")
        section = readme.split("## Run your Windows code in Linux CI")[1]
        self.section = section.split("\n## ")[0]
        self.example = re.search(r"^```c\n(.*?)^```", self.section,
                                 re.M | re.S).group(1)
        self.flags = self.install.flags("--cflags", "--libs",
                                        package="portres-winsock")

    def build(self, compiler):
        source = self.scratch / "app.c"
        source.write_text(self.example, encoding="utf-8")
        program = self.scratch / f"app-{compiler}"
        link.run([compiler, "-Wall", "-Wextra", "-Werror", source, "-o",
                  program, *self.flags])
        return program

    def run_app(self, program, **environment):
        env = link.clean_environment()
        env.update(LD_LIBRARY_PATH=str(self.install.lib), **environment)
        done = link.run([program], env, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout

    def in_c(self):
        return [name for name in self.options.cc if not name.endswith("++")]

    def test_the_program_has_its_ports(self):
        for compiler in self.in_c():
            with self.subTest(compiler):
                self.assertEqual(self.run_app(self.build(compiler)),
                                 (0, "8 ports\n"))

    def test_a_failure_is_forced_as_the_readme_shows(self):
        shown = re.search(r"^    PORTRES_TESTING=(fail\S+) \./app$",
                          self.section, re.M).group(1)
        program = self.build(self.in_c()[0])
        self.assertEqual(self.run_app(program, PORTRES_TESTING=shown),
                         (1, "no ports: error 10048\n"))

    def test_the_other_values_do_what_they_say(self):
        values = re.findall(r'^    PORTRES_TESTING="(.*)" \./app$',
                            self.section, re.M)
        program = self.build(self.in_c()[0])
        self.assertEqual([self.run_app(program, PORTRES_TESTING=value)
                          for value in values],
                         [(1, "no ports: error 995\n"), (0, "8 ports\n")])


if __name__ == "__main__":
    link.main()
