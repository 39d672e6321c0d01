"""An engine that is a list of events: what the app asks of it is answered from memory, and what it is told is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from textual.events import Key
from textual.pilot import Pilot

from workbench.client import paths
from workbench.client.errors import EngineAway
from workbench.client.requests import Query
from workbench.client.stream import Frame
from workbench.hands.files.hunks import compared
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.board import Board
from workbench.tui.state.drafts import Drafts
from workbench.tui.state.machine import Machine
from workbench.tui.state.store import Store
from workbench.tui.state.task_line import Task
from workbench.tui.state.view_state import ViewFile
from workbench.tui.widgets.approval_card import GRACE_S, ApprovalCard

Json = dict[str, Any]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


EXPLAINED: Json = {
    "agent": {"id": "agent_coder", "name": "coder"},
    "why": "the agent coder asks before every use of bash (permission policy always_ask)",
    "risks": ["changes a database"],
    "where": ["in the sandbox", "network: off"],
    "offers": [{"allow": ["bash(make test)"]}, {"allow": ["bash(make *)"]}],
}


LIMITS: Json = {
    "sandbox": {
        "memory_bytes": 4 << 30,
        "processes": 512,
        "open_files": 4096,
        "temporary_bytes": 512 << 20,
        "shared_memory_bytes": 64 << 20,
        "starting_at_once": 2,
        "not_enforced": [],
    },
    "sessions_at_once": None,
    "compact_at": 0.8,
    "checkpoints": 50,
    "checkpoint_bytes": 4 << 30,
    "disk_free_bytes": 90 << 30,
    "disk_bytes": 200 << 30,
}


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).isoformat()


def state(session_id: str, **fields: Any) -> Json:
    """A `session.state` as the feed tells it."""
    usual: Json = {
        "session_id": session_id,
        "position": 1,
        "status": "idle",
        "stop_reason": {"type": "end_turn"},
        "waiting_for": [],
        "queued": 0,
        "last_event_type": "session.status_idle",
        "last_event_at": ago(60),
        "last_text": "All done.",
        "last_error": None,
        "last_error_type": None,
        "usage": {"list_cost": {"amount": "12"}},
        "own_cents": 12,
        "rested_at": None,
        "context_tokens": 0,
        "context_window": None,
        "tags": [],
        "agent_id": "agent_coder",
        "title": session_id.removeprefix("sesn_"),
        "agent_name": "coder",
        "model": "offline",
        "project": "/home/anna/api",
        "created_at": ago(3600),
        "archived_at": None,
        "deleted": False,
    }
    return usual | fields


def blocked(session_id: str, call_id: str, **fields: Any) -> Json:
    reason = {"type": "requires_action", "event_ids": [call_id]}
    return state(session_id, stop_reason=reason, waiting_for=[call_id], **fields)


def call(call_id: str, command: str, **fields: Any) -> Json:
    usual = {"type": "agent.tool_use", "id": call_id, "name": "bash", "input": {"command": command}}
    return usual | {"processed_at": ago(60), "evaluated_permission": "ask"} | fields


def result(call_id: str, text: str, **fields: Any) -> Json:
    usual = {"type": "agent.tool_result", "id": f"r_{call_id}", "tool_use_id": call_id, "processed_at": ago(58)}
    return usual | {"content": [{"type": "text", "text": text}], "is_error": False} | fields


def output(call_id: str, text: str, lines_before: int = 0) -> Json:
    """What a running call has printed so far."""
    return {"type": "engine.tool_output", "tool_use_id": call_id, "text": text, "lines_before": lines_before}


def command_output(text: str, command: str = "make", *, is_over: bool = False) -> Json:
    """What a person's own command has printed so far."""
    return output("sevt_ran", text) | {"command": command, "is_over": is_over}


def said(event_id: str, text: str, *, by: str = "agent", processed_at: str | None = "") -> Json:
    moment = ago(61) if processed_at == "" else processed_at
    content = [{"type": "text", "text": text}]
    return {"type": f"{by}.message", "id": event_id, "content": content, "processed_at": moment}


