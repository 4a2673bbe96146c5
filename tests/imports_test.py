#!/usr/bin/env python3
"""What real programs import from libc, against the list of our hooks.

A descriptor that is made, bound, copied or closed by a call we do not hook
leaves an entry of ours stale. So every libc function that real programs import
and whose name sounds of descriptors must be hooked, or stand below with the
reason why it need not be.
"""

import pathlib
import re
import subprocess
import sys
import sysconfig

import unchanged_support as support
from unchanged_support import expect, main, need, row

# Names that sound of making, binding, copying or closing descriptors.
SOUNDS = re.compile(
    "socket|accept|bind|connect|listen|close|dup|fcntl|send|recv|write|open|"
    "pipe|creat|eventfd|signalfd|timerfd|inotify_init|memfd|pidfd|mkstemp|"
    "mkostemp|tmpfile|syscall|fork|vfork|spawn|exec|clone|pty$|daemon|splice|"
    "rcmd|clnt|svc|res_n|login_tty|system$")

# Why a name need not be hooked. A descriptor that lands on a number of ours
# is no harm by itself: the close before it came by a hook.
ALLOWED = {
    "makes what is no socket": """
        open open64 openat openat64 __open_2 __open64_2 __openat_2 __openat64_2
        creat creat64 fopen fopen64 fmemopen fopencookie open_memstream pipe
        pipe2 eventfd signalfd timerfd_create epoll_create epoll_create1
        inotify_init inotify_init1 memfd_create mkstemp mkstemp64 mkstemps
        mkstemps64 mkostemp mkostemp64 tmpfile tmpfile64 opendir fts_open
        shm_open sem_open openpty pidfd_open mq_open timer_create
        posix_openpt pthread_create pthread_key_create __pthread_key_create
        dlopen iconv_open catopen""",
    "puts a stream over a descriptor, which fclose then closes": """
        fdopen fdopendir""",
    "closes what is no TCP or UDP socket": """
        closedir fts_close pclose sem_close dlclose iconv_close mq_close
        catclose""",
    "uses sockets inside of libc, which never come to be associated": """
        openlog closelog res_ninit res_nclose __res_ninit __res_nclose
        __res_nsearch res_nsearch res_nquery __res_nquery __res_nmkquery
        __res_nsend""",
    "receives data, no descriptors, and binds nothing": """
        recv recvfrom __recv_chk __recvfrom_chk""",
    "sends where a connection is, so that the socket is bound": """
        write writev pwrite pwrite64 pwritev pwritev64 pwritev2 pwritev64v2
        sendfile sendfile64 splice""",
    "uses a descriptor as it is": """
        fwrite fwrite_unlocked eventfd_read eventfd_write timerfd_settime
        timerfd_gettime process_vm_writev""",
    "puts a terminal or /dev/null over descriptors 0 to 2 alone": """
        login_tty forkpty daemon""",
    "makes a process: fork handlers and a page the kernel wipes tell us": """
        fork vfork clone system popen""",
    "makes a process that runs another program at once": """
        posix_spawn posix_spawnp posix_spawn_file_actions_init
        posix_spawn_file_actions_destroy posix_spawn_file_actions_addopen
        posix_spawn_file_actions_addclose posix_spawn_file_actions_adddup2
        posix_spawn_file_actions_addclosefrom_np posix_spawnattr_init
        posix_spawnattr_destroy posix_spawnattr_setflags
        posix_spawnattr_setpgroup posix_spawnattr_setschedparam
        posix_spawnattr_setschedpolicy posix_spawnattr_setsigdefault
        posix_spawnattr_setsigmask
        execl execle execlp execv execve execvp execvpe fexecve""",
    "has to do with text, patterns, terminals or handlers": """
        __register_atfork
        bindtextdomain bind_textdomain_codeset strdup strndup __strdup
        wcsdup __duplocale duplocale regexec tcsendbreak""",
}
REASON = {name: reason for reason, names in ALLOWED.items()
          for name in names.split()}

# Those of glibc call each other past any hook.
OWN_OF_LIBC = re.compile(r"(lib(c|m|dl|rt|pthread|resolv|util)\.so|ld-)")


def symbols(paths, option):
    """The dynamic symbols of some files, as name@version or name."""
    text = subprocess.run(["nm", "-D", "--with-symbol-versions", option,
                           *paths], capture_output=True, text=True,
                          check=True).stdout
    # Each file is announced by a line of its own, which ends in a colon.
    return {line.split()[-1] for line in text.splitlines() if line.strip()
            and not line.endswith(":")}


def hooks():
    """The libc names our library answers to."""
    names = {symbol.split("@")[0]
             for symbol in symbols([support.library], "--defined-only")}
    return {name for name in names if not name.lower().startswith("portres")}


def imports(paths):
    """The libc names that these files import, and the libraries they load."""
    text = subprocess.run(["ldd", *paths], capture_output=True, text=True
                          ).stdout
    files = {path for path in re.findall(r"(/\S+) \(0x", text)
             if not OWN_OF_LIBC.match(pathlib.Path(path).name)}
    found = symbols(sorted(files.union(paths)), "--undefined-only")
    return {symbol.split("@")[0] for symbol in found if "@GLIBC_" in symbol}


def uncovered(imported, hooked):
    """Names that sound of descriptors, unhooked and without a reason."""
    return sorted(name for name in imported if SOUNDS.search(name)
                  and name not in hooked and name not in REASON)


def python_files():
    modules = pathlib.Path(sysconfig.get_path("platstdlib"), "lib-dynload")
    return [sys.executable, *map(str, modules.glob("*.so"))]


def covers(name, files):
    @row(f"given the imports of {name}, when compared with the hooks, "
         "then every call that makes, binds, copies or closes is covered")
    def check():
        need("nm")
        imported = imports(files())
        # The comparison is not of nothing.
        expect({"close", "fcntl", "fcntl64"} & imported != set(), True)
        expect(uncovered(imported, hooks()), [])


covers("python3", python_files)
for program in "node", "nginx", "redis-server", "haproxy", "curl":
    covers(program, lambda program=program: [need(program)])


@row("given a made-up import, when compared with the hooks, then it is found")
def made_up():
    made = {"bind_quickly", "socket2", "__close_nocancel", "malloc", "open"}
    expect(uncovered(made, hooks()),
           ["__close_nocancel", "bind_quickly", "socket2"])


@row("given a hook that is gone, when python3 is compared, then it is found")
def hook_gone():
    need("nm")
    imported, hooked = imports(python_files()), hooks()
    used = sorted(name for name in hooked & imported if SOUNDS.search(name))
    expect(len(used) > 12, True)
    for name in used:
        expect(uncovered(imported, hooked - {name}), [name])


@row("given the hooks of the issue, when the library is read, "
     "then each is there and none has a reason to be missing")
def hooks_complete():
    wanted = set("""bind connect listen sendto sendmsg sendmmsg bindresvport
        close dup dup2 dup3 fcntl fcntl64 close_range closefrom fclose freopen
        freopen64 syscall socket accept accept4 socketpair recvmsg recvmmsg
        """.split())
    expect((sorted(wanted - hooks()), sorted(hooks() & set(REASON))), ([], []))


if __name__ == "__main__":
    main()
