"""What the log says of a session's child threads and workflow runs right now: folds over their events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class ThreadState:
    """What the log says of one child thread that is not terminated, as `SessionState` says it of the session."""

    thread_id: str
    agent_name: str
    created_at: datetime | None = None
    workflow_run_id: str | None = None
    status: str = "idle"
    stop_reason: Json | None = None
    waiting_for: tuple[str, ...] = ()
    active_seconds: float = 0.0
    running_since: datetime | None = None
    rested_at: datetime | None = None
    last_event_at: datetime | None = None
    last_text: str | None = None
    last_error: str | None = None
    activity: str | None = None


@dataclass(frozen=True)
class RunState:
    """An open workflow run: `phase` is the one that it is in, `agents` how many of its agents were started, `done` how many have
    ended, and `failed` how many of these gave nothing."""

    run_id: str
    name: str
    started_at: datetime | None = None
    phases: tuple[tuple[str, str], ...] = ()
    """Ids and names."""
    phase: str = ""
    agents: int = 0
    done: int = 0
    failed: int = 0
