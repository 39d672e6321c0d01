"""Files in and out of a sandbox: a program that the engine speaks with line by line, and that reads and writes what a person names.

The first line each way is JSON; then contents go in pieces of base64, each of which is asked for with a line. A process of
its own does this, so that a file system that does not answer holds up nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import secrets
import shutil
import stat
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

PROGRAM = "workbench:transfers"
"""Stands for this program in the command of a conversation."""
PIECE_BYTES = 1 << 20
ASKED = ""
"""The line that asks for the next piece."""
END = "."
"""The line behind the last one: what ends without it was cut off."""
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


def command(folder: Path) -> list[str]:
    """What starts this program; `folder` is where paths that are not absolute begin."""
    root = str(Path(__file__).resolve().parent.parent.parent)
    begin = f"import sys; sys.path.insert(0, {root!r}); from sandboxes.runner.transfers import main; main()"
    return [sys.executable, "-I", "-S", "-c", begin, str(folder)]


class Refused(Exception):
    """What is asked for cannot be; `kind` is a word for programs."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind


def main() -> None:
    """Do the one thing that the first line asks for."""
    order = json.loads(_heard())
    acts: dict[str, Callable[[dict[str, Any], Path], None]] = {
        "stat": _stat,
        "read": _read,
        "pack": _pack,
        "write": _write,
        "unpack": _unpack,
    }
    path = Path(sys.argv[1]) / order["path"]
    try:
        acts[order["act"]](order, path)
    except Refused as refused:
        _say(json.dumps({"error": refused.kind, "message": f"{order['path']}: {refused}"}))
    except OSError as error:
        kind, words = _reason(error)
        _say(json.dumps({"error": kind, "message": f"{order['path']}: {words}"}))


def _reason(error: OSError) -> tuple[str, str]:
    # Not those of `paths`: this program is also run by older Pythons, and says only what it needs to.
    for kind, name, words in (
        (FileNotFoundError, "not_found", "no such file or directory"),
        (NotADirectoryError, "not_found", "not a directory"),
        (IsADirectoryError, "is_a_directory", "is a directory"),
        (PermissionError, "not_permitted", "permission denied"),
    ):
        if isinstance(error, kind):
            return name, words
    return "failed", (error.strerror or str(error)).lower()


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _stat(order: dict[str, Any], path: Path) -> None:
    found = path.stat()
    kind = _KINDS.get(stat.S_IFMT(found.st_mode), "other")
    _say(json.dumps({"kind": kind, "size_bytes": found.st_size, "mode": stat.S_IMODE(found.st_mode)}))


def _read(order: dict[str, Any], path: Path) -> None:
    # A pipe that nobody writes to is not waited for.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        if stat.S_ISDIR(found.st_mode):
            raise Refused("is_a_directory", "is a directory")
        if not stat.S_ISREG(found.st_mode):
            raise Refused("not_a_file", "not a regular file")
        _say(json.dumps({"size_bytes": found.st_size, "mode": stat.S_IMODE(found.st_mode)}))
        left = found.st_size
        while left and (piece := file.read(min(PIECE_BYTES, left))):
            left -= len(piece)
            _give(piece)
        if left:
            raise Refused("changed", "became shorter while it was read")
    _end()


def _pack(order: dict[str, Any], path: Path) -> None:
    if not path.is_dir():
        path.lstat()
        raise Refused("not_a_directory", "not a directory")
    os.listdir(path)
    _say(json.dumps({}))
    with (
        _Pieces() as pieces,
        tarfile.open(
            fileobj=cast("BinaryIO", pieces), mode="w|", format=tarfile.PAX_FORMAT, bufsize=PIECE_BYTES
        ) as archive,
    ):
        for inner in _below(path):
            _add(archive, path / inner, inner)
    _end()


