"""Behaviours of a sandbox that confines: no privilege, no way out, no way into its first process."""

from __future__ import annotations

from workbench.hands.conformance.harness import Behaviour, Bench, Unmet, expect
from workbench.hands.environment import BUNDLE_INSIDE

_AFTERMATH = "echo still here"

# Each line tries one thing that must fail and says so when it does not.
_FORBIDDEN_CALLS = """
import ctypes, errno, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(name, number, *arguments):
    if libc.syscall(number, *arguments) >= 0:
        print(name)
for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("network", 0x40000000), ("pid", 0x20000000)):
    call("unshare " + name, {unshare}, flag)
    call("clone " + name, {clone}, flag | 17, 0, 0, 0, 0)
call("mount", {mount}, b"none", b"/tmp", b"tmpfs", 0, 0)
call("keyctl", {keyctl}, 0, -3, 1)
call("bpf", {bpf}, 0, 0, 0)
call("io_uring_setup", 425, 1, ctypes.create_string_buffer(120))
call("userfaultfd", {userfaultfd}, 1)
call("perf_event_open", {perf_event_open}, ctypes.create_string_buffer(120), 0, -1, -1, 0)
for name, family, kind in (("vsock", 40, 1), ("packet", 17, 3), ("alg", 38, 5), ("raw", 2, 3), ("netlink audit", 16, 3)):
    try:
        socket.socket(family, kind, 9 if family == 16 else 0)
        print(name)
    except OSError:
        pass
print("tried")
"""
_NUMBERS = {
    "x86_64": {
        "unshare": 272, "clone": 56, "mount": 165, "keyctl": 250, "bpf": 321, "userfaultfd": 323, "perf_event_open": 298,
    },
    "aarch64": {
        "unshare": 97, "clone": 220, "mount": 40, "keyctl": 219, "bpf": 280, "userfaultfd": 282, "perf_event_open": 241,
    },
}  # fmt: skip

# mov eax, 20 (getpid); int 0x80; ret
_CALL_AS_32_BIT = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(bytes.fromhex("b814000000cd80c3"))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())
"""

_STEAL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name in ("mem", "environ", "maps"):
    try:
        open("/proc/1/" + name, "rb").read(1)
        print(name)
    except OSError:
        pass
for fd in range(3, 32):
    try:
        os.readlink("/proc/1/fd/%d" % fd)
        print("fd", fd)
    except OSError:
        pass
pidfd = os.pidfd_open(1)
for fd in range(32):
    if libc.syscall(438, pidfd, fd, 0) >= 0:
        print("took", fd)
if libc.ptrace(16, 1, 0, 0) >= 0:
    print("traced")
print("tried")
"""

_IMPOSTOR = """
import socket
s = socket.socket(socket.AF_UNIX)
s.settimeout(10)
s.connect("/run/sandbox/engine.sock")
try:
    s.send(b"\\0\\0\\0\\2{}")
    print(s.recv(1))
except ConnectionError:
    print(b"")
"""

_NETWORK = """
import socket
print(sorted(name for _, name in socket.if_nameindex()))
def attempt(name, action):
    try:
        action()
        print(name)
    except OSError:
        pass
attempt("tcp", lambda: socket.create_connection(("192.0.2.1", 80), 5))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
for name in ("localhost", "name.invalid"):
    print(socket.gethostbyname(name))
"""


async def no_privilege(bench: Bench) -> None:
    """A command has no capability, gains none, and its system calls are filtered."""
    said = await bench.bash("grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t' ' '")
    expect(said, "CapEff: 0000000000000000\nCapBnd: 0000000000000000\nNoNewPrivs: 1\nSeccomp: 2")


async def writable_places(bench: Bench) -> None:
    """Only the workspace, /tmp, /dev/shm and the session's own folder take writes; the rest is read-only."""
    places = "/ /etc /usr /opt/runner /run /run/sandbox /var /home /root /mnt /mnt/session/uploads"
    said = await bench.bash(f"for place in {places}; do touch $place/x 2>/dev/null && echo $place; done; echo tried")
    expect(said, "tried")
    said = await bench.bash(
        "for place in . /workspace /tmp /dev/shm /mnt/session/outputs; do touch $place/x || echo no; done"
    )
    expect(said, "(no output)")
    expect(await bench.bash("df -BM --output=size /tmp /dev/shm | tr -d ' M' | tail -2"), "512\n64")


async def forbidden_system_calls(bench: Bench) -> None:
    """New namespaces, mounts, keyrings, kernel programs and sockets that pass by the network namespace all fail."""
    numbers = _NUMBERS.get(await bench.bash("uname -m"))
    if numbers is None:
        raise Unmet("this processor's system calls are not known here")
    expect(await _python(bench, _FORBIDDEN_CALLS.format(**numbers)), "tried")


