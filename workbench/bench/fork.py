"""How long a fork takes whose session has changed a hundred megabytes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from workbench.bench.figure import Figure, NotMeasured, median, times_ms
from workbench.bench.wire import engine_apart
from workbench.client.sync import Client
from workbench.contracts.values import Json

FORKS = 7
COMMAND = "for i in $(seq 1 {}); do head -c 1M /dev/urandom > f$i; done"


def forks() -> Iterator[Figure]:
    """Through the engine's API, on the file system where sandboxes lie."""
    with engine_apart() as apart, tempfile.TemporaryDirectory(prefix="wb") as project:
        session_id = changed(apart.client, Path(project))
        path = f"/workbench/v1/sessions/{session_id}/fork"
        taken = times_ms(lambda: apart.client.post(path, {}), FORKS)
    note = f"n={FORKS}; bytes are shared with the checkpoint, and copied a second later or before a sandbox starts"
    yield Figure("fork with 100 MB of changes", median(taken), "ms", 20, note=note)


def changed(client: Client, project: Path, megabytes: int = 100) -> str:
    """A session at rest that wrote so many files of a megabyte."""
    toolset = [{"type": "agent_toolset_20260401"}]
    agent = client.post("/v1/agents", {"name": "bench", "model": "offline", "tools": toolset})
    environment = client.post("/v1/environments", {"name": f"bench fork of {agent['id']}"})
    message = {"type": "user.message", "content": [{"type": "text", "text": f"run `{COMMAND.format(megabytes)}`"}]}
    body: Json = {
        "agent": agent["id"],
        "environment_id": environment["id"],
        "metadata": {"workbench.project": str(project)},
        "initial_events": [message],
    }
    session_id = str(client.post("/v1/sessions", body)["id"])
    for frame in client.stream(f"/workbench/v1/sessions/{session_id}/stream", [("after", "0")]):
        if frame.name == "agent.tool_result" and frame.data.get("is_error"):
            raise NotMeasured(str(frame.data["content"]))
        if frame.name == "session.status_idle":
            break
    return session_id


def first_rest(client: Client, session_id: str) -> str:
    """The event after which a session had done its first task."""
    page = client.get(f"/v1/sessions/{session_id}/events", [("order", "asc"), ("limit", "100")])
    return next(str(event["id"]) for event in page["data"] if event["type"] == "session.status_idle")
