"""Every fault of a model's server, met by a whole engine, all at once: each session ends as documented, and SQL shows why."""

from __future__ import annotations

import json
from typing import Any

from tests.line.installation import installation
from tests.messages_server import (
    FAILED,
    MALFORMED,
    NO_KEY,
    OVERLOADED,
    TOO_LARGE,
    UNAVAILABLE,
    Broken,
    Cut,
    Play,
    Reset,
    Status,
    call,
    text,
)
from workbench.contracts.values import Json

PASSING: dict[str, Play] = {
    "rate limited": Status(429, "rate_limit_error", "Slow down.", {"retry-after": "1"}),
    "failed": FAILED,
    "bad gateway": Status(502),
    "unavailable": UNAVAILABLE,
    "gateway timeout": Status(504),
    "overloaded": OVERLOADED,
    "reset before": Reset("before"),
    "reset after": Reset("after"),
    "cut in text": Cut(text("Half of this is never heard."), events=4),
    "cut in a call": Cut(call("bash", {"command": "echo never"}), events=3),
    "malformed": MALFORMED,
    "broken": Broken(text("This breaks."), events=3),
    "empty": text(),
}
"""Faults that pass: the same request is answered the second time."""

LASTING: dict[str, Play] = {"too large": TOO_LARGE, "no key": NO_KEY}
"""Faults that a repetition would not mend."""


def _play(request: Json, heard: set[str]) -> Play:
    wish = _first_words(request)
    if wish in LASTING:
        return LASTING[wish]
    if wish in PASSING and wish not in heard:
        heard.add(wish)
        return PASSING[wish]
    return text("All is well.")


def _first_words(request: Json) -> str:
    content: Any = request["messages"][0]["content"]
    return str(content if isinstance(content, str) else content[0]["text"])


def test_every_fault_ends_as_documented_and_stands_in_the_errors() -> None:
    heard: set[str] = set()
    with installation() as here:
        here.model.otherwise = lambda request: _play(request, heard)
        sessions = {wish: here.run_detached(wish) for wish in (*PASSING, *LASTING)}
        for wish, session_id in sessions.items():
            ended = here.say("logs", "-f", session_id)
            assert ended.code == (0 if wish in PASSING else 1), (wish, ended)
            events = here.events(session_id)
            reason = "end_turn" if wish in PASSING else "retries_exhausted"
            assert events[-1]["stop_reason"] == {"type": reason}, wish
            assert not [event for event in events if event["type"] == "agent.tool_use"], wish
            starts = [event["id"] for event in events if event["type"] == "span.model_request_start"]
            ends = [event["model_request_start_id"] for event in events if event["type"] == "span.model_request_end"]
            assert starts == ends, wish
        rows = here.json("sql", "select session_id, retry_status, count(*) as n from errors group by all")
        told = {(row["session_id"], row["retry_status"]): row["n"] for row in rows}
        assert told == {(i, "retrying" if wish in PASSING else "exhausted"): 1 for wish, i in sessions.items()}, (
            json.dumps(rows)
        )
