"""Copies of a session's files with a sandbox of their own, in which its work is graded while the session stays as it is."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final, Protocol

from workbench.contracts.values import Call, Outcome, Session

PREFIX: Final = "grad_"
"""Of the id under which a session's files are copied; the rest is the session's."""


def fork_id(session_id: str) -> str:
    """As long as the session's own id, of which paths of sockets are made."""
    return PREFIX + session_id.partition("_")[2]


def is_fork(session_id: str | None) -> bool:
    return session_id is not None and session_id.startswith(PREFIX)


def owner_of(session_id: str) -> str:
    """The session whose files these are."""
    return "sesn_" + session_id.removeprefix(PREFIX) if is_fork(session_id) else session_id


class ForkRefused(Exception):
    """There is no copy to be looked at, for the reason in the text."""


@dataclass(frozen=True)
class OutputFile:
    """A file that the agent left for its user; `text` is None where it is none, and may lack its middle."""

    path: str
    size_bytes: int
    text: str | None


@dataclass(frozen=True)
class Evidence:
    """What a session's files are at a moment: `digest` is the same as long as nothing but caches changed, `diff` is of its project."""

    digest: str
    outputs: tuple[OutputFile, ...] = ()
    diff: str = ""


class Fork(Protocol):
    """A copy; what runs in it changes nothing of the session's."""

    @property
    def evidence(self) -> Evidence: ...

    async def execute(self, call: Call) -> Outcome:
        """Run one call in the copy's own sandbox, which the first one starts.

        Raises:
            ForkRefused: there is no sandbox to be had.
        """


class Forks(Protocol):
    def fork(self, session: Session, seq: int) -> AbstractAsyncContextManager[Fork]:
        """The session's files as they are now, kept as those of this place in its log; removed when this is left.

        Raises:
            ForkRefused: they cannot be copied.
        """


class NoForks:
    """Nothing can be copied here."""

    def fork(self, session: Session, seq: int) -> AbstractAsyncContextManager[Fork]:
        raise ForkRefused("This engine cannot copy a session's files.")
