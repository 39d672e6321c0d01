"""Mounts a session's folders into a container that runs already: a program of its own, run by the engine and never imported.

It is given one JSON object on its input: `pid` and `started_ticks` of the container's first process, the number of its `monitor`, the
`mounts` in order, as Podman's REST interface takes them, and what to `seal`. Where it fails it says of what, and ends with IMPOSSIBLE if the machine
cannot do such a thing at all. Without an order it ends. It joins Podman's user namespace, in which this user may mount, and nothing of the container's is run in it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import struct
import sys
from collections.abc import Mapping
from typing import Any, Final

# The same numbers on every architecture (Linux 5.12 or later has all of them).
_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _OPENAT2, _MOUNT_SETATTR = 428, 429, 430, 431, 432, 437, 442
_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000
_HERE, _EMPTY_PATH, _RECURSIVE, _CLOEXEC = -100, 0x1000, 0x8000, os.O_CLOEXEC
_CLONE, _FROM_EMPTY, _TO_EMPTY = 1, 0x04, 0x40
_FLAG, _STRING, _CREATE = 0, 1, 6
_READ_ONLY, _NO_SUID, _NO_DEVICES = 0x01, 0x02, 0x04
_PRIVATE = 1 << 18
_NO_LINKS = 0x02 | 0x04

IMPOSSIBLE: Final = 3
_NEVER: Final = (errno.ENOSYS, errno.EPERM)

_libc: Final = ctypes.CDLL(None, use_errno=True)


def _call(what: str, result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def _join(namespace: int, kind: int) -> None:
    _call("setns", _libc.setns(namespace, kind))


def _close_off(mount: int, flags: int) -> None:
    """What is mounted on the way as well, and nothing of it is told to other namespaces."""
    order = struct.pack("QQQQ", flags, 0, _PRIVATE, 0)
    _call("mount_setattr", _libc.syscall(_MOUNT_SETATTR, mount, b"", _EMPTY_PATH | _RECURSIVE, order, len(order)))


def _bind(source: str, options: list[str]) -> int:
    name = os.fsencode(source)
    mount = _call(source, _libc.syscall(_OPEN_TREE, _HERE, name, _CLONE | _RECURSIVE | _CLOEXEC))
    _close_off(mount, _NO_SUID | _NO_DEVICES | (_READ_ONLY if "ro" in options else 0))
    return mount


def _overlay(source: str, options: list[str]) -> int:
    made = _call("fsopen", _libc.syscall(_FSOPEN, b"overlay", 1))
    for option in (f"lowerdir={source}", *options):
        name, _, value = option.partition("=")
        _call(option, _libc.syscall(_FSCONFIG, made, _STRING, name.encode(), os.fsencode(value), 0))
    _call("userxattr", _libc.syscall(_FSCONFIG, made, _FLAG, b"userxattr", None, 0))
    _call("overlay", _libc.syscall(_FSCONFIG, made, _CREATE, None, None, 0))
    mount = _call("fsmount", _libc.syscall(_FSMOUNT, made, 1, _NO_SUID | _NO_DEVICES))
    os.close(made)
    return mount


def _inside(path: str) -> int:
    """What is there itself: a link is on no way of ours, whatever an image or an earlier sandbox has put there."""
    how = struct.pack("QQQ", os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW, 0, _NO_LINKS)
    return _call(path, _libc.syscall(_OPENAT2, _HERE, os.fsencode(path), how, len(how)))


def _place(path: str) -> int:
    """Where to mount; folders that are not there yet are made."""
    try:
        return _inside(path)
    except FileNotFoundError:
        above, _, name = path.rpartition("/")
        folder = _place(above or "/")
        os.mkdir(name, dir_fd=folder)
        os.close(folder)
        return _inside(path)


def _started_ticks(pid: int) -> int:
    with open(f"/proc/{pid}/stat", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[19])


def attach(order: Mapping[str, Any]) -> None:
    """Do all of it.

    Raises:
        OSError: this machine cannot, or something is not as it should; what was mounted until then stays.
    """
    pid, monitor = order["pid"], order["monitor"]
    user, outside = (os.open(name, os.O_RDONLY) for name in (f"/proc/{pid}/ns/user", f"/proc/{monitor}/ns/mnt"))
    _join(user, _NEW_USER)
    inside = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
    if _started_ticks(pid) != order["started_ticks"]:
        # Its number is another's by now.
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH), str(pid))
    _join(outside, _NEW_MOUNTS)
    # All of it is opened where Podman sees it, and then put where the container does.
    mounts = [
        (one["destination"], (_bind if one.get("type") == "bind" else _overlay)(one["source"], one["options"]))
        for one in order["mounts"]
    ]
    _join(inside, _NEW_MOUNTS)
    for path, mount in mounts:
        place = _place(path)
        _call(path, _libc.syscall(_MOVE_MOUNT, mount, b"", place, b"", _FROM_EMPTY | _TO_EMPTY))
        os.close(place)
        os.close(mount)
    for path in order["seal"]:
        place = _inside(path)
        flags = struct.pack("QQQQ", _READ_ONLY, 0, 0, 0)
        _call(path, _libc.syscall(_MOUNT_SETATTR, place, b"", _EMPTY_PATH, flags, len(flags)))
        os.close(place)


if __name__ == "__main__":
    os.umask(0o022)
    if line := sys.stdin.readline():
        try:
            attach(json.loads(line))
        except OSError as error:
            sys.stdout.write(f"{error.filename}: {error.strerror}")
            sys.exit(IMPOSSIBLE if error.errno in _NEVER else 1)
