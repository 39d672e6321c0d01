"""Watches on commands in the background: what facts tell of them, and how far a sandbox is believed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from workbench import events
from workbench.contracts import facts
from workbench.contracts.fact_kinds import FactKind
from workbench.contracts.values import Fact, Outcome
from workbench.engine.watches import MOST_CHARACTERS, MOST_LINES, Report, Watch, report_of, standing

NOW = events.now()
UNTIL = events.timestamp(NOW + timedelta(minutes=10))


def made(kind: FactKind, **body: Any) -> Fact:
    return kind.made("sesn_1", NOW, body)


STARTED = made(facts.BACKGROUND_STARTED, tool_use_id="c1", id="bg_1", command="npm run dev")
WATCHED = made(facts.BACKGROUND_WATCHED, tool_use_id="c2", id="bg_1", pattern="ready", until=UNTIL)


def noticed(event_id: str, taken: int, *, is_last: bool = False) -> Fact:
    return made(facts.BACKGROUND_NOTICED, event_id=event_id, id="bg_1", taken=taken, is_last=is_last)


def test_a_watch_stands_with_what_was_told_of_it_until_it_is_over() -> None:
    told = standing([STARTED, WATCHED, noticed("e1", 3), noticed("e2", 5)])["bg_1"]
    assert (told.command, told.pattern, told.taken, told.notices, told.last_notice) == (
        "npm run dev",
        "ready",
        5,
        2,
        "e2",
    )
    assert standing([STARTED, WATCHED, noticed("e1", 3, is_last=True)]) == {}
    assert standing([WATCHED, made(facts.BACKGROUND_UNWATCHED, id="bg_1", reason="", event_id="")]) == {}
    again = made(facts.BACKGROUND_WATCHED, tool_use_id="c3", id="bg_1", pattern="other", until=UNTIL)
    assert standing([STARTED, WATCHED, noticed("e1", 3), again])["bg_1"].taken == 0


def test_a_sandbox_that_a_person_has_ended_is_told_apart_from_one_that_died() -> None:
    ended = [made(facts.SANDBOX_ENDED, container_id="x", reason=reason) for reason in ("by itself", "released")]
    assert [standing([STARTED, WATCHED, one])["bg_1"].released for one in ended] == [False, True]


GONE = Report(2, over="its sandbox does not watch bg_1 any more")


@pytest.mark.parametrize(
    ("head", "lines", "report"),
    [
        ({"matched": 4, "exit_code": None, "broken": None}, ["a", "b\n c "], Report(4, ("a", "b  c"))),
        ({"matched": 3, "exit_code": 1}, ["a", "more than matched"], Report(3, ("a",), "bg_1 ended (exit code 1)")),
        ({"matched": 2, "broken": "slow"}, [], Report(2, over="it cannot go on: slow")),
        ({"matched": 1}, [], GONE),
        ({"matched": True}, [], GONE),
        ({"matched": 10**30}, [], GONE),
        ({"matched": "4"}, [], GONE),
        ([4], [], GONE),
        ("no JSON", [], GONE),
        ({"matched": 90}, ["x" * 10**5] * 50, Report(90, ("x" * MOST_CHARACTERS,) * MOST_LINES)),
        ({"matched": 3, "exit_code": "0", "broken": 7}, ["a"], Report(3, ("a",))),
    ],
)
def test_of_what_a_sandbox_says_only_what_can_be_is_believed(head: Any, lines: list[str], report: Report) -> None:
    watch = Watch("bg_1", "c2", "npm run dev", "ready", NOW, taken=2)
    first = head if isinstance(head, str) else json.dumps(head)
    blocks = tuple({"type": "text", "text": text} for text in (first, *lines))
    assert report_of(Outcome(blocks), watch) == report
