#!/usr/bin/env python3
"""Run a command on this kernel as on one for another processor: every program
for that one which is started, by whomever, runs under qemu-user.

  foreign.py MACHINE COMMAND...

Since Linux 6.7 a user namespace has handlers of binary formats of its own
(binfmt_misc), so that nothing of this leaves the command. Where that is refused
the command runs all the same, for the system may have such a handler.
"""
import ctypes
import os
import sys

# The first 20 bytes of a program; the type may be 2 or 3, the OS any.
HEADERS = {"s390x": b"\x7fELF\x02\x02\x01" + bytes(9) + b"\x00\x02\x00\x16"}
MASKS = {"s390x": b"\xff" * 7 + b"\x00" + b"\xff" * 9 + b"\xfe\xff\xff"}

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
HANDLERS = "/proc/sys/fs/binfmt_misc"
ALL_IDS = "0 0 4294967295"

libc = ctypes.CDLL(None, use_errno=True)


def check(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def write(path, text):
    with open(path, "wb", buffering=0) as file:
        file.write(text)


def map_ids(pid):
    """From outside of the new namespace, where root may map everybody."""
    for name, own in ("uid_map", os.getuid()), ("gid_map", os.getgid()):
        if name == "gid_map" and os.getuid() != 0:
            write(f"/proc/{pid}/setgroups", b"deny")
        text = ALL_IDS if os.getuid() == 0 else f"{own} {own} 1"
        write(f"/proc/{pid}/{name}", text.encode())


def enter_namespace():
    entered, may_map = os.pipe(), os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(entered[1])
        if os.read(entered[0], 1):
            map_ids(parent)
            os.write(may_map[1], b"x")
        os._exit(0)
    try:
        check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS))
        os.write(entered[1], b"x")
    finally:
        for fd in entered + may_map[1:]:
            os.close(fd)
        os.waitpid(child, 0)
    if not os.read(may_map[0], 1):
        raise OSError("no ids for the namespace")
    os.close(may_map[0])


def add_handler(machine):
    def escape(data):
        return b"".join(b"\\x%02x" % byte for byte in data)

    check(libc.mount(b"none", HANDLERS.encode(), b"binfmt_misc", 0, None))
    write(f"{HANDLERS}/register",
          b":%b:M::%b:%b:%b:F" % (machine.encode(), escape(HEADERS[machine]),
                                  escape(MASKS[machine]),
                                  f"/usr/bin/qemu-{machine}".encode()))


def main():
    machine, *command = sys.argv[1:]
    os.environ["QEMU_LD_PREFIX"] = f"/usr/{machine}-linux-gnu"
    try:
        enter_namespace()
        add_handler(machine)
    except OSError as error:
        print(f"foreign.py: {error}", file=sys.stderr)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
