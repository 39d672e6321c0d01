"""Words about deployments, their runs, triggers and their deliveries: the same on the command line and in the app."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from workbench import clock
from workbench.text.display import folder, line

Json = dict[str, Any]


def moment(stamp: str, zone: str = "") -> str:
    """A moment in this machine's time, or in that of a zone which is named beside it, where this machine knows it."""
    return f"{datetime.fromisoformat(stamp).astimezone(clock.zone_named(zone) if zone else None):%a %d %b %H:%M}"


def deployment_status(one: Json) -> str:
    """Active, archived, or paused with its reason."""
    if one["archived_at"]:
        return "archived"
    reason = one["paused_reason"]
    if not reason:
        return "active"
    words = (one.get("workbench") or {}).get("paused_words")
    return "paused" if reason["type"] == "manual" else f"paused: {line(words or reason['error']['type'], 80)}"


def next_run(one: Json) -> str:
    """When a deployment runs next, or since when a run waits for the one before; empty where nothing is due."""
    if since := (one.get("workbench") or {}).get("queued_since"):
        return f"waits since {moment(since)}"
    coming = (one["schedule"] or {}).get("upcoming_runs_at") or []
    return moment(coming[0]) if coming and one["status"] == "active" else ""


def schedule_of(one: Json) -> str:
    schedule = one["schedule"]
    return line(f"{schedule['expression']} {schedule['timezone']}", 40) if schedule else "by hand"


def due_at(run: Json) -> str:
    """The moment of a run: when it was due, else when it began."""
    return str(run["trigger_context"].get("scheduled_at") or run["created_at"])


def started_by(run: Json) -> str:
    """The schedule, a hand, or a trigger's name."""
    named = (run.get("workbench") or {}).get("trigger")
    return line(named, 30) if named else "schedule" if "scheduled_at" in run["trigger_context"] else "hand"


def about_run(run: Json) -> str:
    """Why it has no session, or how late it began."""
    if "missed" in run:
        return line(run["missed"], 100)
    if run["error"]:
        return line(run["error"]["message"], 100)
    due = run["trigger_context"].get("scheduled_at")
    if not due:
        return ""
    minutes = int((datetime.fromisoformat(run["created_at"]) - datetime.fromisoformat(due)).total_seconds() // 60)
    if minutes < 2:
        return ""
    return f"late by {minutes} min" if minutes < 120 else f"late by {minutes // 60} h"


def session_of_run(run: Json) -> str:
    """The end of its session's id, or `missed` or `failed`."""
    if run["session_id"]:
        return str(run["session_id"])[-6:]
    return "missed" if "missed" in run else "failed"


def trigger_source(trigger: Json) -> str:
    """What a trigger waits for, in a few words."""
    source = trigger["source"]
    match source["type"]:
        case "files":
            return line(" ".join(["files in", folder(source["folder"]), *source["only"]]), 60)
        case "git":
            return line(f"commits on {source['branch']} of {folder(source['repository'])}", 60)
        case "webhook":
            return line(" ".join([source["shape"], "webhook", *source["events"]]), 60)
    whose = source.get("session_id") or source.get("deployment_id") or source.get("agent_id") or ""
    return line(f"{'end' if source['on'] == 'ended' else 'rest'} of sessions of {whose}", 60)


def trigger_status(one: Json) -> str:
    """Active, or why it hears nothing."""
    reason = one["paused_reason"]
    if reason:
        return f"paused: {line(reason['message'], 80)}" if reason["message"] else "paused"
    return f"trouble: {line(one['trouble'], 80)}" if one["trouble"] else "active"


def delivery_result(delivery: Json) -> str:
    """The end of the id of the session that a delivery started, or why it has none."""
    if delivery["session_id"]:
        return str(delivery["session_id"])[-6:]
    state = str(delivery["state"])
    return f"{state}: {line(delivery['words'], 80)}" if delivery["words"] else state
