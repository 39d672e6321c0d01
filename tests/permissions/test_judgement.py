"""Calls under the policy `auto` that no rule settles."""

from __future__ import annotations

import asyncio

import pytest

from tests.brain import invariants
from tests.brain.invariants import asks_for_a_judgement
from tests.brain.stage import (
    END,
    INTERRUPT,
    SESSION_ID,
    START,
    Stage,
    agent,
    confirm,
    judging,
    message,
    play,
    session,
    turn,
)
from tests.brain.test_context import log, use
from tests.trivial.model import USAGE, Answer, calls, says, weighing
from workbench.contracts.brain import ModelFault
from workbench.contracts.permissions import Permission
from workbench.contracts.values import Json
from workbench.permissions import judgement
from workbench.permissions.judgement import answers, denials_in_a_row
from workbench.permissions.rules import load

MAKE: Answer = calls(("bash", {"command": "make"}), text="I shall make it, because of REASONS.")
ALLOWED: Json = {"type": "auto", "evaluated_permission": {"type": "allow"}}
ASKED: Json = {"type": "auto", "evaluated_permission": {"type": "ask", "reason_code": "indeterminate"}}
DENIED: Json = {"type": "auto", "evaluated_permission": {"type": "deny", "reason_code": "high_risk"}}
DENIED_TEXT = "Permission to use bash has been denied."


def staged(*script: Answer, model: str = "claude-opus-5", names: tuple[str, ...] = ("bash",)) -> Stage:
    return Stage(session(agent(judging(*names), model=model)), list(script), rules=load(None))


def evaluations(stage: Stage) -> list[Json]:
    return [body["evaluation"] for body in stage.bodies("agent.tool_use")]


def test_a_call_that_is_judged_safe_runs_and_its_judgement_has_a_span_of_its_own() -> None:
    async def story() -> None:
        stage = staged(MAKE, says("1 low"), says("Done."))
        await stage.say("Build it")
        await stage.wake()
        steps = [START, "agent.message", END, START, END, "agent.tool_use", "agent.tool_result"]
        assert stage.types == turn(*steps, START, "agent.message", END)
        assert evaluations(stage) == [ALLOWED]
        assert stage.results() == [(stage.ids("agent.tool_use")[0], "bash ran", False)]
        assert stage.bodies("session.usage")[0]["usage"]["input_tokens"] == 3 * USAGE["input_tokens"]
        assert stage.bodies("agent.message")[-1]["content"][0]["text"] == "Done."

    play(story)


def test_the_judgement_sees_the_users_words_and_the_call_but_not_the_agents() -> None:
    async def story() -> None:
        stage = staged(MAKE, says("1 low"))
        await stage.say("Build it")
        await stage.wake()
        (request,) = [one for one in stage.model.requests if asks_for_a_judgement(one)]
        shown = request.body["messages"][0]["content"][0]["text"]
        assert '"Build it"' in shown
        assert '1 {"tool": "bash", "input": {"command": "make"}}' in shown
        assert "REASONS" not in str(request.body)
        assert "tools" not in request.body
        assert request.body["model"] == "claude-opus-5"

    play(story)


def test_a_call_that_is_judged_of_high_risk_is_denied_in_the_documented_words() -> None:
    async def story() -> None:
        stage = staged(MAKE, says("1 high"), says("Then not."))
        await stage.say("Build it")
        await stage.wake()
        (use,) = stage.bodies("agent.tool_use")
        assert (use["evaluated_permission"], use["evaluation"]) == ("deny", DENIED)
        assert stage.results() == [(use["id"], DENIED_TEXT, True)]
        assert stage.hands.executed == []
        assert stage.stop_reasons() == [{"type": "end_turn"}]

    play(story)


@pytest.mark.parametrize(
    "answer",
    [
        says("1 unclear"),
        says("I think this is fine: low"),
        says("1 low\n2 low"),
        says("1 low", stop_reason="max_tokens"),
        says(""),
        [ModelFault("model_overloaded_error", "Busy.", retry=True)],
    ],
    ids=["unclear", "chat", "one too many", "cut", "empty", "fault"],
)
def test_without_a_clear_judgement_a_person_is_asked(answer: Answer) -> None:
    async def story() -> None:
        stage = staged(MAKE, answer, says("Done."))
        await stage.say("Build it")
        await stage.wake()
        assert evaluations(stage) == [ASKED]
        (use,) = stage.ids("agent.tool_use")
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [use]}]
        assert stage.bodies("session.error") == []
        await stage.send(confirm(use))
        await stage.wake()
        assert stage.hands.executed == [use]

    play(story)


def test_a_judgement_that_is_too_long_says_nothing_of_the_conversation() -> None:
    async def story() -> None:
        too_long: Answer = [ModelFault("model_request_failed_error", "Too long.", retry=False, context_too_long=True)]
        stage = staged(MAKE, too_long)
        await stage.say("Build it")
        await stage.wake()
        assert evaluations(stage) == [ASKED]
        assert await stage.log.facts(SESSION_ID, "context.overflowed") == []

    play(story)


