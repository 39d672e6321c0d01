"""What agents found in the changes that are reviewed: faults with their place, how they fail, and whether they held."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.client import paths
from workbench.client.app import Engine
from workbench.client.errors import ApiError, EngineAway
from workbench.text.display import exact, line

Json = dict[str, Any]

CONFIRMED: Final = "confirmed"
REFUTED: Final = "refuted"


@dataclass(frozen=True)
class Finding:
    """A fault at a line of a file as it is now."""

    file: str
    line: int
    severity: str
    verdict: str
    title: str
    scenario: str
    reason: str

    def is_in(self, path: str) -> bool:
        """Whether it is about this file; agents may write a path from the workspace on."""
        return self.file == path or self.file.endswith(f"/{path}")


@dataclass(frozen=True)
class AgentReview:
    """The newest review: `session_id` is its own session, empty where there is none; `progress` says how far one at work is."""

    session_id: str = ""
    findings: tuple[Finding, ...] = ()
    progress: str = ""
    trouble: str = ""

    @property
    def held(self) -> list[Finding]:
        """Those that were not refuted, in the order of the engine: the worst first."""
        return [one for one in self.findings if one.verdict != REFUTED]

    def of(self, path: str) -> list[Finding]:
        return [one for one in self.held if one.is_in(path)]


async def read(engine: Engine, session_id: str) -> AgentReview:
    """The newest review of a session; an empty one where there is none."""
    with contextlib.suppress(ApiError, EngineAway):
        return review_of(await engine.get(paths.own(session_id, "review")))
    return AgentReview()


def review_of(answer: Json) -> AgentReview:
    """A review in an answer of the engine."""
    if "run" not in answer:
        return AgentReview()
    run, result = answer["run"], answer["run"]["result"] or {}
    phase = next((one["name"] for one in run["phases"] if one["status"] == "running"), "")
    progress = "" if result else " · ".join(filter(None, (phase, f"{run['done']} of {run['agents']} agents")))
    failed = result.get("type") in ("error", "stopped")
    trouble = (result.get("error") or {}).get("message", "it was stopped") if failed else ""
    findings = tuple(_finding(one) for one in answer["findings"])
    return AgentReview(answer["session_id"], findings, progress, line(exact(trouble), 200))


def _finding(body: Json) -> Finding:
    texts = {name: line(exact(str(body[name])), 600) for name in ("title", "scenario", "reason")}
    return Finding(line(exact(body["file"]), 300), int(body["line"]), body["severity"], body["verdict"], **texts)


def after(findings: Sequence[Finding], last: Finding | None) -> Finding | None:
    """The finding behind this one, from the beginning again after the last."""
    if not findings:
        return None
    return findings[(findings.index(last) + 1) % len(findings)] if last in findings and last else findings[0]
