"""The folders that a session's sandbox shares with its user: uploads to read, outputs to hand over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from workbench.contracts.contents import Staged
from workbench.contracts.values import Session

UPLOADS: Final = "/mnt/session/uploads"
OUTPUTS: Final = "/mnt/session/outputs"
UPLOADS_VARIABLE: Final = "SESSION_UPLOADS"
OUTPUTS_VARIABLE: Final = "SESSION_OUTPUTS"
"""Environment variables of every sandbox that name the two folders: without a container they are elsewhere."""


@dataclass(frozen=True)
class Output:
    """A file under the outputs folder that is new or changed; `stamp` is the same as long as the file is."""

    path: str
    stamp: str
    staged: Staged


@dataclass(frozen=True)
class Outputs:
    """What one look found, and sentences about what was not taken."""

    files: tuple[Output, ...] = ()
    left_out: tuple[str, ...] = ()


class SharedFolders(Protocol):
    """Reads as if a hostile sandbox wrote at that moment: no link is followed, nothing waits for a pipe."""

    async def place(self, session: Session, uploads: Mapping[str, str]) -> None:
        """Make the uploads folder hold exactly these: content's hash by path below it.

        Raises:
            ContentRefused: a content is not there, or the disk is full.
        """

    async def collect(self, session_id: str) -> Outputs:
        """What changed in the outputs folder since it was noted last; each is staged and the caller's to settle."""

    async def note(self, session_id: str, outputs: Sequence[Output]) -> None:
        """These have been kept: the next look passes them over while they stay the same."""
