"""What a session changed and a commit does not have: its files beside the commit's tree, blob by blob."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping

from workbench.contracts.files import FileChange
from workbench.hands.files.safe_paths import CHUNK_BYTES, Beneath, shown
from workbench.hands.git.location import Repository

_LINK, _PROGRAM, _FILE = "120000", "100755", "100644"
_MOST_CONVERTED = 8 << 20
"""Bytes of a file that is read whole, to see whether only the ends of its lines differ."""


def uncommitted(
    one: Repository, commit: str, inside: str, upper: Beneath, changes: Iterable[FileChange]
) -> tuple[str, ...]:
    """The changed files, by path from the project's folder, which `inside` is in its repository, that are otherwise in the commit."""
    tree = _tree(one, commit, inside)
    return tuple(change.path for change in changes if change.what != "folder" and not _has(tree, upper, change))


def _tree(one: Repository, commit: str, inside: str) -> Mapping[str, tuple[str, str]]:
    """Mode and blob by path; empty where the folder is not in the commit."""
    listed = one.git.run("ls-tree", "-r", "-z", f"{commit}:{inside}", wants=(0, 128)).text
    found: dict[str, tuple[str, str]] = {}
    for entry in filter(None, listed.split("\0")):
        head, _, path = entry.partition("\t")
        mode, _, name = head.split(" ")
        found[shown(path)] = (mode, name)
    return found


def _has(tree: Mapping[str, tuple[str, str]], upper: Beneath, change: FileChange) -> bool:
    there = tree.get(change.path)
    if change.kind == "deleted" or there is None:
        return change.kind == "deleted" and there is None
    mode, name = there
    try:
        found = upper.status(change.path)
        if found is None:
            return False
        wanted = _LINK if stat.S_ISLNK(found.st_mode) else _PROGRAM if found.st_mode & stat.S_IXUSR else _FILE
        return mode == wanted and name in blob_names(upper, change.path, name)
    except OSError:
        return False


def blob_names(root: Beneath, path: str, like: str) -> Iterator[str]:
    """The names that git may have for what is at a path, by the algorithm that the name `like` was made by: of a file's bytes, and
    of its lines without carriage returns, as attributes can have it.

    Raises:
        OSError: it cannot be read.
    """
    found = root.status(path)
    if found is None:
        return
    if stat.S_ISLNK(found.st_mode):
        yield _blob([os.fsencode(root.target(path))], like)
        return
    with root.file(path) as descriptor:
        yield _blob(_chunks(descriptor), like, found.st_size)
    if found.st_size <= _MOST_CONVERTED:
        content = root.content(path, found.st_size)
        if b"\r\n" in content:
            yield _blob([content.replace(b"\r\n", b"\n")], like)


def _chunks(descriptor: int) -> Iterator[bytes]:
    while part := os.read(descriptor, CHUNK_BYTES):
        yield part


def _blob(parts: Iterable[bytes], like: str, size: int | None = None) -> str:
    """A blob's name, by the algorithm that this name was made by."""
    if size is None:
        parts = list(parts)
        size = sum(map(len, parts))
    digest = hashlib.sha256() if len(like) == hashlib.sha256().digest_size * 2 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % size)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