def _below(path: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(path, onerror=_fail):
        for name in sorted((*folders, *files)):
            yield os.path.relpath(os.path.join(folder, name), path)


def _fail(error: OSError) -> None:
    raise error


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Files, folders and links, each file with its own content; a pipe, a socket or a device is left out."""
    with contextlib.suppress(FileNotFoundError):
        info = archive.gettarinfo(path, name)
        if info is None or not (info.isfile() or info.isdir() or info.issym() or info.islnk()):
            return
        if info.islnk():
            # Each name with its own content.
            info.type, info.linkname, info.size = tarfile.REGTYPE, "", path.lstat().st_size
        if not info.isfile():
            archive.addfile(info)
            return
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            archive.addfile(info, file)


class _Pieces:
    """Takes an archive's bytes and gives them in pieces."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def __enter__(self) -> _Pieces:
        return self

    def write(self, more: bytes) -> int:
        self._waiting += more
        while len(self._waiting) >= PIECE_BYTES:
            _give(bytes(self._waiting[:PIECE_BYTES]))
            del self._waiting[:PIECE_BYTES]
        return len(more)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._waiting:
            _give(bytes(self._waiting))


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _write(order: dict[str, Any], path: Path) -> None:
    """Whole or not at all, in the place of what is there; folders above it are made."""
    target = Path(os.path.realpath(path))
    if target.is_dir() or str(order["path"]).endswith("/"):
        raise Refused("is_a_directory", "is a directory")
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = _mode_of(target)
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _say(json.dumps({}))
            shutil.copyfileobj(cast("BinaryIO", _Given()), file, PIECE_BYTES)
        if (wanted := order.get("mode", mode)) is not None:
            os.chmod(beside, wanted)
        os.replace(beside, target)
    except BaseException:
        os.unlink(beside)
        raise
    _end()


def _mode_of(target: Path) -> int | None:
    """The mode of the file whose place it takes: one that cannot be written to stays."""
    try:
        found = target.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise Refused("not_a_file", "not a regular file")
    if not os.access(target, os.W_OK):
        raise Refused("not_permitted", "permission denied")
    return stat.S_IMODE(found.st_mode)


def _unpack(order: dict[str, Any], path: Path) -> None:
    path.mkdir(parents=True, exist_ok=True)
    if not os.access(path, os.W_OK):
        raise Refused("not_permitted", "permission denied")
    _say(json.dumps({}))
    given = _Given()
    try:
        with tarfile.open(fileobj=cast("BinaryIO", given), mode="r|", bufsize=PIECE_BYTES) as archive:
            for info in archive:
                _extract(archive, info, path)
    except tarfile.TarError as error:
        raise Refused("not_an_archive", f"what came is no tar archive ({error})") from None
    while given.read(PIECE_BYTES):
        pass
    _end()


def _extract(archive: tarfile.TarFile, info: tarfile.TarInfo, path: Path) -> None:
    """One member, below the folder and owned by who runs this; a pipe or a device is left out."""
    if os.path.isabs(info.name) or ".." in Path(info.name).parts:
        raise Refused("outside", f"the archive's {info.name!r} lies outside of it")
    if not (info.isfile() or info.isdir() or info.issym() or info.islnk()):
        return
    target = path / info.name
    if not info.isdir() and (target.is_symlink() or target.is_file()):
        target.unlink()
    info.uid, info.gid, info.uname, info.gname = os.getuid(), os.getgid(), "", ""
    # Named where it exists: newer Pythons have another one by themselves, which refuses links that lead out of the folder.
    more: dict[str, Any] = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
    archive.extract(info, path, **more)


class _Given(io.RawIOBase):
    """What the engine sends, asked for piece by piece."""

    def __init__(self) -> None:
        self._waiting = b""
        self._is_over = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if not self._waiting and not self._is_over:
            _say(ASKED)
            line = _heard()
            self._is_over = line == END
            self._waiting = b"" if self._is_over else base64.b64decode(line)
        told, self._waiting = self._waiting[:size], self._waiting[size:]
        return told


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _give(piece: bytes) -> None:
    _heard()
    _say(base64.b64encode(piece).decode())


def _end() -> None:
    _say(END)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _heard() -> str:
    """The next line; without one the engine has gone, and so does this."""
    line = sys.stdin.readline()
    if not line:
        raise SystemExit(1)
    return line.rstrip("\n")
