"""A log in memory: the promises of `contracts.py` about the log, in the fewest lines that keep all of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.trivial.fold import advanced
from workbench import events
from workbench.contracts.log import Concerns, Head, Post, every_state
from workbench.contracts.memory import MemoryVersion
from workbench.contracts.values import (
    Clock,
    Document,
    Entry,
    Fact,
    Preview,
    SessionState,
    ToolOutput,
    WorkProgress,
)
from workbench.events import Event, child_thread
from workbench.log.store.state import with_fact

_END = None
Place = tuple[str | None, str | None]
"""A session, and its child thread where it is one's."""


def _place(one: Entry | Preview | Fact) -> Place:
    return one.session_id, one.thread_id


def _named(session_id: str, event: Event) -> str | None:
    return child_thread(session_id, getattr(event, "session_thread_id", None))


def _gives_way(known: Preview, newer: ToolOutput | WorkProgress) -> bool:
    if isinstance(newer, WorkProgress):
        return isinstance(known.event, WorkProgress)
    return isinstance(known.event, ToolOutput) and known.event.tool_use_id == newer.tool_use_id


def _is_last(preview: Preview) -> bool:
    match preview.event:
        case ToolOutput(is_over=is_over):
            return is_over
        case WorkProgress(text):
            return not text
    return False


def _is_ended(known: Preview, event: Event) -> bool:
    match known.event:
        case ToolOutput(tool_use_id):
            return event.type == "agent.tool_result" and event.tool_use_id == tool_use_id
        case WorkProgress():
            return False
    return event.type in {"agent.message", "span.model_request_end"}


class TrivialFollower:
    """A queue that the log fills; ends at None."""

    def __init__(self, before: Sequence[Entry]) -> None:
        self.frames: asyncio.Queue[Entry | Preview | None] = asyncio.Queue()
        for entry in before:
            self.frames.put_nowait(entry)

    def __aiter__(self) -> AsyncIterator[Entry | Preview]:
        return self

    async def __anext__(self) -> Entry | Preview:
        frame = await self.frames.get()
        if frame is _END:
            self.frames.put_nowait(_END)
            raise StopAsyncIteration
        return frame

    async def aclose(self) -> None:
        self.frames.put_nowait(_END)


async def _until_end(queue: asyncio.Queue[SessionState | None]) -> AsyncIterator[SessionState]:
    while (state := await queue.get()) is not None:
        yield state