def test_what_a_rule_settles_is_never_judged() -> None:
    async def story() -> None:
        script = calls(
            ("bash", {"command": "ls"}), ("bash", {"command": "rm -rf /"}), ("bash", {"command": "git push"})
        )
        stage = staged(script)
        await stage.say("Go")
        await stage.wake()
        assert evaluations(stage) == [ALLOWED, DENIED, ASKED]
        listing, removal, push = stage.ids("agent.tool_use")
        assert {call: text for call, text, _ in stage.results()} == {listing: "bash ran", removal: DENIED_TEXT}
        assert stage.stop_reasons() == [{"type": "requires_action", "event_ids": [push]}]
        assert len(stage.model.requests) == 1

    play(story)


def test_all_open_calls_of_an_answer_are_judged_at_once_and_stay_in_order() -> None:
    async def story() -> None:
        made = [("bash", {"command": command}) for command in ("make a", "ls", "make b")]
        stage = staged(calls(*made), says("1 high\n2 low"))
        await stage.say("Go")
        await stage.wake()
        assert evaluations(stage) == [DENIED, ALLOWED, ALLOWED]
        assert [body["input"]["command"] for body in stage.bodies("agent.tool_use")] == ["make a", "ls", "make b"]
        assert sum(map(asks_for_a_judgement, stage.model.requests)) == 1

    play(story)


def test_after_three_denials_in_a_row_the_next_call_asks() -> None:
    async def story() -> None:
        stage = staged(*[MAKE, says("1 high")] * 3, MAKE)
        await stage.say("Go")
        await stage.wake()
        assert evaluations(stage) == [DENIED, DENIED, DENIED, ASKED]
        assert sum(map(asks_for_a_judgement, stage.model.requests)) == 3

    play(story)


def test_a_row_of_denials_ends_with_a_call_that_ran_or_a_word_of_the_user() -> None:
    denied = {**use(1), "evaluated_permission": "deny", "evaluation": DENIED}
    ran = {**use(2), "evaluated_permission": "allow", "evaluation": ALLOWED}
    assert denials_in_a_row(log(denied, denied)) == 2
    assert denials_in_a_row(log(denied, ran, denied)) == 1
    assert denials_in_a_row(log(denied, message("Go on"))) == 0


def test_the_offline_model_is_asked_for_no_judgement() -> None:
    async def story() -> None:
        made = calls(("bash", {"command": "make"}), ("bash", {"command": "ls"}))
        stage = staged(made, model="offline")
        await stage.say("Go")
        await stage.wake()
        assert evaluations(stage) == [ASKED, ALLOWED]
        assert len(stage.model.requests) == 1

    play(story)


def test_a_call_too_long_to_be_shown_whole_asks_a_person() -> None:
    async def story() -> None:
        stage = staged(calls(("bash", {"command": "make " + "x" * 30_000})))
        await stage.say("Go")
        await stage.wake()
        assert evaluations(stage) == [ASKED]
        assert len(stage.model.requests) == 1

    play(story)


@pytest.mark.parametrize("end", ["interrupt", "crash"])
def test_a_judgement_cut_short_loses_no_call(end: str) -> None:
    async def story() -> None:
        never = asyncio.Event()
        stage = staged(MAKE, [never], says("1 low"), says("Done."))
        await stage.say("Go")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until(START, 2)
            await (stage.send(INTERRUPT) if end == "interrupt" else stage.crash(wake))
        await stage.wake()
        invariants.assert_log_is_at_rest(stage.events)
        ((_, text, _),) = stage.results()
        assert evaluations(stage) == [ASKED if end == "interrupt" else ALLOWED]
        assert (text == "bash ran") == (end == "crash")
        # The answer that made the call was paid once and is not asked for again.
        judged = [asks_for_a_judgement(one) for one in stage.model.requests]
        assert judged == ([False, True] if end == "interrupt" else [False, True, True, False])

    play(story)


def test_at_the_budget_nothing_is_judged_and_a_person_is_asked() -> None:
    async def story() -> None:
        cap = {"type": "limit", "max_list_cost": {"amount": "1", "currency": "USD"}}
        stage = staged(weighing(MAKE, 1_000_000))
        stage.change(budget=cap)
        await stage.say("Go")
        await stage.wake()
        assert evaluations(stage) == [ASKED]
        assert len(stage.model.requests) == 1

    play(story)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 low\n2 HIGH.", ["allow", "deny"]),
        ("1. low\n2) unclear\n", ["allow", "ask"]),
        ("2 low\n1 low", ["ask", "ask"]),
        ("1 low", ["ask", "ask"]),
        ("1 low\n2 low\nThat is all.", ["ask", "ask"]),
        ("low\nlow", ["ask", "ask"]),
    ],
)
def test_only_exactly_ordered_answers_count(text: str, expected: list[Permission]) -> None:
    assert answers(text, 2) == expected


def test_a_users_long_messages_are_shown_by_their_ends() -> None:
    request = judgement.request(session(), log(message("a" * 50_000), message("b")), [])
    assert len(str(request.body)) < 10_000
