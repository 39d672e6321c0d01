"""Where an agent's tools work, as its system prompt tells it: a sandbox of ours, or a worker's machine. Pure."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

from workbench.contracts.shared_folders import OUTPUTS, OUTPUTS_VARIABLE, UPLOADS, UPLOADS_VARIABLE
from workbench.contracts.values import Session
from workbench.settings import DEFAULT_BACKEND

ON_A_WORKER: Final = (
    "Your tools run on a machine of the user's, in the working directory in which bash begins. What you leave there may be gone"
    " when the machine changes. Tools can fail; read what they say before you go on."
)
HANDED_OVER: Final = "Files for the user go into {outputs}: what is there when you are done is handed over to them."
GIVEN: Final = "The user gave you these files, which can be read and not written, in {uploads}:"


def told(session: Session) -> list[str]:
    """The working directory, where files for the user are left, and those that the session began with."""
    if session.is_self_hosted or session.machine:
        return [ON_A_WORKER]
    return [_workspace(session.project), *_shared(session)]


def _workspace(project: str | None) -> str:
    if project is None:
        folder, what = "/workspace", "It is empty at first."
    else:
        folder = f"/workspace/{PurePath(project).name}"
        what = "It is a copy of the user's project: your changes stay in the copy until the user takes them over."
        what += " A folder that it had before cannot be renamed by rename(2) or os.rename; `mv` and `git mv` copy it."
    return (
        f"Your tools run in a sandbox, a Linux container of this session alone. The working directory is {folder}. {what}"
        " Tools can fail; read what they say before you go on."
    )


def _shared(session: Session) -> list[str]:
    """Where files for the user are left, and those that the session began with."""
    has_paths = session.backend == DEFAULT_BACKEND
    outputs = OUTPUTS if has_paths else f"the folder ${OUTPUTS_VARIABLE}"
    told = [HANDED_OVER.format(outputs=outputs)]
    if session.uploads:
        where = UPLOADS if has_paths else f"the folder ${UPLOADS_VARIABLE}, which stands for {UPLOADS}"
        listed = (f"{one['mount_path']} ({one['filename']}, {one['size_bytes']} bytes)" for one in session.uploads)
        told.append("\n".join([GIVEN.format(uploads=where), *listed]))
    return told
