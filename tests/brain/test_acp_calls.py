"""Calls of agents of others under our names, and what may become of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.brain.stage import TOOLSET, agent, asking, session
from workbench.brain.acp.calls import merged, outcome
from workbench.brain.acp.permits import answer, verdict, wanted_mode
from workbench.brain.acp.stood import AcpAsk, AcpCall, Stood, stood
from workbench.contracts.facts import ACP_STOOD
from workbench.contracts.modes import PLAN
from workbench.events import now
from workbench.permissions.gate import RuledGate
from workbench.permissions.rules import Rules

DIFF = {"type": "diff", "path": "/w/a", "oldText": "one", "newText": "two"}
NEW = {"type": "diff", "path": "/w/a", "oldText": None, "newText": "two"}


@pytest.mark.parametrize(
    ("update", "name", "given"),
    [
        ({"kind": "execute", "rawInput": {"command": "ls"}}, "bash", {"command": "ls"}),
        ({"kind": "execute", "rawInput": {"command": ["bash", "-lc", "a | b"]}}, "bash", {"command": "a | b"}),
        ({"kind": "execute", "rawInput": {"cmd": ["ls", "a b"]}}, "bash", {"command": "ls 'a b'"}),
        ({"kind": "edit", "content": [DIFF]}, "edit", {"file_path": "/w/a", "old_string": "one", "new_string": "two"}),
        ({"kind": "edit", "content": [NEW]}, "write", {"file_path": "/w/a", "content": "two"}),
        ({"kind": "delete", "locations": [{"path": "/w/a"}]}, "edit", {"file_path": "/w/a"}),
        ({"kind": "read", "rawInput": {"abs_path": "/w/a"}}, "read", {"abs_path": "/w/a", "file_path": "/w/a"}),
        ({"kind": "fetch", "rawInput": {"url": "https://x"}}, "web_fetch", {"url": "https://x"}),
        ({"kind": "switch_mode", "rawInput": {"plan": "First"}}, "propose_plan", {"plan": "First"}),
        ({"kind": "other", "title": "T", "_meta": {"own": {"toolName": "Task"}}}, "Task", {"title": "T"}),
        ({"kind": 7, "rawInput": "?", "content": 3, "locations": 4}, "7", {"title": ""}),
        ({}, "other", {"title": ""}),
    ],
)
def test_a_call_that_is_the_same_as_one_of_ours_has_its_name(update: dict[str, Any], name: str, given: Any) -> None:
    call = merged(AcpCall(), update)
    assert (call.name, call.given) == (name, given)


def test_a_later_update_that_tells_less_takes_nothing_away() -> None:
    announced = merged(AcpCall(), {"kind": "edit", "title": "E", "content": [DIFF], "rawInput": {"file_path": "/w/a"}})
    later = merged(announced, {"status": "completed", "content": [{"type": "content", "content": {"type": "text"}}]})
    assert later.given == announced.given
    assert later.title == "E"


def test_what_is_kept_of_a_call_is_bounded_whatever_the_agent_says() -> None:
    raw: dict[str, Any] = {"command": "x" * 1_000_000, "more": [{"deep": "y" * 100_000}] * 1000}
    diff = DIFF | {"newText": "z" * 8_000_000}
    call = merged(AcpCall(), {"kind": "other", "rawInput": raw, "content": [diff]})
    assert len(json.dumps([call.given, call.raw, list(call.content)])) < 3_000_000
    place = Stood()
    for number in range(1000):
        place = replace(place, calls=place.with_call(str(number), AcpCall("sevt_1", is_over=True)))
    assert len(place.calls) <= 60


def test_a_result_shows_what_the_agent_told_of_it() -> None:
    said = {"type": "content", "content": {"type": "text", "text": "fine"}}
    call = merged(AcpCall(), {"content": [said, DIFF]})
    told = outcome(call, {"status": "failed"})
    assert told is not None
    assert told.is_error
    assert told.content[0]["text"] == "fine\n--- /w/a\n+++ /w/a\n@@ -1 +1 @@\n-one\n+two"
    assert outcome(call, {"status": "in_progress"}) is None
    raw = outcome(AcpCall(), {"status": "completed", "rawOutput": {"output": "raw"}})
    assert raw is not None
    assert raw.content[0]["text"] == "raw"


@pytest.mark.parametrize(
    ("update", "tools", "mode", "permission"),
    [
        ({"kind": "execute", "rawInput": {"command": "make"}}, (TOOLSET,), "", "allow"),
        ({"kind": "execute", "rawInput": {"command": "make"}}, (asking("bash"),), "", "ask"),
        ({"kind": "execute", "rawInput": {"command": "make"}}, (TOOLSET,), "ask", "ask"),
        ({"kind": "execute", "rawInput": {"command": "make"}}, (), "", "allow"),
        ({"kind": "read", "locations": [{"path": "/w/a"}]}, (TOOLSET,), "ask", "allow"),
        ({"kind": "edit", "content": [DIFF]}, (TOOLSET,), PLAN, "deny"),
        ({"kind": "other", "title": "Agent"}, (TOOLSET,), "", "allow"),
        ({"kind": "other", "title": "Agent"}, (TOOLSET,), PLAN, "ask"),
        ({"kind": "other", "title": "Agent"}, (TOOLSET,), "allow", "allow"),
        ({"kind": "switch_mode", "rawInput": {"plan": "First"}}, (TOOLSET,), "allow", "ask"),
    ],
)
def test_policies_and_modes_hold_for_calls_of_others(
    update: dict[str, Any], tools: tuple[Any, ...], mode: str, permission: str
) -> None:
    described = agent(*tools) if tools else agent() | {"tools": []}
    found = verdict(RuledGate(Rules(())), session(described, mode=mode), merged(AcpCall(), update))
    assert found.permission == permission


def test_a_request_is_answered_for_once_and_never_for_good_where_there_is_a_choice() -> None:
    options = [{"optionId": kind, "kind": kind} for kind in ("allow_always", "allow_once", "reject_once")]
    assert answer(options, allowed=True) == {"outcome": {"outcome": "selected", "optionId": "allow_once"}}
    assert answer(options, allowed=False) == {"outcome": {"outcome": "selected", "optionId": "reject_once"}}
    assert answer([{"optionId": "x", "kind": "of_tomorrow"}], allowed=True) == {"outcome": {"outcome": "cancelled"}}


@pytest.mark.parametrize(
    ("offered", "current", "plans", "wanted"),
    [
        (("auto", "default", "plan"), "auto", False, "default"),
        (("auto", "default", "plan"), "auto", True, "plan"),
        (("build", "plan"), "build", False, "build"),
        (("build", "plan"), "plan", False, "build"),
        (("https://agent/modes#ask", "https://agent/modes#plan"), "", True, "https://agent/modes#plan"),
        ((), "", True, ""),
    ],
)
def test_an_agent_is_put_into_the_mode_in_which_it_asks(
    offered: tuple[str, ...], current: str, plans: bool, wanted: str
) -> None:
    assert wanted_mode(offered, current, plans=plans) == wanted


def test_where_a_conversation_stands_is_read_back_as_it_was_written() -> None:
    place = Stood(
        talk="acp_1",
        said=3,
        heard=9,
        unsent={"3": "{}"},
        calls={"c": AcpCall("sevt_1", "bash", given={"command": "ls"}, is_begun=True)},
        asks={"sevt_1": AcpAsk(7, [{"optionId": "a"}], "c")},
    )
    assert stood([ACP_STOOD.made("sesn_1", now(), place.body)]) == place
    assert stood([]) == Stood()
