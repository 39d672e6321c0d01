"""Agents of a session besides its own, and its workflow runs, as the engine's feed tells of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from workbench.text.display import line

Json = dict[str, Any]

WAITS: Final = "waits"
WORKS: Final = "works"
RETRIES: Final = "retries"
FAILED: Final = "failed"
DONE: Final = "done"
ENDED: Final = "ended"
STANDINGS: Final = (WAITS, FAILED, WORKS, RETRIES, DONE, ENDED)
"""How a thread stands, what needs a person first."""
_AT_WORK: Final = (WORKS, RETRIES)


@dataclass(frozen=True)
class Agent:
    """A child thread: how it stands, and what it does, or said last."""

    thread_id: str
    name: str
    standing: str
    says: str = ""
    run_id: str = ""
    waiting_for: tuple[str, ...] = ()
    since: datetime | None = None
    """Since when it works."""
    active_s: float = 0.0

    @property
    def works(self) -> bool:
        return self.standing in _AT_WORK


@dataclass(frozen=True)
class Run:
    """An open workflow run: `phase` counts from 1, and is 0 before the first one."""

    run_id: str
    name: str
    phase: int = 0
    phase_name: str = ""
    phases: int = 0
    agents: int = 0
    done: int = 0
    failed: int = 0

    @property
    def text(self) -> str:
        """In a line of its own: `looking · 17 of 40 agents · 2 failed · phase 2 of 3`."""
        return " · ".join([self.name, *self._counts])

    @property
    def short_text(self) -> str:
        """In a row that may be cut, where the name says least: `17 of 40 agents · 2 failed · phase 2 of 3 · looking`."""
        return " · ".join([*self._counts, self.name])

    @property
    def _counts(self) -> list[str]:
        done = [f"{self.done} of {self.agents} agents"] if self.agents else []
        failed = [f"{self.failed} failed"] if self.failed else []
        return [*done, *failed, *([f"phase {self.phase} of {self.phases}"] if self.phase else [])]


def agents_of(state: Json) -> tuple[Agent, ...]:
    """The child threads of a `session.state`; an engine of before has none."""
    return tuple(_agent(one) for one in state.get("threads") or ())


def runs_of(state: Json) -> tuple[Run, ...]:
    return tuple(_run(one) for one in state.get("runs") or ())


def _agent(body: Json) -> Agent:
    standing = standing_of(body["status"], body.get("stop_reason"), body["waiting_for"])
    told = body["last_error"] if standing in (FAILED, RETRIES) and body["last_error"] else None
    told = told or (body["activity"] if standing == WORKS else None) or body["last_text"] or ""
    return Agent(
        thread_id=body["id"],
        name=line(body["agent_name"], 60),
        standing=standing,
        says=line(" ".join(told.split()), 200),
        run_id=body["workflow_run_id"] or "",
        waiting_for=tuple(body["waiting_for"]),
        since=datetime.fromisoformat(body["running_since"]) if body["running_since"] else None,
        active_s=body["active_seconds"],
    )


def standing_of(status: str, stop_reason: str | None, waiting_for: Sequence[str]) -> str:
    """How a thread stands."""
    if waiting_for:
        return WAITS
    if status == "running":
        return WORKS
    if status == "rescheduling":
        return RETRIES
    return FAILED if stop_reason in ("retries_exhausted", "refusal") else DONE


def _run(body: Json) -> Run:
    phases: list[str] = body["phases"]
    place = phases.index(body["phase"]) + 1 if body["phase"] in phases else 0
    name = line(body["name"], 60)
    # An engine of before does not count those that failed.
    counts = body["agents"], body["done"], body.get("failed", 0)
    return Run(body["id"], name, place, line(body["phase"], 60), len(phases), *counts)


def team_line(agents: Sequence[Agent], runs: Sequence[Run], activity: str = "") -> str:
    """What they do all together, in a line: one that waits comes before all work; empty where there is nothing to say.

    `activity` is what the session's own agent does, where it works.
    """
    waiting = sum(one.standing == WAITS for one in agents)
    if waiting:
        return f"{waiting} of {len(agents)} agent{'s' * (len(agents) > 1)} wait{'s' * (waiting == 1)}"
    children = [one for one in agents if not one.run_id]
    at_work = [one for one in children if one.works]
    said = [one.short_text for one in runs]
    if at_work:
        said.append(f"{len(at_work)} agent{'s' * (len(at_work) > 1)} at work")
    if not said:
        return ""
    failed = sum(one.standing == FAILED for one in children)
    said += [f"{failed} failed"] if failed else []
    return " · ".join([*said, activity or next((one.says for one in at_work if one.standing == WORKS), "")]).rstrip(
        " ·"
    )


def most_urgent(agents: Sequence[Agent]) -> Agent:
    """Of some, the one that most needs a person; else one at work."""
    return by_urgency(agents)[0]


def by_urgency(agents: Sequence[Agent]) -> list[Agent]:
    """Those that need a person first, then those at work, and last those that have ended."""
    return sorted(agents, key=lambda one: STANDINGS.index(one.standing))


def name_of(agents: Sequence[Agent], thread_id: str) -> str:
    """What a thread's agent is called; the end of its id where it is no longer there."""
    return next((one.name for one in agents if one.thread_id == thread_id), thread_id[-6:])
