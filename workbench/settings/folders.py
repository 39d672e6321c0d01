"""Folders of this user: made private, short enough for sockets, and the project that one lies in."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.settings.fields import SettingsError

LONGEST_SOCKET = "v/deposit.sock"
MOST_SOCKET_BYTES = 107
"""What Linux takes for the path of a Unix socket."""


def check_sockets(runtime: Path) -> None:
    """See that sockets can lie in the runtime folder.

    Raises:
        SettingsError: its path is too long for them.
    """
    if len(os.fsencode(runtime / LONGEST_SOCKET)) > MOST_SOCKET_BYTES:
        most = MOST_SOCKET_BYTES - len(LONGEST_SOCKET) - 1
        raise SettingsError(
            f"{runtime} is too long for sockets; name a folder of at most {most} bytes with XDG_RUNTIME_DIR or "
            "WORKBENCH_HOME"
        )


def make_private(folder: Path) -> Path:
    """Make the folder, and its parents, readable by this user only.

    Raises:
        SettingsError: it cannot be made or written to, or belongs to somebody else (a folder under /tmp that another user
            made first).
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise SettingsError(f"{folder} belongs to another user; set XDG_RUNTIME_DIR to a folder of your own")
        folder.chmod(0o700)
    except OSError as error:
        raise SettingsError(
            f"{folder} cannot be used ({error.strerror or error}): give yourself the right to write there, or set "
            "WORKBENCH_HOME to a folder of your own"
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError(f"{folder} cannot be written to; set WORKBENCH_HOME to a folder of your own")
    return folder


def project_root(folder: Path) -> Path | None:
    """The nearest folder with a `.git`, at or above a resolved one; None where there is none that is the user's own project.

    Neither the root nor the home folder is a project. Nor is a folder of somebody else's, as git has it (`safe.directory`):
    whoever may write to /tmp would else speak to every project below it.
    """
    for candidate in (folder, *folder.parents):
        if candidate in (Path(candidate.anchor), Path.home()):
            return None
        try:
            owners = {os.lstat(candidate / ".git").st_uid, os.lstat(candidate).st_uid}
        except OSError:
            continue
        return candidate if owners == {os.getuid()} else None
    return None
