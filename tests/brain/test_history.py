"""An agent that reads its own session again."""

from __future__ import annotations

import pytest

from tests.brain.stage import TOOLSET, Stage, agent, message, play
from tests.brain.test_compaction import ROOM
from tests.brain.test_context import START, log, result, said, use
from tests.trivial.model import calls, says, weighing
from workbench.brain.history_tool import recalled
from workbench.contracts.agent_tools import definitions
from workbench.contracts.values import Json
from workbench.events import text_of
from workbench.permissions.gate import judge
from workbench.permissions.rules import Rules

OWN: Json = {"type": "custom", "name": "session_history", "description": "Mine.", "input_schema": {"type": "object"}}
LIFE = log(message("Read it"), START, said("Now."), use(1, "read"), result(1, "It says Ahoy."), message("Thanks"))


def told(**asked: object) -> str:
    return text_of(recalled(LIFE, asked).content)


def test_what_was_summed_up_can_be_read_again_without_a_sandbox() -> None:
    async def story() -> None:
        recall = calls(("session_history", {"search": "secret"}))
        script = [weighing(says("Noted."), 900), says("The summary."), recall, says("It is 42.")]
        stage = Stage(script=script, room=ROOM)
        await stage.say("The secret is 42")
        await stage.wake()
        await stage.say("What was it?")
        await stage.wake()
        (use,) = stage.bodies("agent.tool_use")
        assert (use["evaluated_permission"], use["evaluation"]) == ("allow", {"type": "always_allow"})
        assert stage.results() == [(use["id"], "#1 user.message: The secret is 42", False)]
        assert stage.hands.executed == []

    play(story)


def test_events_are_chosen_by_number_and_by_text() -> None:
    everything = [
        "#1 user.message: Read it",
        "#3 agent.message: Now.",
        '#4 agent.tool_use: read {"n": 1}',
        "#5 agent.tool_result: It says Ahoy.",
        "#6 user.message: Thanks",
    ]
    assert told() == "\n\n".join(everything)
    assert told(from_event=3, to_event=4) == "\n\n".join(everything[1:3])
    assert told(search="ahoy") == everything[3]
    assert told(from_event=6, search="ahoy") == "No event of this session fits. They are numbered 1 to 6."


def test_the_answer_is_bounded_and_says_where_to_go_on() -> None:
    life = log(*(message(f"{number} " + "x" * 5000) for number in range(100)))
    many = text_of(recalled(life, {}).content)
    assert len(many) < 50_000
    number = int(many.rsplit("from_event ", 1)[1].rstrip(".)"))
    assert f"#{number - 1} " in many
    assert text_of(recalled(life, {"from_event": 7, "to_event": 7}).content).endswith("6 " + "x" * 5000)


def test_what_was_read_again_is_not_found_again() -> None:
    again = log(message("Ahoy"), use(1, "session_history"), result(1, "#1 user.message: Ahoy"))
    assert text_of(recalled(again, {"search": "ahoy"}).content) == "#1 user.message: Ahoy"


@pytest.mark.parametrize("asked", [{"from_event": "one"}, {"to_event": 0}, {"search": 3}, {"from_event": True}])
def test_what_is_asked_wrongly_is_an_error_that_helps(asked: Json) -> None:
    outcome = recalled(LIFE, asked)
    assert outcome.is_error
    assert "whole numbers" in text_of(outcome.content)


def test_it_is_offered_beside_built_in_tools_and_gives_way_to_a_tool_of_the_same_name() -> None:
    off = {**TOOLSET, "default_config": {"enabled": False}}
    assert definitions(agent(off)) == []
    assert judge(agent(off), "session_history", {}, Rules()).permission == "deny"
    (own,) = [tool for tool in definitions(agent(TOOLSET, OWN)) if tool["name"] == "session_history"]
    assert own["description"] == "Mine."
    assert judge(agent(TOOLSET, OWN), "session_history", {}, Rules()).custom