@dataclass
class TrivialLog:
    """Inbox, SessionLog, Facts, Documents, States and MemoryVersions in one."""

    clock: Clock = events.now
    rows: list[Entry] = field(default_factory=list)
    waiting: list[Entry] = field(default_factory=list)
    noted: list[tuple[int, Fact]] = field(default_factory=list)
    documents: dict[tuple[str, str, int], Document] = field(default_factory=dict)
    remembered: dict[str, MemoryVersion] = field(default_factory=dict)
    folds: dict[str, SessionState] = field(default_factory=dict)
    followers: list[tuple[Place, TrivialFollower]] = field(default_factory=list)
    watchers: list[tuple[asyncio.Queue[SessionState | None], Concerns]] = field(default_factory=list)
    on_their_way: dict[Place, list[Preview]] = field(default_factory=dict)
    position: int = 0

    # ── session log ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        thread_id: str | None = None,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        # A real log waits for the disk here, so this is where a crash may come: before anything of it is written.
        await asyncio.sleep(0)
        assert all(event.processed_at is not None for event in events)
        self._note(facts)
        self._keep(documents)
        return [self._logged(session_id, event, child_thread(session_id, thread_id)) for event in events]

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        await asyncio.sleep(0)
        self._note(facts)
        written = []
        for post in posts:
            thread = child_thread(session_id, post.thread_id)
            written.append(
                self._queued(session_id, post.event, thread)
                if post.waits
                else self._logged(session_id, post.event, thread)
            )
        return written

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
        await asyncio.sleep(0)
        place = session_id, child_thread(session_id, thread_id)
        rows = [row for row in self.rows if _place(row) == place and row.seq is not None and row.seq > after]
        rows = [row for row in rows if before is None or (row.seq or 0) < before]
        rows = [row for row in rows if not types or row.event.type in types]
        return (rows[::-1] if newest_first else rows)[:limit]

    def follow(self, session_id: str, *, thread_id: str | None = None, after: int | None = None) -> TrivialFollower:
        place = session_id, child_thread(session_id, thread_id)
        history = sorted((*self.rows, *self.waiting), key=lambda row: row.position)
        before = [row for row in history if _place(row) == place and after is not None and row.position > after]
        follower = TrivialFollower(before)
        self.followers.append((place, follower))
        for preview in self.unfinished(session_id, thread_id=thread_id):
            follower.frames.put_nowait(preview)
        return follower

    def preview(self, preview: Preview) -> None:
        known = self.on_their_way.setdefault(_place(preview), [])
        if isinstance(preview.event, ToolOutput | WorkProgress):
            known[:] = [one for one in known if not _gives_way(one, preview.event)]
        if not _is_last(preview):
            known.append(preview)
        self._tell(preview)

    def unfinished(self, session_id: str, *, thread_id: str | None = None) -> list[Preview]:
        place = session_id, child_thread(session_id, thread_id)
        found: list[Preview] = []
        said: dict[int, str] = {}
        for preview in self.on_their_way.get(place, ()):
            if isinstance(preview.event, events.DeltaEvent):
                delta = preview.event.delta
                number = delta.index or 0
                said[number] = said.get(number, "") + delta.content.text
                event_id = preview.event.event_id
            else:
                found.append(preview)
        for index, text in said.items():
            delta_body = {"type": "content_delta", "index": index, "content": {"type": "text", "text": text}}
            body = {"type": "event_delta", "event_id": event_id, "delta": delta_body}
            found.append(Preview(session_id, events.DeltaEvent.model_validate(body), place[1]))
        return found

    async def erase(self, session_id: str) -> None:
        body = {"type": "session.deleted", "id": events.new_id("sevt"), "processed_at": self.clock()}
        self._logged(session_id, events.parse(body))
        for followed, follower in self.followers:
            if followed[0] == session_id:
                await follower.aclose()
        self.rows = [row for row in self.rows if row.session_id != session_id]
        self.waiting = [row for row in self.waiting if row.session_id != session_id]
        self.noted = [(at, fact) for at, fact in self.noted if fact.session_id != session_id]
        del self.folds[session_id]

    # ── inbox ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        await asyncio.sleep(0)
        self._place_facts(facts)
        self._keep(documents)
        for event in events:
            if event.processed_at is not None:
                self._cross_post(session_id, event, _named(session_id, event))
        return [
            self._logged(session_id, event, _named(session_id, event))
            if event.processed_at is not None
            else self._queued(session_id, event)
            for event in events
        ]

    async def take(
        self, session_id: str, *, thread_id: str | None = None, only: frozenset[str] | None = None
    ) -> list[Entry]:
        await asyncio.sleep(0)
        taken = [row for row in self.queued(session_id, thread_id=thread_id) if only is None or row.event.type in only]
        taken.sort(key=lambda row: row.event.type != "user.interrupt")
        self.waiting = [row for row in self.waiting if row not in taken]
        for row in taken:
            self._cross_post(session_id, events.stamped(row.event, self.clock()), row.thread_id)
        return [
            self._logged(session_id, events.stamped(row.event, self.clock()), row.thread_id, was_queued=True)
            for row in taken
        ]

    def queued(self, session_id: str, *, thread_id: str | None = None) -> list[Entry]:
        return [row for row in self.waiting if _place(row) == (session_id, child_thread(session_id, thread_id))]

    # ── facts and documents ───────────────────────────────────────────────────────────────────────────────────────────

    async def record(self, *facts: Fact) -> None:
        await asyncio.sleep(0)
        self._note(facts)

    async def facts(self, session_id: str, *names: str, thread_id: str | None = None) -> list[Fact]:
        return [fact for _, fact in await self.placed(session_id, *names, thread_id=thread_id)]

    async def placed(
        self, session_id: str, *names: str, thread_id: str | None = None, after: int = 0
    ) -> list[tuple[int, Fact]]:
        place = session_id, child_thread(session_id, thread_id)
        return [(at, fact) for at, fact in self.noted if _place(fact) == place and fact.name in names and at > after]

    async def sessions_with(self, name: str) -> set[str]:
        return {fact.session_id for fact in self.recorded if fact.name == name and fact.session_id is not None}

    async def put(self, document: Document) -> None:
        self._keep([document])

    async def get(self, kind: str, document_id: str, version: int | None = None) -> Document | None:
        found = await self.versions(kind, document_id)
        wanted = [document for document in found if version in {None, document.version}]
        return wanted[-1] if wanted else None

    async def newest(self, kind: str) -> list[Document]:
        newest = {document.id: document for document in self._ordered() if document.kind == kind}
        return list(newest.values())

    async def heads(self, kind: str, fields: Sequence[str]) -> list[Head]:
        def value(body: Any, name: str) -> str | None:
            for part in name.split("."):
                body = body.get(part) if isinstance(body, dict) else None
            return body if body is None or isinstance(body, str) else json.dumps(body)

        return [Head(one.id, tuple(value(one.body, name) for name in fields)) for one in await self.newest(kind)]

    async def several(self, kind: str, ids: Collection[str]) -> list[Document]:
        return [one for one in await self.newest(kind) if one.id in ids]

    async def versions(self, kind: str, document_id: str) -> list[Document]:
        return [document for document in self._ordered() if (document.kind, document.id) == (kind, document_id)]

    async def remove(self, kind: str, document_id: str) -> None:
        self.documents = {key: kept for key, kept in self.documents.items() if key[:2] != (kind, document_id)}

    def _keep(self, documents: Sequence[Document]) -> None:
        self.documents |= {(document.kind, document.id, document.version): document for document in documents}

    def _ordered(self) -> list[Document]:
        first_made = list(dict.fromkeys(key[:2] for key in self.documents))
        return sorted(self.documents.values(), key=lambda one: (first_made.index((one.kind, one.id)), one.version))

    # ── memories ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def keep(self, versions: Sequence[MemoryVersion]) -> None:
        await asyncio.sleep(0)
        self.remembered |= {version.id: version for version in versions}

    async def outline(self, store_id: str, memory_id: str | None = None) -> list[MemoryVersion]:
        return [
            replace(version, content=None, grounds=None)
            for version in self.remembered.values()
            if version.store_id == store_id and memory_id in (None, version.memory_id)
        ]

    async def version(self, store_id: str, version_id: str) -> MemoryVersion | None:
        found = await self.whole(store_id, [version_id])
        return found[0] if found else None

    async def whole(self, store_id: str, version_ids: Sequence[str]) -> list[MemoryVersion]:
        known = [self.remembered[version_id] for version_id in version_ids if version_id in self.remembered]
        return [version for version in known if version.store_id == store_id]

    async def drop(self, store_id: str) -> None:
        self.remembered = {id_: one for id_, one in self.remembered.items() if one.store_id != store_id}

    # ── states ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self, session_id: str) -> SessionState:
        return self.folds.get(session_id, SessionState(session_id))

    def states(self) -> list[SessionState]:
        return list(self.folds.values())

    def changes(self, concerns: Concerns = every_state) -> AsyncIterator[SessionState]:
        queue: asyncio.Queue[SessionState | None] = asyncio.Queue()
        self.watchers.append((queue, concerns))
        return _until_end(queue)

    def close(self) -> None:
        """End every follower and watcher."""
        for _, follower in self.followers:
            follower.frames.put_nowait(_END)
        for queue, _ in self.watchers:
            queue.put_nowait(None)

    # ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _logged(
        self, session_id: str, event: Event, thread_id: str | None = None, *, was_queued: bool = False
    ) -> Entry:
        self.position += 1
        row = Entry(self.position, session_id, self.state(session_id).seq + 1, event, thread_id)
        self.rows.append(row)
        self._fold(session_id, row, int(was_queued and event.type in {"user.message", "user.define_outcome"}))
        self._tell(row)
        return row

    def _cross_post(self, session_id: str, event: Event, thread_id: str | None) -> None:
        answers = {"user.tool_confirmation", "user.custom_tool_result", "user.tool_result"}
        if thread_id is not None and event.type in answers:
            self._logged(session_id, event)

    def _queued(self, session_id: str, event: Event, to: str | None = None) -> Entry:
        self.position += 1
        row = Entry(self.position, session_id, None, event, to or _named(session_id, event))
        self.waiting.append(row)
        self._fold(session_id, row, 0)
        self._tell(row)
        return row

    @property
    def recorded(self) -> list[Fact]:
        return [fact for _, fact in self.noted]

    def _place_facts(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            self.position += 1
            self.noted.append((self.position, fact))

    def _note(self, facts: Sequence[Fact]) -> None:
        self._place_facts(facts)
        for fact in facts:
            if fact.session_id is not None:
                state = self.state(fact.session_id)
                if (after := with_fact(state, fact)) is not state:
                    self._changed(after)

    def _fold(self, session_id: str, row: Entry | None, left_inbox: int) -> None:
        self._changed(advanced(self.state(session_id), row, left_inbox))

    def _changed(self, state: SessionState) -> None:
        self.folds[state.session_id] = state
        for queue, concerns in self.watchers:
            if concerns(state):
                queue.put_nowait(state)

    def _tell(self, frame: Entry | Preview) -> None:
        if isinstance(frame, Entry):
            known = self.on_their_way.pop(_place(frame), [])
            self.on_their_way[_place(frame)] = [one for one in known if not _is_ended(one, frame.event)]
        for place, follower in self.followers:
            if place == _place(frame):
                follower.frames.put_nowait(frame)
