"""What the log promises: it is appended to, read and followed, thread by thread; what is sent waits in its inbox.

A `thread_id` names a thread of the session; None and the primary thread's own id both mean the primary one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workbench.contracts.memory import MemoryVersions
from workbench.contracts.questions import Questions
from workbench.contracts.search import Search
from workbench.contracts.values import Document, Entry, Fact, Json, Preview, SessionState

if TYPE_CHECKING:
    from workbench.events import Event


Concerns = Callable[[SessionState], bool]
"""Whether a reader of states wants to hear of this one; asked at every change, so that it must cost nothing."""


def every_state(_: SessionState) -> bool:
    return True


class LogUnusable(Exception):
    """The log cannot be opened (newer version, locked, no disk); the text says the cure."""


@dataclass(frozen=True)
class Post:
    """One event for one thread, among others that are written together: into its log, or, where it `waits`, into its inbox."""

    event: Event
    thread_id: str | None = None
    waits: bool = False


class Follower(Protocol):
    """A live subscription, begun when it was made: nothing is missed between making and iterating."""

    def __aiter__(self) -> AsyncIterator[Entry | Preview]: ...

    async def __anext__(self) -> Entry | Preview:
        """The next frame in order of position; ends (StopAsyncIteration) after `session.deleted` or at close."""

    async def aclose(self) -> None: ...


class SessionLog(Protocol):
    """Appends, reads and follows; what is returned is durable and followers have been told."""

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        thread_id: str | None = None,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        """Write all of it, or nothing, in this order; events must carry `processed_at`."""

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        """Write events of several threads, and what waits for them, all of it or nothing, in this order."""

    async def read(
        self,
        session_id: str,
        *,
        thread_id: str | None = None,
        after: int = 0,
        before: int | None = None,
        limit: int | None = None,
        newest_first: bool = False,
        types: Collection[str] = (),
    ) -> list[Entry]:
        """Entries of the thread's log (not the inbox) with `after` < seq < `before`, in order of seq; newest first: from the end.

        Only those of these `types`, where any are named; the `limit` counts what is given.
        """

    def follow(self, session_id: str, *, thread_id: str | None = None, after: int | None = None) -> Follower:
        """Follow one thread: from now on, or first everything with position > `after`, then on without gap or repeat.

        A message on its way is heard from its beginning: its start, and what was said so far as one delta; of what calls
        print and sessions wait for, the newest.
        """

    def preview(self, preview: Preview) -> None:
        """Tell followers; one that is too slow hears previews later, in larger pieces or not at all, and misses no entry."""

    def unfinished(self, session_id: str, *, thread_id: str | None = None) -> list[Preview]:
        """What a follower that comes now hears of what is on its way."""

    async def erase(self, session_id: str) -> None:
        """Delete a whole session at its owner's word: append `session.deleted`, tell followers, drop everything."""


class Inbox(Protocol):
    """What clients sent and the brain has not taken up."""

    async def send(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        """All of it durable or none. Events with `processed_at` None wait in the inbox; the others go into the log at once."""

    async def take(
        self, session_id: str, *, thread_id: str | None = None, only: frozenset[str] | None = None
    ) -> list[Entry]:
        """Move what waits for the thread (of the types in `only`) into its log, stamped, interrupts first; [] when there are none.

        A person's answer to a call of a child thread is told to the primary one as well, in the same write.
        """

    def queued(self, session_id: str, *, thread_id: str | None = None) -> list[Entry]:
        """What waits for the thread, in order of arrival: events that name it, and for the primary one all others."""


class Facts(Protocol):
    async def record(self, *facts: Fact) -> None:
        """Durable when it returns, all of them or none."""

    async def facts(self, session_id: str, *names: str, thread_id: str | None = None) -> list[Fact]:
        """All facts of these names about one thread, oldest first; those of the whole session stand at the primary one."""

    async def placed(
        self, session_id: str, *names: str, thread_id: str | None = None, after: int = 0
    ) -> list[tuple[int, Fact]]:
        """Those of `facts` with a position > `after`, each with its position."""

    async def sessions_with(self, name: str) -> set[str]:
        """The sessions of which a fact of this name is known, in any thread."""


class Checkpoints(Protocol):
    """What was folded of sessions' logs, kept beside them. Each may be lost, or be older than the log: who takes it proves that it fits."""

    @property
    def least_events(self) -> int:
        """So many events must have been summed up since the last one."""

    async def kept(self, session_id: str) -> Json | None:
        """The last one, whole; None where there is none that can be read."""

    async def keep(self, session_id: str, body: Json) -> None:
        """Instead of the one before; nothing is kept where the disk refuses, and of a session that is erased."""


class NoCheckpoints:
    """None is kept."""

    least_events = 0

    async def kept(self, session_id: str) -> Json | None:
        return None

    async def keep(self, session_id: str, body: Json) -> None:
        pass


@dataclass(frozen=True)
class Head:
    """A document's id, and the values of the fields that were asked for: a text as it is, what is no text as JSON, None for null."""

    id: str
    values: tuple[str | None, ...]


class Documents(Protocol):
    async def put(self, document: Document) -> None:
        """Durable when it returns; the same (kind, id, version) again replaces it."""

    async def get(self, kind: str, document_id: str, version: int | None = None) -> Document | None:
        """One version; the newest when `version` is None."""

    async def newest(self, kind: str) -> list[Document]:
        """The newest version of every document of this kind, in order of first making."""

    async def heads(self, kind: str, fields: Sequence[str]) -> Sequence[Head]:
        """Of the newest version of every document of this kind these fields of its body, in order of first making: what a list looks
        through without reading all of them. It may be the very same one while nothing of the kind was filed or removed."""

    async def several(self, kind: str, ids: Collection[str]) -> list[Document]:
        """The newest versions of those of these ids that there are, in order of first making."""

    async def versions(self, kind: str, document_id: str) -> list[Document]:
        """All versions, oldest first."""

    async def remove(self, kind: str, document_id: str) -> None: ...


class States(Protocol):
    def state(self, session_id: str) -> SessionState:
        """The fold of one session; the zero state for one that has no events."""

    def states(self) -> list[SessionState]:
        """All sessions that have events or waiting input."""

    def changes(self, concerns: Concerns = every_state) -> AsyncIterator[SessionState]:
        """Every later change of any session's state that `concerns` the reader, coalesced for a slow one; ends at close."""


class EventLog(Protocol):
    """What happened in sessions, by its parts."""

    @property
    def inbox(self) -> Inbox: ...

    @property
    def sessions(self) -> SessionLog: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def states(self) -> States: ...

    @property
    def checkpoints(self) -> Checkpoints: ...


class Log(EventLog, Protocol):
    """An open log: what happened, what is configured, what stores remember, and questions about all of it."""

    @property
    def documents(self) -> Documents: ...

    @property
    def memories(self) -> MemoryVersions: ...

    @property
    def questions(self) -> Questions: ...

    @property
    def search(self) -> Search: ...