def reviewed(path: str, old: str, new: str, *, whole: str = "", **change: Any) -> Json:
    """A changed file as a review has it."""
    usual: Json = {"kind": "modified", "what": "file", "mode_before": 0o644, "mode_after": 0o644, "bytes": len(new)}
    usual |= {
        "path": path,
        "conflict": False,
        "ignored": False,
        "caution": "",
        "merge": "conflict" * bool(change.get("conflict")),
    }
    hunks = [asdict(hunk) | {"conflict": bool(change.get("conflict"))} for hunk in compared(old, new).hunks(path)]
    return {
        "change": usual | change,
        "digest": f"digest of {path}",
        "hunks": hunks,
        "whole": whole,
        "conflicts": [],
        "can_be_marked": True,
    }


class FakeEngine:
    """States and events by session. `tell` and `happen` reach whoever listens."""

    def __init__(self, *states: Json, events: Mapping[str, list[Json]] | None = None) -> None:
        self.states = {one["session_id"]: one for one in states}
        self.events = {key: list(value) for key, value in (events or {}).items()}
        self.posted: list[tuple[str, Json]] = []
        self.begun: list[Task] = []
        self.told: list[tuple[str, Json]] = []
        """What was posted or deleted besides events."""
        self.answers: dict[str, Json] = {}
        """What is answered to a GET of this path."""
        self.contents: dict[str, bytes] = {}
        """What is downloaded of this path."""
        self.cut_short: set[str] = set()
        """Downloads during which the engine goes away."""
        self.runs: asyncio.Event | None = None
        """What a person's command waits for before it ends."""
        self.log = ["12:00:00 INFO workbench.engine: ready"]
        self.asked = 0
        self.away = False
        self._listeners: dict[str, list[asyncio.Queue[Frame | None]]] = {}

    async def get(self, path: str, query: Query = ()) -> Json:
        self._there()
        self.asked += 1
        if path in self.answers:
            return self.answers[path]
        if path.startswith("/workbench/v1/sessions/") and path.endswith("/state"):
            return {"position": len(self.events.get(path.split("/")[4], []))}
        if "/calls/" in path:
            return dict(EXPLAINED)
        if path == "/workbench/v1/status":
            counts = {"sessions": {"idle": 1}, "default_model": "offline", "endpoint": None, "port": None}
            return {"pid": 7, "uptime_s": 90, "data": "/data", "engine_log": "/log", "notices": [], **counts}
        if path == "/workbench/v1/sandboxes":
            measured = {"processes": 3, "cpu_s": 12.5, "memory_bytes": 48 << 20}
            return {
                "limits": LIMITS,
                "data": [{"session_id": "sesn_migrate-db", "image": "localhost/workbench-base", **measured}],
            }
        if path == "/workbench/v1/log":
            after = int(dict(query).get("after", "0"))
            return {"lines": self.log[after:], "position": len(self.log), "is_new": not after}
        if path.endswith(("/files", "/workflow_runs")):
            return {"data": []}
        if path.endswith("/base"):
            return {"applied": [], "subject": "A change", "message": "A change\n", "yours": []}
        if path.endswith("/hunks"):
            return {"files": [], "ignored": 0, "left_out": []}
        if path in ("/v1/memory_stores", "/v1/dreams"):
            return {"data": [], "next_page": None}
        if path.endswith("/state"):
            return {"position": len(self.events.get(path.split("/")[4], []))}
        if not path.startswith("/v1/sessions/"):
            return {"data": [], "next_page": None}
        if path.endswith("/threads"):
            return {"data": [], "next_page": None}
        if not path.endswith("/events"):
            return {"usage": {"list_cost": {"amount": "12"}}, "stats": {}}
        session_id = path.split("/")[-2]
        wanted = [value for name, value in query if name == "types[]"]
        fitting = [
            event for event in reversed(self.events.get(session_id, [])) if not wanted or event["type"] in wanted
        ]
        begin, limit = int(dict(query).get("page", "0")), int(dict(query).get("limit", "20"))
        end = begin + limit
        return {"data": fitting[begin:end], "next_page": str(end) if end < len(fitting) else None}

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        self._there()
        if path.startswith("/v1/sessions/") and path.endswith("/events"):
            self.posted += [(path.split("/")[3], event) for event in body["events"]]
            return {"data": [], "next_page": None}
        if path == "/workbench/v1/sql":
            return {"columns": [], "types": [], "rows": [], "truncated": False, "seconds": 0.0, "time_zone": "UTC"}
        self.told.append((path, dict(body)))
        if path.endswith("/command"):
            if self.runs is not None:
                await self.runs.wait()
            return {"id": "sevt_ran", "output": "two\nlines\n", "is_error": "fail" in body["command"]}
        return {"id": "1f0c9a2e", "file": "/config/permissions.toml", "before": None, **body}

    async def post_for_bytes(self, path: str, body: Mapping[str, Any]) -> bytes:
        self._there()
        self.told.append((path, dict(body)))
        return b"PAR1"

    async def download(self, path: str) -> AsyncGenerator[bytes, None]:
        self._there()
        content = self.contents[path]
        for begin in range(0, len(content), 1000):
            yield content[begin : begin + 1000]
        if path in self.cut_short:
            raise EngineAway("the engine does not answer")

    async def delete(self, path: str) -> Json:
        self._there()
        self.told.append((path, {}))
        return {"id": path.rpartition("/")[2], "allow": ["bash(make)"], "session": None, "agent": None}

    async def stream(self, path: str, query: Query = ()) -> AsyncGenerator[Frame, None]:
        self._there()
        key = "feed" if path == paths.FEED else dict(query).get("thread_id") or path.split("/")[4]
        queue: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._listeners.setdefault(key, []).append(queue)
        if key == "feed":
            for body in self.states.values():
                yield Frame("session.state", body, None)
            yield Frame("feed.live", {}, None)
        else:
            after = int(dict(query)["after"])
            for cursor, event in enumerate(self.events.get(key, [])[after:], after + 1):
                yield Frame(event["type"], event, cursor)
        while (frame := await queue.get()) is not None:
            yield frame

    def tell(self, body: Json) -> None:
        """A session's state changes."""
        known = self.states.get(body["session_id"])
        self.states[body["session_id"]] = body | {"position": known["position"] + 1 if known else 1}
        self._hear("feed", Frame("session.state", self.states[body["session_id"]], None))

    def happen(self, session_id: str, event: Json) -> None:
        """An event enters a session's log, or passes as a preview."""
        stored = not event["type"].startswith(("event_", "engine."))
        if stored:
            self.events.setdefault(session_id, []).append(event)
        cursor = len(self.events[session_id]) if stored else None
        self._hear(session_id, Frame(event["type"], event, cursor))

    def leave(self) -> None:
        """The engine goes; every stream ends."""
        self.away = True
        for queues in self._listeners.values():
            for queue in queues:
                queue.put_nowait(None)

    def begin(self, task: Task) -> str:
        self.begun.append(task)
        return "sesn_new"

    def _hear(self, key: str, frame: Frame) -> None:
        for queue in self._listeners.get(key, []):
            queue.put_nowait(frame)

    def _there(self) -> None:
        if self.away:
            raise EngineAway("the engine does not answer")


