"""Deployments and triggers as lines: what starts by itself, when, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.text import Text

from workbench.client import automation
from workbench.text.display import line, safe, span
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose

Json = dict[str, Any]
WRONG = "#D55E00"
_NAME = 24


def deployment_line(one: Json, now: datetime, width: int) -> Text:
    """Its name, how it stands, when it runs next and ran last."""
    last = one["workbench"]["last_run"]
    coming = automation.next_run(one)
    parts = [f"next {coming}" if coming else automation.schedule_of(one)]
    if last:
        parts.append(f"last {_ago(last['created_at'], now)}" + ("" if last["session_id"] else " failed"))
    is_wrong = bool(last and last["error"]) or (one["paused_reason"] or {}).get("type") == "error"
    return _row(one["name"], automation.deployment_status(one), parts, width, is_wrong=is_wrong)


def trigger_line(one: Json, now: datetime, width: int) -> Text:
    """Its name, how it stands, what it waits for and what came last."""
    last = one["last_delivery"]
    parts = [automation.trigger_source(one)]
    if last:
        parts.append(f"last {_ago(last['received_at'], now)} {last['state']}")
    is_wrong = bool(one["trouble"]) or (one["paused_reason"] or {}).get("type") == "error"
    return _row(one["name"], automation.trigger_status(one), parts, width, is_wrong=is_wrong)


def _row(name: str, status: str, parts: Sequence[str], width: int, *, is_wrong: bool) -> Text:
    text = Text(f" {line(name, _NAME):<{_NAME}}  ", no_wrap=True, overflow="ellipsis")
    text.append(status, f"bold {WRONG}" if is_wrong else "" if status == "active" else DIM)
    for part in parts:
        text.append(f"  ·  {part}", DIM)
    text.truncate(max(1, width), overflow="ellipsis")
    return text


def deployment_detail(one: Json, width: int) -> list[Text]:
    """How it stands, whole; the runs stand below it."""
    lines = _standing(automation.deployment_status(one), width, (one["workbench"] or {}).get("paused_words", ""))
    schedule = one["schedule"]
    coming = (schedule or {}).get("upcoming_runs_at") or []
    said = "by hand"
    if coming:
        said = (
            f"{automation.schedule_of(one)}: {', '.join(automation.moment(at, schedule['timezone']) for at in coming)}"
        )
    return [*lines, *prose(safe(said), width, DIM)]


def trigger_detail(one: Json, deployment: str, width: int) -> list[Text]:
    """How it stands, whole, and whose sessions it starts."""
    reason = one["paused_reason"] or {}
    lines = _standing(automation.trigger_status(one), width, reason.get("message") or one["trouble"])
    said = f"{automation.trigger_source(one)}: starts {line(deployment, 60)}"
    return [*lines, *prose(safe(said), width, DIM)]


def _standing(status: str, width: int, words: str) -> list[Text]:
    if not words:
        return [Text(status, "bold")]
    return prose(safe(f"{status.partition(':')[0]}: {words}"), width, f"bold {WRONG}")


def run_line(one: Json, names: Mapping[str, str], *, is_chosen: bool, width: int) -> Text:
    """A run: when, by what, its session or why there is none."""
    session = names.get(one["session_id"] or "", "") or automation.session_of_run(one)
    said = f"{automation.moment(automation.due_at(one))}  {automation.started_by(one):<12}  {line(session, 30)}"
    return _chosen(said, automation.about_run(one), is_chosen=is_chosen, width=width)


def delivery_line(one: Json, names: Mapping[str, str], *, is_chosen: bool, width: int) -> Text:
    """A delivery: when, what, its session or why there is none."""
    session = names.get(one["session_id"] or "", "") or automation.delivery_result(one)
    said = f"{automation.moment(one['received_at'])}  {line(one['title'], 40)}  {line(session, 100)}"
    return _chosen(said, "", is_chosen=is_chosen, width=width)


def _chosen(said: str, more: str, *, is_chosen: bool, width: int) -> Text:
    text = Text(f"{'›' if is_chosen else ' '} {said}", "bold" if is_chosen else "", no_wrap=True)
    if more:
        text.append(f"  {more}", WRONG)
    text.truncate(max(1, width), overflow="ellipsis")
    return text


def _ago(stamp: str, now: datetime) -> str:
    return f"{span((now - datetime.fromisoformat(stamp)).total_seconds())} ago"
