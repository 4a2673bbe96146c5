"""dlopen() and foreign-function interfaces come after the program's bind() was
bound: acquire says so, and portres_bind() and its kin work after a promise."""

import sys

import link_support as link

SERVED = ["acquire OK", "associate OK", "inside"]

CTYPES = """
import ctypes, socket, sys
lib = ctypes.CDLL(sys.argv[1])
class Range(ctypes.Structure):
    _fields_ = [("start", ctypes.c_uint16), ("count", ctypes.c_uint16)]
class Block(ctypes.Structure):
    _fields_ = [("range", Range), ("token", ctypes.c_uint64)]
lib.portres_error_name.restype = ctypes.c_char_p
lib.portres_associate.argtypes = [ctypes.c_int, ctypes.c_uint64]
def show(what, status):
    print(what, lib.portres_error_name(status).decode())
if "promise" in sys.argv:
    lib.portres_use_calls()
s, block = socket.socket(), Block()
show("acquire", lib.portres_acquire(s.fileno(), Range(0, 1),
                                    ctypes.byref(block)))
show("associate", lib.portres_associate(s.fileno(), block.token or 1))
if block.token:
    address = bytearray(16)
    address[0] = socket.AF_INET
    lib.portres_bind(s.fileno(), bytes(address), 16)
    port = s.getsockname()[1]
    print("inside" if port == block.range.start else "OUTSIDE")
"""


class LateLoading(link.LinkCase):

    def test_given_dlopen_acquire_and_associate_answer_eopnotsupp(self):
        program = self.compile("link_dlopen.c")
        for scope in ("local", "global"):
            lines = self.lines(program, self.install.shared, scope)
            self.assertEqual(lines, link.REFUSED, scope)

    def test_given_dlopen_and_the_promise_the_calls_work(self):
        program = self.compile("link_dlopen.c")
        for scope in ("local", "global"):
            lines = self.lines(program, self.install.shared, scope, "promise")
            self.assertEqual(lines, SERVED, scope)

    def test_given_ctypes_acquire_and_associate_answer_eopnotsupp(self):
        self.assertEqual(self.ctypes(), link.REFUSED)

    def test_given_ctypes_and_the_promise_the_calls_work(self):
        self.assertEqual(self.ctypes("promise"), SERVED)

    def test_given_ctypes_under_preload_no_promise_is_needed(self):
        # The promise tells what a preload makes true by itself.
        lines = self.ctypes(LD_PRELOAD=str(self.install.shared))
        self.assertEqual(lines, SERVED)

    def test_given_a_plugin_linked_with_us_acquire_answers_eopnotsupp(self):
        plugin = self.compile("link_plugin.c", *self.install.flags("--libs"),
                              before=("-shared", "-fPIC"), name="plugin.so")
        host = self.compile("link_host.c")
        self.assertEqual(self.lines(host, plugin), ["EOPNOTSUPP"])

    def ctypes(self, *arguments, **environment):
        return self.lines(sys.executable, "-c", CTYPES, self.install.shared,
                          *arguments, **environment)


if __name__ == "__main__":
    link.main()
