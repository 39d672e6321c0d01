"""Events of a log as lines: one an event, in words that people know, and the whole of one as coloured JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from rich.cells import chop_cells
from rich.text import Text

from workbench.client.attachments import words_of
from workbench.contracts.call_text import call_line
from workbench.contracts.evaluation_words import headline
from workbench.text.display import exact, line
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.cells import cells
from workbench.tui.render.syntax import LONGEST_LINE, coloured

Json = dict[str, Any]

MOST_JSON: Final = 30_000
"""Characters of one event that are shown; the rest is told of."""
_WORD: Final = 17
_LONGEST: Final = 400
_WRONG: Final = "#D55E00"
_WORDS: Final = {
    "user.message": "you said",
    "user.interrupt": "you interrupted",
    "user.tool_result": "your result",
    "user.custom_tool_result": "your result",
    "user.define_outcome": "you set a goal",
    "system.message": "agent was told",
    "agent.message": "agent said",
    "agent.thinking": "agent thought",
    "agent.tool_use": "call",
    "agent.mcp_tool_use": "call",
    "agent.custom_tool_use": "call",
    "agent.tool_result": "result",
    "agent.mcp_tool_result": "result",
    "agent.thread_context_compacted": "context compacted",
    "session.status_running": "at work",
    "session.status_idle": "at rest",
    "session.status_rescheduled": "tries again soon",
    "session.status_terminated": "ended",
    "session.thread_created": "thread begun",
    "session.thread_status_running": "thread at work",
    "session.thread_status_idle": "thread at rest",
    "session.thread_status_rescheduled": "thread waits",
    "session.thread_status_terminated": "thread ended",
    "agent.thread_message_sent": "to another agent",
    "agent.thread_message_received": "from an agent",
    "workflow_run.created": "run begun",
    "workflow_run.status_running": "run at work",
    "workflow_run.phase_started": "phase begins",
    "workflow_run.phase_ended": "phase ends",
    "workflow_run.status_ended": "run ended",
    "session.updated": "settings changed",
    "session.usage": "cost so far",
    "session.error": "error",
    "span.model_request_start": "model asked",
    "span.model_request_end": "model answered",
    "span.outcome_evaluation_start": "grading begins",
    "span.outcome_evaluation_ongoing": "still graded",
    "span.outcome_evaluation_end": "verdict",
}
_RESTS: Final = {
    "end_turn": "the turn has ended",
    "requires_action": "waits for a person",
    "budget_reached": "the budget is reached",
    "retries_exhausted": "gave up after an error",
    "refusal": "the model refused",
}


def word_of(event: Json) -> str:
    """What kind of event it is, in a word or two."""
    kind = str(event["type"])
    if kind == "user.tool_confirmation":
        return "you allowed" if event.get("result") == "allow" else "you denied"
    if kind.endswith("tool_result") and event.get("is_error"):
        return "failed result"
    return _WORDS.get(kind) or kind.partition(".")[2].replace("_", " ") or kind


def summary_of(event: Json) -> str:
    """What stands in it, in a line."""
    kind = str(event["type"])
    if kind in ("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"):
        return f"{exact(event['name'])}  {call_line(event, _LONGEST)}"
    if kind in _SUMMARIES:
        return line(exact(_SUMMARIES[kind](event)), _LONGEST)
    if "content" in event:
        return line(exact(" ⏎ ".join(words_of(event["content"]).strip().splitlines())), _LONGEST)
    return ""


def _rest(event: Json) -> str:
    kind = (event.get("stop_reason") or {}).get("type", "")
    return str(_RESTS.get(kind, kind.replace("_", " ")))


def _usage(event: Json) -> str:
    usage = event.get("model_usage") or {}
    told_in = sum(usage.get(f"{name}input_tokens") or 0 for name in ("", "cache_read_", "cache_creation_"))
    failed = "failed  " if event.get("is_error") else ""
    return f"{failed}{told_in:,} tokens in, {usage.get('output_tokens') or 0:,} out"


def _cost(event: Json) -> str:
    cents = float(((event.get("usage") or {}).get("list_cost") or {}).get("amount") or 0)
    return f"${cents / 100:,.2f}"


def _changed(event: Json) -> str:
    return ", ".join(name for name in ("title", "metadata", "agent", "budget") if name in event)


_SUMMARIES: Final[dict[str, Callable[[Json], str]]] = {
    "session.status_idle": _rest,
    "session.thread_status_idle": _rest,
    "session.usage": _cost,
    "session.updated": _changed,
    "session.error": lambda event: str((event.get("error") or {}).get("message", "")),
    "span.model_request_end": _usage,
    "user.tool_confirmation": lambda event: event.get("deny_message") or "",
    "user.define_outcome": headline,
    "span.outcome_evaluation_start": headline,
    "span.outcome_evaluation_end": headline,
}


def fits(event: Json, wanted: str) -> bool:
    """Whether each word stands in its kind, its type or its text."""
    searched = f"{word_of(event)} {summary_of(event)} {json.dumps(event, ensure_ascii=False)}".lower()
    return all(word in searched for word in wanted.lower().split())


def event_line(event: Json, width: int, *, unfolded: bool) -> Text:
    """When, what, and what stands in it."""
    moment = moment_of(event)
    word, summary = word_of(event), summary_of(event)
    style = _WRONG if event["type"] == "session.error" or word == "failed result" else ""
    begins = event["type"].startswith("user.")
    room = max(8, width - 3 - 10 - _WORD)
    return cells(
        [
            (" ▾" if unfolded else " ▸", 3, DIM),
            (f"{moment:%H:%M:%S}" if moment else "waits", 10, DIM),
            (word, _WORD, style or ("bold" if begins else DIM if _is_plain(event) else "")),
            (" ", 1, ""),
            (summary, room - 1, style or (DIM if _is_plain(event) else "")),
        ]
    )


def _is_plain(event: Json) -> bool:
    """Whether it is about the run of things, and not what somebody said or did."""
    kind = str(event["type"])
    return kind.startswith(("session.", "span.")) and kind != "session.error"


def moment_of(event: Json) -> datetime | None:
    """When it entered the log, by this machine's clock; None for what waits."""
    stamp = event.get("processed_at")
    return datetime.fromisoformat(stamp).astimezone() if stamp else None


def json_lines(event: Json, width: int) -> list[Text]:
    """The whole event as JSON, nothing in it cut but the end of one that is very long."""
    text = exact(json.dumps(event, indent=2, ensure_ascii=False))
    shown = text[:MOST_JSON].split("\n")
    # A long text would leave all without colours: it is coloured as if it were not there.
    short = [one if len(one) <= LONGEST_LINE else "" for one in shown]
    lines = [
        styled if plain or not whole else Text(whole)
        for styled, plain, whole in zip(coloured("event.json", short), short, shown, strict=True)
    ]
    rows = [Text("     ") + row for one in lines for row in broken(one, max(10, width - 6))]
    if len(text) > MOST_JSON:
        rows.append(Text(f"     … {len(text) - MOST_JSON:,} more characters; workbench logs --json has all", DIM))
    return rows


def broken(one: Text, width: int) -> list[Text]:
    """A line over as many rows as it needs, with its colours."""
    pieces = chop_cells(one.plain, width)
    ends: list[int] = []
    for piece in pieces[:-1]:
        ends.append((ends[-1] if ends else 0) + len(piece))
    return list(one.divide(ends)) if ends else [one]
