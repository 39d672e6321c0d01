"""Events, rooms and bounded waits for the tests of the log."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.trivial.log import TrivialLog
from workbench import events
from workbench.contracts.log import Documents, Facts, Follower, Inbox, SessionLog, States
from workbench.contracts.memory import MemoryVersions
from workbench.contracts.values import Entry, Preview
from workbench.events import Event
from workbench.log import Log, Tuning, open_log

T = TypeVar("T")

SESSION = "sesn_01AAAAAAAAAAAAAAAAAAAAAA"
OTHER = "sesn_01BBBBBBBBBBBBBBBBBBBBBB"
WAIT_S = 30.0
NEVER_S = 3600.0


@dataclass(frozen=True)
class Rooms:
    """A log by its promises, whichever it is."""

    inbox: Inbox
    sessions: SessionLog
    facts: Facts
    documents: Documents
    states: States
    memories: MemoryVersions
    close: Callable[[], Awaitable[None]]


Opener = Callable[[Path], Awaitable[Rooms]]


async def journaled(folder: Path) -> Rooms:
    """The real log."""
    log = await open_log(folder)
    return Rooms(log.inbox, log.sessions, log.facts, log.documents, log.states, log.memories, log.close)


async def trivial(_: Path) -> Rooms:
    """The log in memory that other rooms are tested with."""
    log = TrivialLog()

    async def close() -> None:
        log.close()

    return Rooms(log, log, log, log, log, log, close)


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a test's story, bounded."""
    return asyncio.run(asyncio.wait_for(story, WAIT_S * 2))


async def lazy_log(folder: Path, *, segment_bytes: int = 8 << 20) -> Log:
    """A log that does not carry anything over by itself."""
    return await open_log(folder, tuning=Tuning(segment_bytes=segment_bytes, carry_every_s=NEVER_S))


def event(kind: str, **fields: Any) -> Event:
    """One event of a kind, with a new id, processed now."""
    return events.parse(
        {"type": kind, "id": events.new_id("sevt"), "processed_at": events.timestamp(events.now()), **fields}
    )


def said(text: str, **fields: Any) -> Event:
    """An agent's message."""
    return event("agent.message", content=[{"type": "text", "text": text}], **fields)


def asked(text: str) -> Event:
    """A user's message that waits."""
    return event("user.message", content=[{"type": "text", "text": text}], processed_at=None)


def preview_start(session_id: str = SESSION) -> Preview:
    """The beginning of what `preview` gives fragments of."""
    body = {"type": "event_start", "event": {"type": "agent.message", "id": "sevt_1"}}
    return Preview(session_id, events.StartEvent.model_validate(body))


def preview(text: str, session_id: str = SESSION) -> Preview:
    """A fragment of text on its way."""
    return Preview(
        session_id,
        events.DeltaEvent.model_validate(
            {
                "type": "event_delta",
                "event_id": "sevt_1",
                "delta": {"type": "content_delta", "index": 0, "content": {"type": "text", "text": text}},
            }
        ),
    )


async def frames(follower: Follower, count: int) -> list[Entry | Preview]:
    """The next frames, bounded."""
    return [await asyncio.wait_for(anext(aiter(follower)), WAIT_S) for _ in range(count)]


def bodies(entries: list[Entry]) -> list[Any]:
    """What the entries say, to be compared."""
    return [(entry.position, entry.session_id, entry.seq, events.dump(entry.event)) for entry in entries]


def ids(entries: list[Entry]) -> list[str]:
    """The event ids."""
    return [entry.event.id for entry in entries]


async def in_another_process(*arguments: str) -> str:
    """Run Python with these arguments, bounded; gives what it wrote to its standard error."""
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stderr=asyncio.subprocess.PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), WAIT_S)
    return errors.decode()
