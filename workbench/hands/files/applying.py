"""Brings a session's changes into its project: each file in one step, in an order that may be cut off and begun again."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO

from workbench.contracts.files import FilesRefused
from workbench.hands.files.changes import Change, Comparison, found_at
from workbench.hands.files.git_names import belongs_to_git
from workbench.hands.files.meeting import Written
from workbench.hands.files.overlay import Found, below, is_opaque
from workbench.hands.files.safe_paths import CHUNK_BYTES, Beneath, shown

MOST_NAMED = 20
BESIDE = ".workbench-"
"""Begins the name of a file that takes another one's place when it is whole."""


def chosen(comparison: Comparison, paths: Sequence[str] | None, ignored: frozenset[str]) -> list[Change]:
    """The changes at or under these paths, with the new folders that they stand in; without paths, all but ignored ones.

    Raises:
        FilesRefused: at a path nothing changed, or it is git's own.
    """
    changes = comparison.changes
    if paths is None:
        return [change for change in changes if change.path not in ignored]
    wanted = {path.strip("/").removeprefix("./") for path in paths}
    for path in sorted(wanted):
        if belongs_to_git(path):
            raise FilesRefused(
                f"{path} belongs to a git repository, and is never applied: git on this machine would run it"
            )
        if not any(_is_at(change, path) for change in changes):
            raise FilesRefused(f"{path} is not among the session's changes; workbench diff --stat lists them")
    picked = [change for change in changes if any(_is_at(change, path) for path in wanted)]
    taken = {change.path for change in picked}
    above = {folder for change in picked if change.after for folder in folders_above(change.path)}
    return [
        change
        for change in changes
        if change.path in taken or (change.path in above and change.after and change.after.kind == "folder")
    ]


def _is_at(change: Change, path: str) -> bool:
    return path in ("", ".") or shown(change.path) == path or shown(change.path).startswith(f"{path}/")


def folders_above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def named(paths: Iterable[str]) -> str:
    """Some paths for a sentence."""
    told = [shown(path) for path in paths]
    more = f" and {len(told) - MOST_NAMED} more" if len(told) > MOST_NAMED else ""
    return ", ".join(told[:MOST_NAMED]) + more


def apply(
    changes: Sequence[Change], project: Beneath, upper: Beneath, contents: Mapping[str, Written] | None = None
) -> None:
    """What goes, deepest first, and then what comes, folders first. What was done is no change any more when it is asked again.

    A file that `contents` has gets this content and mode in place of the session's.

    Raises:
        FilesRefused: the project changed at this moment, or a file cannot be read or written; the text says which.
    """
    _refuse_closed(changes)
    try:
        for change in reversed(changes):
            if change.before is not None and _must_go(change):
                _refuse_changed(project, change)
                remove(project, change.before)
        for change in changes:
            if change.after is not None:
                _put(project, upper, change, (contents or {}).get(change.path))
        # Last and deepest first: a folder that may not be written to could not have been filled.
        for change in reversed(changes):
            if change.after is not None and change.after.kind == "folder":
                _set_folder_mode(project, change.after)
    except OSError as error:
        raise FilesRefused(
            f"{shown(str(error.filename or ''))}: {error.strerror}; what came before it is applied: mend this and apply again"
        ) from None


def _refuse_closed(changes: Sequence[Change]) -> None:
    """Before anything is touched."""
    closed = [one.path for one in changes if one.after and one.after.kind == "file" and not one.after.mode & 0o400]
    if closed:
        raise FilesRefused(f"nothing was applied: {named(closed)} may not be read; have the agent run chmod u+r on it")


def _must_go(change: Change) -> bool:
    """What is deleted, and what stands where something of another kind comes."""
    if change.before is None:
        return False
    if change.after is None:
        return True
    kinds = {change.before.kind, change.after.kind}
    return "folder" in kinds and len(kinds) == 2


