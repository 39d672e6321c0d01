"""/v1/sessions/{id}/events and the streams of a session and its thread."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench import events
from workbench.api import lists, streams
from workbench.api.request_permit import permit_of
from workbench.api.wire import answer, identifier, read_object
from workbench.api.worker_permits import refuse_all_but_results
from workbench.catalog.errors import Refused
from workbench.catalog.pages import Cursor, read_cursor
from workbench.contracts.values import Entry, Json, Preview, ToolOutput, WorkProgress
from workbench.engine.facade import Engine
from workbench.events import StartEvent

DEFAULT_LIMIT = 100
MOST = 1000
OUTPUT = "engine.tool_output"
PREVIEWED = ("agent.message", "agent.thinking", OUTPUT)
MOST_PREVIEWED = 100
LISTED_TYPES = events.TYPES - {"session.deleted"}
REMEMBERED_SENDS = 256


def routes(engine: Engine) -> list[Route]:
    return [*_event_routes(engine), *_stream_routes(engine)]


def _event_routes(engine: Engine) -> list[Route]:
    sends = RecentSends()

    async def send(request: Request) -> Response:
        session_id, body = identifier(request, "session_id"), await read_object(request)
        refuse_all_but_results(permit_of(request), body)
        echoed = sends.repeated(request, session_id, body)
        if echoed is None:
            echoed = await engine.sessions.send(session_id, body)
            sends.remember(session_id, body, echoed)
        return answer({"data": echoed})

    async def list_events(request: Request) -> Response:
        session_id = identifier(request, "session_id")
        await engine.records.document(session_id)
        return answer(await _listed(engine, request, session_id))

    async def list_thread_events(request: Request) -> Response:
        session_id, thread_id = identifier(request, "session_id"), identifier(request, "thread_id")
        await engine.threads.known(session_id, thread_id)
        return answer(await _listed(engine, request, session_id, thread_id))

    return [
        Route("/v1/sessions/{session_id}/events", send, methods=["POST"]),
        Route("/v1/sessions/{session_id}/events", list_events, methods=["GET"]),
        Route("/v1/sessions/{session_id}/threads/{thread_id}/events", list_thread_events, methods=["GET"]),
    ]


def _stream_routes(engine: Engine) -> list[Route]:
    async def stream(request: Request) -> Response:
        session_id, shown = identifier(request, "session_id"), _shown(request)
        await engine.records.document(session_id)
        return streams.stream(engine.followers.follow(session_id), shown)

    async def stream_thread(request: Request) -> Response:
        session_id, shown = identifier(request, "session_id"), _shown(request)
        thread_id = identifier(request, "thread_id")
        await engine.threads.known(session_id, thread_id)
        return streams.stream(engine.followers.follow(session_id, thread_id=thread_id), shown)

    async def resume(request: Request) -> Response:
        session_id, shown = identifier(request, "session_id"), _shown(request, says_progress=True)
        thread_id = request.query_params.get("thread_id")
        await (engine.threads.known(session_id, thread_id) if thread_id else engine.records.document(session_id))
        after = lists.number(request, "after", least=0)
        follower = engine.followers.follow(session_id, thread_id=thread_id, after=after)
        frames = streams.frames(follower, shown, cursors=True)
        return streams.EventStream(frames, life_s=streams.SIGN_OF_LIFE_S)

    async def previews(request: Request) -> Response:
        session_id = identifier(request, "session_id")
        await engine.records.document(session_id)
        unfinished = engine.log.sessions.unfinished(session_id)
        return answer({"data": [streams.preview_body(preview) for preview in unfinished]})

    return [
        Route("/v1/sessions/{session_id}/events/stream", stream, methods=["GET"]),
        Route("/v1/sessions/{session_id}/threads/{thread_id}/stream", stream_thread, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/stream", resume, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/previews", previews, methods=["GET"]),
    ]


def _shown(request: Request, *, says_progress: bool = False) -> streams.Shown:
    wanted = lists.many(request, "event_deltas")
    if len(wanted) > MOST_PREVIEWED:
        raise Refused(f"event_deltas: at most {MOST_PREVIEWED} values")
    for value in wanted:
        if value not in PREVIEWED:
            raise Refused(f"event_deltas: {value!r} must be one of {', '.join(PREVIEWED)}")
    return lambda item: _passes(item, wanted, says_progress=says_progress)


def _passes(item: Entry | Preview, wanted: list[str], *, says_progress: bool) -> bool:
    if isinstance(item, Entry):
        return not _is_on_its_way(item)
    match item.event:
        case WorkProgress():
            return says_progress
        case ToolOutput():
            return OUTPUT in wanted
        case StartEvent():
            return item.event.event.type in wanted
    return "agent.message" in wanted


async def _listed(engine: Engine, request: Request, session_id: str, thread_id: str | None = None) -> Json:
    order = lists.choice(request, "order", ("asc", "desc"), "asc")
    types = lists.many(request, "types")
    for name in types:
        if name not in LISTED_TYPES:
            raise Refused(f"types: {name!r} is not an event type")
    passes, size = lists.moments(request), lists.limit(request, DEFAULT_LIMIT, MOST)
    cursor = read_cursor(request.query_params.get("page"), order)
    place = Place(engine, session_id, thread_id)
    if cursor is not None:
        await place.refuse_excluded(cursor, passes)
    rows: list[tuple[str, Json]] = []
    async for entry in place.entries(cursor, types, size + 1, newest_first=order == "desc"):
        if (body := _body(entry, types, passes)) is not None:
            rows.append((_key(entry), body))
        if len(rows) > size:
            break
    more = len(rows) > size
    return {
        "data": [body for _, body in rows[:size]],
        "next_page": Cursor(order, rows[size - 1][0]).text() if more else None,
    }


@dataclass(frozen=True)
class Place:
    """The log and the inbox of one thread, read from a cursor on: a page costs the same in a short session and in a long one."""

    engine: Engine
    session_id: str
    thread_id: str | None

    async def entries(
        self, cursor: Cursor | None, types: list[str], count: int, *, newest_first: bool
    ) -> AsyncIterator[Entry]:
        """What stands behind the cursor in this order, read `count` at a time; what is queued stands behind the log."""
        waiting = [one for one in self._waiting() if cursor is None or _is_behind(_key(one), cursor)]
        taken_up = {one.event.id for one in waiting}
        if newest_first:
            for entry in reversed(waiting):
                yield entry
        async for entry in self._logged(cursor, types, count, newest_first=newest_first):
            # What was taken up since the inbox was looked into stands in both.
            if entry.event.id in taken_up and newest_first:
                continue
            taken_up.discard(entry.event.id)
            yield entry
        if not newest_first:
            for entry in waiting:
                if entry.event.id in taken_up:
                    yield entry

    async def _logged(
        self, cursor: Cursor | None, types: list[str], count: int, *, newest_first: bool
    ) -> AsyncIterator[Entry]:
        seq, after, before = _seq(cursor), 0, None
        if seq is not None:
            after, before = (0, seq) if newest_first else (seq, None)
        elif cursor is not None and not newest_first:
            return
        while True:
            part = await self.engine.log.sessions.read(
                self.session_id,
                thread_id=self.thread_id,
                after=after,
                before=before,
                limit=count,
                newest_first=newest_first,
                types=types,
            )
            for entry in part:
                yield entry
            if len(part) < count:
                return
            after, before = (after, part[-1].seq) if newest_first else (part[-1].seq or 0, before)

    def _waiting(self) -> list[Entry]:
        queued = self.engine.log.inbox.queued(self.session_id, thread_id=self.thread_id)
        return [one for one in queued if not _is_on_its_way(one)]

    async def refuse_excluded(self, cursor: Cursor, passes: lists.Passes) -> None:
        """Raises: Refused, where the cursor's own place is one that the filter leaves out."""
        if (place := _seq(cursor)) is None:
            return
        read = self.engine.log.sessions.read
        for entry in await read(self.session_id, thread_id=self.thread_id, after=place - 1, limit=1):
            moment = entry.event.processed_at
            if entry.seq == place and moment and not passes(events.timestamp(moment)):
                raise Refused("page: the created_at filter excludes this cursor's place; start again without page")


