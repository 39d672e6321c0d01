"""What a session changed on another machine, as its files here: read from an archive that an agent may have had a hand in."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from typing import IO, Final

from workbench.hands.files.git_names import belongs_to_git
from workbench.hands.files.overlay import MOST_ENTRIES, Found, below
from workbench.hands.files.removing import remove
from workbench.hands.files.safe_paths import CHUNK_BYTES, LONGEST_PATH_BYTES, Beneath, exchange
from workbench.hands.files.workspace import OUTPUTS_FOLDER, Workspace
from workbench.settings import make_private

MOST_BYTES: Final = 4 << 30
_MOST_NAMES_BYTES: Final = 64 << 20
_BESIDE: Final = "bringing-back"
_KNOWN: Final = "brought.json"


class NotBrought(OSError):
    """The archive is none, is not whole, or holds what no project does; nothing here has changed."""


def take_in(archive: IO[bytes], workspace: Workspace) -> None:
    """Put its content in the place of what is known of the session's changes and outputs, in one step each.

    Raises:
        NotBrought: see there. OSError: there is no room.
    """
    beside = workspace.folder / _BESIDE
    remove(beside)
    try:
        for name in ("project", "outputs"):
            make_private(beside / name)
        with Beneath(beside / "project") as project, Beneath(beside / "outputs") as outputs:
            try:
                with tarfile.open(fileobj=archive, mode="r|") as tar:
                    gone = _taken(tar, {"project": project, "outputs": outputs})
            except (tarfile.TarError, ValueError, EOFError) as error:
                raise NotBrought(f"what it sent is no archive of files: {error}") from None
            for path in gone:
                _white_out(project, path)
        exchange(beside / "project", workspace.upper)
        exchange(beside / "outputs", workspace.shared / OUTPUTS_FOLDER)
        note(workspace)
    finally:
        remove(beside)


def note(workspace: Workspace) -> None:
    """The other machine has the session's files as they are here."""
    (workspace.folder / _KNOWN).write_text(_state(workspace))


def is_changed_here(workspace: Workspace) -> bool:
    """Whether somebody changed the session's files here since they came, as a discard and a rewind do."""
    with contextlib.suppress(FileNotFoundError):
        return (workspace.folder / _KNOWN).read_text() != _state(workspace)
    # Nothing came yet: a fork and a rewind leave files here all the same.
    return any(workspace.upper.iterdir())


def own_changes(workspace: Workspace) -> Iterator[Found]:
    """What stands in the session's files here."""
    with Beneath(workspace.upper) as upper:
        yield from below(upper)


def _state(workspace: Workspace) -> str:
    told = hashlib.sha256()
    for found in own_changes(workspace):
        of_file = (found.status.st_size, found.status.st_mtime_ns) if found.kind == "file" else ()
        told.update(json.dumps([found.path, found.kind, found.mode, *of_file]).encode())
    return told.hexdigest()


def _taken(tar: tarfile.TarFile, roots: dict[str, Beneath]) -> list[str]:
    """Every member; gives the names of what is gone, which are the last of them."""
    left, count = MOST_BYTES, 0
    for member in tar:
        count, left = count + 1, left - max(0, member.size)
        if count > MOST_ENTRIES or left < 0:
            raise NotBrought(f"it changed more than {MOST_ENTRIES} files or {MOST_BYTES >> 30} GiB")
        root, _, path = member.name.partition("/")
        if root == "gone":
            file = tar.extractfile(member)
            said = json.loads(file.read(_MOST_NAMES_BYTES)) if file is not None else None
            if not isinstance(said, list) or len(said) > MOST_ENTRIES or not all(isinstance(one, str) for one in said):
                raise NotBrought("what it says of deleted files is no list")
            return said
        if root not in roots or not path:
            raise NotBrought(f"{member.name[:200]!r} is none of a project's")
        if not belongs_to_git(path):
            _put(tar, member, roots[root], _checked(path))
    raise NotBrought("the connection ended before everything was there")


def _checked(path: str) -> str:
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or "\0" in path or len(os.fsencode(path)) > LONGEST_PATH_BYTES:
        raise NotBrought(f"{path[:200]!r} is no path of a file")
    return path


def _put(tar: tarfile.TarFile, member: tarfile.TarInfo, root: Beneath, path: str) -> None:
    """A folder, file or link; anything else is left out, as no project has it."""
    with _in_folder(root, path) as (folder, name):
        if member.isdir():
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=folder)
            os.chmod(name, member.mode & 0o777 | stat.S_IRWXU, dir_fd=folder)
        elif member.issym():
            os.symlink(member.linkname, name, dir_fd=folder)
        elif member.isfile() and (content := tar.extractfile(member)) is not None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder), "wb") as file:
                while piece := content.read(CHUNK_BYTES):
                    file.write(piece)
                file.flush()
                os.fchmod(file.fileno(), member.mode & 0o777 | stat.S_IRUSR | stat.S_IWUSR)
                os.utime(file.fileno(), (member.mtime, member.mtime))


def _white_out(root: Beneath, path: str) -> None:
    if not belongs_to_git(path):
        with _in_folder(root, _checked(path)) as (folder, name):
            os.mknod(name, stat.S_IFCHR | 0o600, os.makedev(0, 0), dir_fd=folder)


@contextlib.contextmanager
def _in_folder(root: Beneath, path: str) -> Iterator[tuple[int, str]]:
    """The descriptor of its folder, which came before it.

    Raises:
        NotBrought: it did not, or what came there is no folder.
    """
    try:
        with root.parent(path) as found:
            yield found
    except (FileNotFoundError, NotADirectoryError, FileExistsError) as error:
        raise NotBrought(f"{path[:200]!r} has no folder to be in: {error.strerror}") from None