async def no_other_architecture(bench: Bench) -> None:
    """A 32-bit system call, which would get around the filter, ends the program that makes it."""
    if await bench.bash("uname -m") == "x86_64" and "Bad system call" not in (
        said := await _python(bench, _CALL_AS_32_BIT)
    ):
        raise Unmet(f"it gave {said}")


async def nothing_of_the_host(bench: Bench) -> None:
    """No variable, host name, resolver or address of this machine is seen inside."""
    wanted = (
        "GIT_DISCOVERY_ACROSS_FILESYSTEM HOME HOSTNAME LANG NODE_USE_ENV_PROXY OLDPWD PATH PIP_BREAK_SYSTEM_PACKAGES "
        "PWD SESSION_OUTPUTS SESSION_UPLOADS SHLVL TERM _ container"
    )
    given = {line.partition("=")[0]: line.partition("=")[2] for line in (await bench.bash("env")).splitlines()}
    trusted = {name for name, value in given.items() if value == BUNDLE_INSIDE}
    proxies = {name for name in given if name.lower().endswith("_proxy")}
    expect(sorted(set(given) - set(wanted.split()) - trusted - proxies), [])
    expect(
        await bench.bash("hostname; cat /etc/hosts; cat /etc/resolv.conf 2>/dev/null"),
        "sandbox\n127.0.0.1 localhost sandbox\nnameserver 127.77.0.1\noptions timeout:2 attempts:1",
    )


async def no_network(bench: Bench) -> None:
    """There is one interface, lo; TCP and UDP fail at once, and every name leads to addresses of lo."""
    expect(await _python(bench, _NETWORK), "['lo']\n127.0.0.1\n127.77.0.1")


async def closed_way_out(bench: Bench) -> None:
    """Addresses, this machine and its private networks are refused by the way out, in words."""
    for place in ("http://169.254.169.254/", "http://127.0.0.1:1/", "http://[::1]/", "http://2130706433/"):
        said = await bench.bash(f"curl -sS -m 20 --noproxy '' -o /dev/null -w '%{{http_code}}' '{place}'")
        expect(said, "403")


async def unchangeable_runner(bench: Bench) -> None:
    """The runner's files and the engine's socket cannot be changed, moved or removed."""
    attempts = "touch {0}; rm -f {0}; mv {0} /tmp/; ln -sf /tmp {0}; chmod 777 {0}"
    for path in ("/run/sandbox/engine.sock", "/opt/runner/sandboxes/runner/main.py"):
        await bench.bash(attempts.format(path))
        expect(await bench.bash(f"test -e {path} && test ! -L {path} && echo there"), "there")


async def closed_first_process(bench: Bench) -> None:
    """The first process's memory, environment and descriptors cannot be read, traced or taken."""
    expect(await _python(bench, _STEAL), "tried")


async def refused_impostor(bench: Bench) -> None:
    """Another process that connects to the engine is refused, and the sandbox goes on."""
    expect(await _python(bench, _IMPOSTOR), "b''")
    expect(await bench.bash(_AFTERMATH), "still here")


async def unkillable_runner(bench: Bench) -> None:
    """No signal from inside ends the sandbox."""
    for signal in ("KILL", "STOP", "INT", "TERM", "HUP", "USR1", "SEGV"):
        await bench.bash(f"kill -{signal} 1")
    await bench.bash("kill -9 -1")
    await bench.call("bash", restart=True)
    expect(await bench.bash(_AFTERMATH), "still here")


async def foreign_owners(bench: Bench) -> None:
    """Archives, copies and installations that name other owners succeed, and the files stay the sandbox's own."""
    archive = "tar --owner=1234 --group=1234 -cf owned.tar owned.txt; rm owned.txt; tar xf owned.tar"
    await bench.bash(
        f"echo x > owned.txt; {archive} && cp -a owned.txt copied.txt && install -o daemon -g daemon owned.txt put.txt"
    )
    expect(await bench.bash("chown 5:5 owned.txt && stat -c %u:%g owned.txt copied.txt put.txt"), "0:0\n0:0\n0:0")


async def _python(bench: Bench, program: str) -> str:
    await bench.call("write", file_path="attempt.py", content=program)
    return await bench.bash("python3 attempt.py; rm attempt.py")


ELSEWHERE: tuple[Behaviour, ...] = (
    no_privilege,
    forbidden_system_calls,
    no_other_architecture,
    closed_way_out,
    closed_first_process,
    foreign_owners,
)
"""Those of a container on another machine, whose places are others."""
BEHAVIOURS: tuple[Behaviour, ...] = (
    *ELSEWHERE,
    writable_places,
    nothing_of_the_host,
    no_network,
    unchangeable_runner,
    refused_impostor,
    unkillable_runner,
)
