"""Writes whole turns into a session's log with the code of the checkout that is named first: run by its own Python, never imported.

Arguments: checkout, folder of the log, session, how many events.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.append(sys.argv[1])

from workbench.bench.journal import TEXT, _event
from workbench.events import Event
from workbench.log import open_log

PIECE = 5000
CALLS = 20
LENGTH = 3 + 4 * CALLS
"""Events of a turn: one that never ended would have more calls than a turn may, and the next message no answer."""


def _turn() -> Iterator[Event]:
    said = [{"type": "text", "text": TEXT}]
    yield _event({"type": "user.message", "content": said})
    for _ in range(CALLS):
        start = _event({"type": "span.model_request_start"})
        call = _event(
            {"type": "agent.tool_use", "name": "bash", "input": {"command": "ls"}, "evaluated_permission": "allow"}
        )
        counts = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        end = {"type": "span.model_request_end", "model_request_start_id": start.id, "is_error": False}
        result = {"type": "agent.tool_result", "tool_use_id": call.id, "content": said}
        yield from (start, call, _event(end | {"model_usage": dict.fromkeys(counts, 1)}), _event(result))
    yield _event({"type": "agent.message", "content": said})
    yield _event({"type": "session.status_idle", "stop_reason": {"type": "end_turn"}})


async def _fill(folder: Path, session_id: str, count: int) -> None:
    log = await open_log(folder)
    try:
        events = itertools.chain.from_iterable(_turn() for _ in range(max(1, count // LENGTH)))
        while piece := list(itertools.islice(events, PIECE)):
            await log.sessions.append(session_id, piece)
    finally:
        await log.close()


asyncio.run(_fill(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
