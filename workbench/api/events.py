"""/v1/sessions/{id}/events and the streams of a session and its thread."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

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
        return streams.EventStream(frames)

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
    log, inbox = engine.log.sessions, engine.log.inbox
    waiting = [one for one in inbox.queued(session_id, thread_id=thread_id) if not _is_on_its_way(one)]
    entries = [*await log.read(session_id, thread_id=thread_id), *waiting]
    keyed = [(_key(entry), entry) for entry in entries]
    if order == "desc":
        keyed.reverse()
    if cursor is not None:
        _refuse_excluded(cursor, keyed, passes)
        keyed = [(k, entry) for k, entry in keyed if (k > cursor.key if order == "asc" else k < cursor.key)]
    rows = [(k, body) for k, entry in keyed if (body := _body(entry, types, passes)) is not None]
    more = len(rows) > size
    return {
        "data": [body for _, body in rows[:size]],
        "next_page": Cursor(order, rows[size - 1][0]).text() if more else None,
    }


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


def _refuse_excluded(cursor: Cursor, keyed: list[tuple[str, Entry]], passes: lists.Passes) -> None:
    for k, entry in keyed:
        moment = entry.event.processed_at
        if k == cursor.key and moment and not passes(events.timestamp(moment)):
            raise Refused("page: the created_at filter excludes this cursor's place; start again without page")


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
