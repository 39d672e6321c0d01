"""Sent to the other machine and run there: makes a session's folder, starts the runner, and ends it when ssh hangs up.

Standard library only, Python 3.9 or newer. It speaks on stdin and stdout: a line of JSON in, a line that says whether the
project is needed, archives in, a line that says where the session works; then stdin is its life.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import IO, Any

_START = "import sys; sys.path.append(sys.argv.pop()); from sandboxes.runner.main import main; main()"
_PIECE = 1 << 16
_PR_SET_DUMPABLE = 4


def main() -> None:
    """Run until the runner has ended or stdin is closed."""
    head = json.loads(sys.stdin.buffer.readline())
    root = os.path.join(os.path.expanduser("~"), ".local", "share", "workbench-machine", head["installation"])
    own = os.path.join(root, head["name"])
    work = os.path.join(own, "workspace", *([head["project"]] if head["project"] else []))
    if head.get("collects"):
        _collect(own, work if head["project"] else "", head["outputs"])
        return
    os.makedirs(own, mode=0o700, exist_ok=True)
    _sweep(root, set(head["known"]))
    is_new = not os.path.isdir(work) or head["renews"]
    _say({"needs_project": bool(is_new and head["project"])})
    for folder in ("given", "home", "tmp"):
        shutil.rmtree(os.path.join(own, folder), ignore_errors=True)
        os.makedirs(os.path.join(own, folder), mode=0o700)
    _unpack(sys.stdin.buffer, os.path.join(own, "given"))
    if is_new and head["project"]:
        beside = os.path.join(own, "copying")
        shutil.rmtree(beside, ignore_errors=True)
        os.makedirs(beside)
        _unpack(sys.stdin.buffer, beside)
        os.makedirs(os.path.dirname(work), exist_ok=True)
        _renew(os.path.join(beside, "project"), work)
        _note(own, work, head["changed"])
    os.makedirs(work, exist_ok=True)
    runner = _begin(head, own, work)
    _close_memory()
    _say({"workdir": work, "python": sys.version.split()[0], "host": socket.gethostname()})
    threading.Thread(target=_end_with_stdin, args=(runner,), daemon=True).start()
    runner.wait()
    for path in (head["socket"], head["egress"]):
        with contextlib.suppress(OSError):
            os.unlink(path)


def _sweep(root: str, known: set[str]) -> None:
    """What sessions left that are deleted on the machine where they belong."""
    for name in os.listdir(root):
        if name not in known:
            shutil.rmtree(os.path.join(root, name), ignore_errors=True)


# ── what comes back ──────────────────────────────────────────────────────────────────────────────────────────────────


def _renew(new: str, work: str) -> None:
    """Put a project in the place of the one of before, whose repository stays: what was committed there is there alone."""
    if os.path.isdir(os.path.join(work, ".git")):
        shutil.rmtree(os.path.join(new, ".git"), ignore_errors=True)
        os.rename(os.path.join(work, ".git"), os.path.join(new, ".git"))
    shutil.rmtree(work, ignore_errors=True)
    os.rename(new, work)


def _note(own: str, work: str, changed: list[str]) -> None:
    """How the project was when it came; what the session had `changed` by then counts as changed still."""
    known = {**_entries(work), **{path: [] for path in changed}}
    with open(os.path.join(own, "project.json.new"), "w") as file:
        json.dump(known, file)
    os.replace(file.name, os.path.join(own, "project.json"))


def _entries(work: str) -> dict[str, list[Any]]:
    """Each name of the project, without repositories' own, and what tells a change of it."""
    found: dict[str, list[Any]] = {}
    for folder, inner, files in os.walk(work):
        inner[:] = [name for name in inner if name != ".git"]
        for name in (*inner, *files):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            entry: list[Any] = [status.st_mode]
            if stat.S_ISLNK(status.st_mode):
                entry.append(os.readlink(path))
            elif not stat.S_ISDIR(status.st_mode):
                entry += [status.st_size, status.st_mtime_ns]
            if name != ".git":
                found[os.path.relpath(path, work)] = entry
    return found


