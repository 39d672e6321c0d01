"""The end of a child thread for good: what it left open is closed, and its end stands in its own log and in the primary one's."""

from __future__ import annotations

from workbench.brain.event_writer import NO_USAGE
from workbench.brain.history import ThreadHistory
from workbench.contracts.log import Log, Post
from workbench.contracts.values import Json
from workbench.engine.event_writer import EventWriter


async def terminated(log: Log, writer: EventWriter, session_id: str, thread_id: str, agent_name: str) -> list[Post]:
    """What is to be written; nothing works on the thread any more."""
    history = await ThreadHistory.opened(session_id, thread_id, log.sessions, log.facts)
    turn = await history.turn()
    open_request: list[Json] = []
    if turn.open_request is not None:
        closed = {"model_request_start_id": turn.open_request, "model_usage": NO_USAGE, "is_error": True}
        open_request = [{"type": "span.model_request_end", **closed}]
    end = {"type": "session.thread_status_terminated", "agent_name": agent_name, "session_thread_id": thread_id}
    *own, shown = writer.stamped(*open_request, end, end)
    return [*(Post(one, thread_id) for one in own), Post(shown)]
