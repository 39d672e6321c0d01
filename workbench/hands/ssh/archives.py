"""Archives for another machine: the runner, what a session is given, and its project; each a file that is sent as it is."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path

import sandboxes
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.overlay import Found


def write_given(file: Path, folders: Mapping[str, Path], files: Mapping[str, Path]) -> None:
    """The runner's package below `runner`, folders and files under their names there; what is not there is left out."""
    package = Path(sandboxes.__file__).parent
    with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as archive:
        archive.add(package / "__init__.py", "runner/sandboxes/__init__.py")
        for source in sorted((package / "runner").rglob("*.py")):
            archive.add(source, f"runner/sandboxes/{source.relative_to(package)}")
        for name, folder in folders.items():
            if folder.is_dir():
                archive.add(folder, name, filter=_plain)
        for name, one in files.items():
            if one.is_file():
                archive.add(one, name)


def write_project(file: Path, project: Path, upper: Path, changes: Collection[Found] = ()) -> None:
    """The project with the session's changes below `project`, links as links, without pipes, sockets and devices.

    Raises:
        SandboxUnavailable: something cannot be read.
    """
    kinds = {found.path: found for found in changes}

    def of_project(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        path = member.name.partition("/")[2]
        own = kinds.get(path)
        is_replaced = own is not None and (own.kind != "folder" or not member.isdir())
        above = kinds.get(path.rpartition("/")[0])
        return None if is_replaced or (above is not None and above.opaque) else _plain(member)

    try:
        with tarfile.open(file, "w", format=tarfile.GNU_FORMAT) as archive:
            archive.add(project, "project", filter=of_project)
            if kinds:
                # Without the marks of what is gone, which are devices.
                archive.add(upper, "project", filter=_plain)
    except OSError as error:
        raise SandboxUnavailable(
            f"The project {project} cannot be sent to another machine ({error.filename}: {error.strerror}); see that you can"
            " read all of it and that the disk has room."
        ) from None


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return None
    # Owned by whoever unpacks it, who must be able to remove it again.
    member.uid = member.gid = os.getuid()
    member.uname = member.gname = ""
    member.mode |= stat.S_IRUSR | stat.S_IWUSR | (stat.S_IXUSR if member.isdir() else 0)
    return member