def _collect(own: str, work: str, outputs: str) -> None:
    """Write what the session changed, and its outputs, as an archive with an end that is seen."""
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.GNU_FORMAT) as archive:
        gone: list[str] = []
        if work:
            with open(os.path.join(own, "project.json")) as file:
                known = json.load(file)
            now = _entries(work)
            gone = [path for path in known if path not in now]
            changed = {path for path, entry in now.items() if known.get(path) != entry}
            above = {folder for path in (*changed, *gone) for folder in _above(path) if folder in now}
            for path in sorted(changed | above):
                _add(archive, os.path.join(work, path), f"project/{path}")
            gone = [path for path in gone if not os.path.dirname(path) or os.path.dirname(path) in now]
        place = os.path.join(own, "given", "shared", outputs)
        for path in sorted(_entries(place)):
            _add(archive, os.path.join(place, path), f"outputs/{path}")
        said = json.dumps(gone).encode()
        info = tarfile.TarInfo("gone")
        info.size = len(said)
        archive.addfile(info, io.BytesIO(said))


def _above(path: str) -> Iterator[str]:
    while path := os.path.dirname(path):
        yield path


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    info = archive.gettarinfo(path, name)
    if info is None or not (info.isfile() or info.isdir() or info.issym() or info.islnk()):
        return
    if info.islnk():
        # Each name with its own content: a link may lead to one that is not sent.
        info.type, info.linkname, info.size = tarfile.REGTYPE, "", os.lstat(path).st_size
    if info.isfile():
        with open(path, "rb") as file:
            archive.addfile(info, file)
    else:
        archive.addfile(info)


# ── the sandbox ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _unpack(stream: IO[bytes], folder: str) -> None:
    """An archive, after a line with its length."""
    left = int(stream.readline())
    with tempfile.TemporaryFile() as kept:
        while left:
            piece = stream.read(min(left, _PIECE))
            if not piece:
                raise SystemExit("the archive ended early")
            kept.write(piece)
            left -= len(piece)
        kept.seek(0)
        with tarfile.open(fileobj=kept) as archive:
            # The sender is the user's own engine; links of a project may lead anywhere, as they did there.
            archive.extractall(folder)


def _begin(head: dict[str, Any], own: str, work: str) -> subprocess.Popen[bytes]:
    given = os.path.join(own, "given")
    port = _way_out(head["egress"])
    places = {name: os.path.join(given, name) for name in ("uploads", "skills", "shared")}
    for place in places.values():
        os.makedirs(place, exist_ok=True)
    filled = {"{OWN}": own, "http://127.0.0.1:0": f"http://127.0.0.1:{port}"}
    environment = {name: _filled(value, filled) for name, value in head["environment"].items()}
    orders = {
        "socket": head["socket"],
        "workdir": work,
        "others": [os.path.dirname(work), *places.values(), os.path.join(own, "tmp")],
        "read_only": [places["uploads"], places["skills"]],
        "kept": os.path.join(places["shared"], "servers"),
        "patience_s": head["patience_s"],
    }
    command = [sys.executable, "-I", "-S", "-c", _START, json.dumps(orders), os.path.join(given, "runner")]
    environment["PATH"] = os.environ.get("PATH", os.defpath)
    null = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=work, env=environment, stdin=null, stdout=null, start_new_session=True)


def _filled(value: str, places: dict[str, str]) -> str:
    for name, place in places.items():
        value = value.replace(name, place)
    return value


def _way_out(path: str) -> int:
    """The port of a proxy here, each connection of which goes through ssh to the engine's."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)

    def serve() -> None:
        while True:
            inside, _ = listener.accept()
            outside = socket.socket(socket.AF_UNIX)
            try:
                outside.connect(path)
            except OSError:
                inside.close()
                continue
            for one, other in ((inside, outside), (outside, inside)):
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return int(listener.getsockname()[1])


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := one.recv(_PIECE):
            other.sendall(piece)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def _end_with_stdin(runner: subprocess.Popen[bytes]) -> None:
    while sys.stdin.buffer.read(1):
        pass
    # It adopts its orphans, so that it is stopped first and killed last.
    _send(runner.pid, signal.SIGSTOP)
    for _ in range(1000):
        below = _below(runner.pid)
        if not below:
            break
        for pid in below:
            _send(pid, signal.SIGKILL)
        time.sleep(0.005)
    _send(runner.pid, signal.SIGKILL)


def _below(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/stat", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
                if fields[0] not in "ZX":
                    parents[int(name)] = int(fields[1])
    found, look = [], [pid]
    while look:
        above = look.pop()
        new = [one for one, parent in parents.items() if parent == above]
        found += new
        look += new
    return found


def _close_memory() -> None:
    """What runs here runs as this user too: the memory and the descriptors of this process are not for it."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


if __name__ == "__main__":
    main()
