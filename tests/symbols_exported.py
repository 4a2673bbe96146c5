"""The names that leave libportres.so: exactly these, each for a reason.

One name too many may shadow a function of the program; one too few is a call
that goes past the reservations; a version on a hook, and libraries that want
bind@GLIBC_2.2.5 do not match it.
"""

import pathlib
import re

import link_support as link

VERSION = "PORTRES_0.1"

HOOKS = """
accept accept4 bind bindresvport close close_range closefrom connect dup dup2
dup3 fclose fcntl fcntl64 freopen freopen64 listen recvmmsg recvmsg send
sendmmsg sendmsg sendto socket socketpair syscall
""".split()

MUSL_HAS_NOT = ["bindresvport", "close_range", "closefrom", "fcntl64",
                "freopen64"]

API = """
portres_acquire portres_acquire_with portres_associate portres_bind
portres_close portres_connect portres_describe portres_dup portres_dup2
portres_error_name portres_is_reached portres_list portres_listen
portres_persistent_create portres_persistent_delete portres_persistent_lookup
portres_release portres_sendmsg portres_sendto portres_set_scope portres_strerror
portres_testing_add_stranger
portres_testing_before_wait portres_testing_exclude portres_testing_fail
portres_testing_fails portres_testing_offer portres_testing_pend
portres_testing_reset portres_testing_restart portres_testing_set_administrator
portres_testing_set_dynamic_range portres_testing_set_network_down
portres_testing_set_order portres_testing_settle portres_testing_withdraw
portres_use_calls portres_version
""".split()

# Not in a header: what a preloaded second engine looks for.
MARKER = ["portres_engine"]


class Symbols(link.LinkCase):

    def setUp(self):
        super().setUp()
        self.exported = link.exported(self.install.shared)
        self.hooks = HOOKS
        if "musl" in self.options.cc[0]:
            self.hooks = sorted(set(HOOKS) - set(MUSL_HAS_NOT))

    def test_exactly_the_listed_names_are_exported(self):
        names = sorted(name for name, _ in self.exported)
        self.assertEqual(names, sorted(self.hooks + API + MARKER))

    def test_every_hook_is_unversioned(self):
        versions = {name: version for name, version in self.exported
                    if name in self.hooks}
        self.assertEqual(versions, dict.fromkeys(self.hooks, ""))

    def test_every_function_of_the_api_carries_the_version(self):
        versions = {name: version for name, version in self.exported
                    if name in API}
        self.assertEqual(versions, dict.fromkeys(API, VERSION))

    def test_the_headers_declare_what_is_exported(self):
        text = ""
        for header in ("portres.h", "calls.h", "testing.h"):
            path = pathlib.Path(self.options.source, "include/portres", header)
            text += path.read_text()
        declared = re.findall(r"^PORTRES_API [^(]*?(portres_\w+)\(", text, re.M)
        self.assertEqual(sorted(declared), API)

    def test_the_archive_defines_nothing_that_libc_defines(self):
        # A strong bind in the archive would collide with libc's own.
        text = link.run(["nm", "-g", "--defined-only",
                         self.install.lib / "libportres.a"]).stdout
        names = re.findall(r" [A-Z] (\w+)$", text, re.M)
        strangers = [name for name in names
                     if not re.match(r"(__wrap_|portres_)", name)]
        self.assertEqual(strangers, [])


if __name__ == "__main__":
    link.main()
