"""Writes whole turns into a session's log with the code of the checkout that is named first: run by its own Python, never imported.

Arguments: checkout, folder of the log, session, how many events, after how many turns they are summed up (0: never).
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.append(sys.argv[1])

from workbench.bench.journal import TEXT, _event
from workbench.contracts import facts
from workbench.contracts.values import Fact
from workbench.events import Event, now
from workbench.log import open_log

CALLS = 20
_PARTS = dict.fromkeys(("system", "tools", "messages", "settings"), "0" * 16)
LENGTH = 3 + 4 * CALLS
"""Events of a turn: one that never ended would have more calls than a turn may, and the next message no answer."""


def _turn(session_id: str) -> tuple[list[Event], list[Fact]]:
    said = [{"type": "text", "text": TEXT}]
    events, noted = [_event({"type": "user.message", "content": said})], []
    for _ in range(CALLS):
        start = _event({"type": "span.model_request_start"})
        call = _event(
            {"type": "agent.tool_use", "name": "bash", "input": {"command": "ls"}, "evaluated_permission": "allow"}
        )
        counts = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        end = {"type": "span.model_request_end", "model_request_start_id": start.id, "is_error": False}
        result = {"type": "agent.tool_result", "tool_use_id": call.id, "content": said}
        events += (start, call, _event(end | {"model_usage": dict.fromkeys(counts, 1)}), _event(result))
        asked = {"model_request_start_id": start.id, "model": "bench", "sha256": "0" * 64, "parts": _PARTS}
        # A build notes what its kind of fact has.
        asked = {name: asked[name] for name in facts.MODEL_REQUESTED.fields if name in asked}
        noted.append(facts.MODEL_REQUESTED.made(session_id, now(), asked))
        noted.append(facts.TOOL_STARTED.made(session_id, now(), {"tool_use_id": call.id, "name": "bash"}))
    events.append(_event({"type": "agent.message", "content": said}))
    events.append(_event({"type": "session.status_idle", "stop_reason": {"type": "end_turn"}}))
    return events, noted


async def _fill(folder: Path, session_id: str, count: int, window: int) -> None:
    """The last summary stands half a window before the end, as it does on average."""
    log = await open_log(folder)
    turns = max(1, count // LENGTH)
    try:
        for number in range(turns):
            events, noted = _turn(session_id)
            written = await log.sessions.append(session_id, events, facts=noted)
            if window and (turns - number - 1) % window == window // 2:
                compacted = _event({"type": "agent.thread_context_compacted"})
                told = {"event_id": compacted.id, "summary": TEXT, "through_seq": written[-2].seq}
                await log.sessions.append(
                    session_id, [compacted], facts=[facts.CONTEXT_COMPACTED.made(session_id, now(), told)]
                )
    finally:
        await log.close()


asyncio.run(_fill(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])))