def _seq(cursor: Cursor | None) -> int | None:
    """The place in the log that the cursor stands at; None for one in the queue."""
    if cursor is None or not (cursor.key.isascii() and cursor.key.isdigit()):
        return None
    return int(cursor.key) if len(cursor.key) <= lists.MOST_DIGITS else lists.MOST_NUMBER


def _is_behind(key: str, cursor: Cursor) -> bool:
    return key > cursor.key if cursor.order == "asc" else key < cursor.key


def _is_on_its_way(entry: Entry) -> bool:
    """What a thread or a run has sent and nobody has read yet: as the public API has it, it is there when it is processed."""
    return entry.seq is None and entry.event.type.partition(".")[0] in ("agent", "workflow_run")


def _key(entry: Entry) -> str:
    """Queued events stand behind the log, in order of arrival."""
    return f"{entry.seq:012d}" if entry.seq is not None else f"~{entry.position:012d}"


def _body(entry: Entry, types: list[str], passes: lists.Passes) -> Json | None:
    if types and entry.event.type not in types:
        return None
    moment = entry.event.processed_at
    if not passes(events.timestamp(moment) if moment else events.timestamp(events.now())):
        return None
    return events.dump(entry.event)


class RecentSends:
    """The last sends, so that one repeated by the SDK after a lost answer is answered and not posted twice."""

    def __init__(self) -> None:
        self._echoes: OrderedDict[str, list[Json]] = OrderedDict()

    def repeated(self, request: Request, session_id: str, body: Json) -> list[Json] | None:
        """The first answer, when this is a retry of the same body."""
        if request.headers.get("x-stainless-retry-count", "0") == "0":
            return None
        return self._echoes.get(_digest(session_id, body))

    def remember(self, session_id: str, body: Json, echoed: list[Json]) -> None:
        self._echoes[_digest(session_id, body)] = echoed
        while len(self._echoes) > REMEMBERED_SENDS:
            self._echoes.popitem(last=False)


def _digest(session_id: str, body: Json) -> str:
    return hashlib.sha256(f"{session_id} {body!r}".encode()).hexdigest()
