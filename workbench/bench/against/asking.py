"""What a build's engine is asked, by commands and HTTP that both builds have."""

from __future__ import annotations

import time
from typing import Final

from workbench.bench import wire
from workbench.bench.against.builds import Served
from workbench.bench.against.ratios import took_ms
from workbench.contracts.values import Json

TASK: Final[Json] = {"type": "user.message", "content": [{"type": "text", "text": "hello"}]}


def new_sessions(served: Served, count: int, tools: list[Json] | None = None) -> list[str]:
    client = served.client
    agent = client.post("/v1/agents", {"name": "bench", "model": wire.MODEL, "tools": tools or []})
    environment = client.post("/v1/environments", {"name": f"bench {agent['id']}"})
    body = {"agent": agent["id"], "environment_id": environment["id"]}
    return [str(client.post("/v1/sessions", body)["id"]) for _ in range(count)]


def first_delta(served: Served, session_id: str | None = None) -> float:
    return wire.first_delta_ms(served.client, session_id or new_sessions(served, 1)[0])


def long_session(served: Served, count: int, window: int = 0) -> str:
    """A session at rest that has so many events behind it, summed up after each `window` of turns."""
    [session_id] = new_sessions(served, 1)
    served.fill(session_id, count, window)
    until_idle(served, [session_id])
    return session_id


def page_of_events_ms(served: Served, session_id: str) -> float:
    """The newest twenty, as who opens a session sees them first."""
    return took_ms(lambda: served.client.get(f"/v1/sessions/{session_id}/events", [("order", "desc"), ("limit", "20")]))


def page_of_known_ms(known: dict[str, str], served: Served) -> float:
    return page_of_events_ms(served, known[served.build.name])


def woken(known: dict[str, str], served: Served) -> float:
    """A message to the first delta of a session that nobody has woken since the start."""
    served.restart()
    # What an engine does once, at its first request, is no part of it; nor what it does by itself a moment later.
    first_delta(served)
    served.settle()
    taken = first_delta(served, known[served.build.name])
    # To its end: an engine that is stopped in the middle of a turn keeps no checkpoint of it.
    until_idle(served, [known[served.build.name]])
    served.settle()
    return taken


def until_idle(served: Served, sessions: list[str]) -> None:
    for session_id in sessions:
        while served.client.get(f"/v1/sessions/{session_id}")["status"] != "idle":
            time.sleep(0.02)


def killed_and_asked_ms(served: Served) -> float:
    served.kill()
    return took_ms(lambda: served.run("ps"))


def page_of_sessions_ms(served: Served) -> float:
    return took_ms(lambda: served.client.get("/v1/sessions", [("limit", "20")]))