def _refuse_changed(project: Beneath, change: Change) -> None:
    assert change.before is not None
    now = found_at(project, change.path)
    # A folder's own times change with every file that goes from it.
    if now is not None and (now.kind == "folder" or _stamp(now) == _stamp(change.before)):
        return
    raise FilesRefused(f"{shown(change.path)} changed in the project at this moment; apply again", [shown(change.path)])


def _stamp(found: Found) -> tuple[int, ...]:
    status = found.status
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def remove(project: Beneath, found: Found) -> None:
    with project.parent(found.path) as (folder, name):
        if found.kind != "folder":
            os.unlink(name, dir_fd=folder)
            return
        try:
            os.rmdir(name, dir_fd=folder)
        except OSError as error:
            # What is in it is not the session's to remove: it came meanwhile, or was not asked for.
            if error.errno != errno.ENOTEMPTY:
                raise


def _put(project: Beneath, upper: Beneath, change: Change, content: Written | None) -> None:
    after = change.after
    assert after is not None
    if after.kind == "folder":
        with project.parent(change.path) as (folder, name), contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=folder)
        return
    if change.before is not None and not _must_go(change):
        _refuse_changed(project, change)
    if content is not None:
        rewrite(project, change.path, *content)
    else:
        put_copy(project, upper, after)


@contextlib.contextmanager
def _replacing(folder: int, name: str) -> Iterator[str]:
    """Another name in the folder, for what takes this name's place in one step when it is whole."""
    beside = f"{BESIDE}{secrets.token_hex(8)}"
    try:
        yield beside
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=folder)
        raise


def put_copy(root: Beneath, source: Beneath, found: Found) -> None:
    """A file or link of `source` at the same path of `root`, in the place of what is there."""
    with root.parent(found.path) as (folder, name), _replacing(folder, name) as beside:
        if found.kind == "link":
            os.symlink(source.target(found.path), beside, dir_fd=folder)
        else:
            _copy(source, found, folder, beside)


def rewrite(root: Beneath, path: str, content: bytes, mode: int) -> None:
    """Another content for a file."""
    with root.parent(path) as (folder, name), _replacing(folder, name) as beside:
        _write(folder, beside, [content], mode)


def _set_folder_mode(project: Beneath, after: Found) -> None:
    with project.folder(after.path) as folder:
        os.fchmod(folder, after.mode)


def _copy(source: Beneath, found: Found, folder: int, name: str) -> None:
    with source.file(found.path) as descriptor, open(descriptor, "rb", closefd=False) as content:
        _write(folder, name, _chunks(content, found.status.st_size), found.mode)


def _chunks(content: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left > 0 and (chunk := content.read(min(left, CHUNK_BYTES))):
        yield chunk
        left -= len(chunk)


def _write(folder: int, name: str, chunks: Iterable[bytes], mode: int) -> None:
    """The content, then the mode, on disk before the file gets its name."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(name, flags, 0o600, dir_fd=folder), "wb") as target:
        for chunk in chunks:
            target.write(chunk)
        target.flush()
        os.fchmod(target.fileno(), mode)
        os.fsync(target.fileno())


def settle(upper: Beneath, comparison: Comparison) -> None:
    """Take out of the upper layer what the project has as well, so that the session sees the project's own files there.

    `comparison` is one made after the apply. Below a folder that hides the project's nothing is taken out by itself. What
    belongs to git stays: the session's commits are in no other place.
    """
    if comparison.left_out:
        return
    kept = {change.path for change in comparison.changes} | set(comparison.of_git)
    kept |= {folder for path in kept for folder in folders_above(path)}
    hiding: set[str] = set()
    gone: list[Found] = []
    for found in below(upper):
        above = found.path.rpartition("/")[0]
        if above in hiding or (found.path in kept and is_opaque(upper, found.path)):
            hiding.add(found.path)
        elif found.path not in kept:
            gone.append(found)
    for found in reversed(gone):
        # What stays because its folder is closed equals the project's, and so is no change.
        with contextlib.suppress(PermissionError):
            remove(upper, found)
