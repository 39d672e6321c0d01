"""Following one session until it rests, over engine restarts, without gap or repeat."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.client.stream import Frame
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json

_RETRY_S = 0.3
_PATIENCE_S = 60.0

PREVIEWED = ("agent.message", "engine.tool_output")

EXIT_OF_STOP = {
    "end_turn": 0,
    "requires_action": surface.WAITING,
    "budget_reached": surface.OVER_BUDGET,
    "retries_exhausted": surface.FAILED,
    "refusal": surface.FAILED,
}


def frames(engine: Client, session_id: str, *, after: int, previews: bool, thread_id: str = "") -> Iterator[Frame]:
    """Every frame after a cursor, then live; an engine that goes away is waited for, and started when it stays away.

    Raises:
        EngineAway: it did not come back within a minute.
    """
    since = time.monotonic()
    while True:
        query = [("after", str(after)), *(("event_deltas[]", kind) for kind in PREVIEWED if previews)]
        query += [("thread_id", thread_id)] if thread_id else []
        try:
            for frame in engine.stream(paths.own(session_id, "stream"), query):
                since = time.monotonic()
                after = frame.cursor if frame.cursor is not None else after
                yield frame
                if frame.name == "session.deleted":
                    return
        except EngineAway:
            if time.monotonic() - since > _PATIENCE_S:
                raise
        time.sleep(_RETRY_S)
        engine = surface.client()


def interrupt(engine: Client, session_id: str) -> None:
    """Have the agent stop, as Ctrl-C asks; a second Ctrl-C meanwhile leaves at once."""
    surface.say("interrupting the agent; Ctrl-C again leaves at once")
    engine.post(paths.events(session_id), {"events": [{"type": "user.interrupt"}]})


def is_at_rest(engine: Client, session_id: str, event: Json) -> bool:
    """Whether this event ends what the session was doing, with nothing waiting in its inbox."""
    if event["type"] in ("session.status_terminated", "session.deleted"):
        return True
    if event["type"] != "session.status_idle":
        return False
    try:
        status: str = engine.get(paths.session(session_id))["status"]
    except (ApiError, EngineAway):
        return True
    return status in ("idle", "terminated")


def mark_read(engine: Client, session_id: str) -> None:
    """Have no list call it unread: a person has seen it come to rest, where this terminal has one."""
    if sys.stdout.isatty():
        with contextlib.suppress(ApiError, EngineAway):
            engine.post(paths.own(session_id, "read"))


def exit_code(event: Json | None) -> int:
    """The exit code for the event with which a session came to rest."""
    if event is None or event["type"] != "session.status_idle":
        return surface.FAILED
    return EXIT_OF_STOP.get(event["stop_reason"]["type"], surface.FAILED)