def app_over(
    engine: FakeEngine,
    folder: Path,
    choices: Preferences | None = None,
    *,
    kind: type[WorkbenchApp] = WorkbenchApp,
    **more: Any,
) -> WorkbenchApp:
    """The app over this engine, at a moment that stands still."""
    machine = Machine(ensure=lambda say: None, begin=engine.begin)
    store = Store(engine, Drafts(folder / "drafts"), ViewFile(folder / "view.json"), machine, lambda: NOW)
    return kind(store, choices, animated=False, **more)


def screen_text(app: WorkbenchApp) -> str:
    """What stands on the screen, line by line."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def press_at_once(app: WorkbenchApp, *keys: str) -> None:
    """Keys that lie in the terminal all together, as they do when a busy machine reads them late."""
    for key in keys:
        letter = key.removeprefix("alt+")
        app.post_message(Key(key, {"enter": "\r", "space": " "}.get(key, letter if len(letter) == 1 else None)))


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Let the app work until something is true."""
    for _ in range(200):
        if true():
            return
        await pilot.pause(0.01)
    raise AssertionError(screen_text(pilot.app))  # type: ignore[arg-type]


async def shows(pilot: Pilot[None], text: str) -> None:
    """Let the app work until this text stands on the screen."""
    await until(pilot, lambda: text in screen_text(pilot.app))  # type: ignore[arg-type]


async def at_the_list(pilot: Pilot[None]) -> None:
    """From the Board's box to its list, where letters are keys."""
    await pilot.press("escape")
    board = pilot.app.screen
    assert isinstance(board, Board)
    await until(pilot, lambda: board.sessions.has_keys)


async def looked_at(pilot: Pilot[None], card: ApprovalCard) -> None:
    """A person has had what the card asks before their eyes for long enough."""
    await until(pilot, lambda: card._is_painted)
    card._shown_at -= GRACE_S
