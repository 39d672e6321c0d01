"""/workbench/v1/search: places in any session, sessions, and lines of memory stores, that answer a question best."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench import events
from workbench.api.streams import unless_gone
from workbench.api.wire import answer, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.search import Hit, SearchRefused
from workbench.contracts.values import Json
from workbench.engine.facade import Engine
from workbench.engine.memory_search import found_in_memories

MOST_FOUND: Final = 100


def routes(engine: Engine) -> list[Route]:
    async def search(request: Request) -> Response:
        body = await read_object(request)
        question, most = body.get("question"), body.get("limit", 20)
        if not isinstance(question, str):
            raise Refused("question: must be a text with what to look for")
        if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= MOST_FOUND:
            raise Refused(f"limit: must be a whole number from 1 to {MOST_FOUND}")
        try:
            found = await unless_gone(request, engine.log.search.find(question, limit=most))
        except SearchRefused as refused:
            raise Refused(str(refused)) from None
        sessions = [
            {"session_id": one.session_id, "score": one.score, "best": _wire(one.best)} for one in found.sessions
        ]
        memories = await found_in_memories(engine.memory, question, engine.clock, limit=most)
        data = [_wire(hit) for hit in found.hits]
        return answer({"data": data, "sessions": sessions, "memories": memories, "indexed": found.indexed})

    return [Route("/workbench/v1/search", search, methods=["POST"])]


def _wire(hit: Hit) -> Json:
    return {
        "session_id": hit.session_id,
        "seq": hit.seq,
        "event_id": hit.event_id,
        "thread_id": hit.thread_id,
        "type": hit.type,
        "tool": hit.tool,
        "processed_at": events.timestamp(hit.processed_at) if hit.processed_at else None,
        "score": hit.score,
        "snippet": hit.snippet,
        "marks": [list(mark) for mark in hit.marks],
    }
