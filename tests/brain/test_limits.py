"""A turn that gets nowhere ends by itself, and says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.brain.stage import Stage, play
from tests.trivial.model import Answer, calls, says
from workbench.brain.written_calls import written_call

RUN: Answer = calls(("bash", {"command": "x"}))
CUT: Answer = calls(("bash", {"command": "x"}), stop_reason="max_tokens")


def errors(stage: Stage) -> list[tuple[str, str]]:
    return [(body["error"]["type"], body["error"]["retry_status"]["type"]) for body in stage.bodies("session.error")]


def with_patience(stage: Stage, *, cut_calls: int = 4, tool_rounds: int = 500) -> Stage:
    patience = replace(stage.brain.patience, cut_calls=cut_calls, tool_rounds=tool_rounds)
    stage.brain = replace(stage.brain, patience=patience)
    return stage


def test_a_turn_has_at_most_so_many_rounds_of_tools_and_the_next_message_goes_on() -> None:
    async def story() -> None:
        stage = with_patience(Stage(script=[RUN, RUN, RUN, RUN, says("Done.")]), tool_rounds=3)
        await stage.say("Go")
        await stage.wake()
        assert errors(stage) == [("tool_use_limit_reached_error", "exhausted")]
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]
        assert len(stage.model.requests) == 3
        await stage.say("Go on")
        await stage.wake()
        assert stage.stop_reasons()[1:] == [{"type": "end_turn"}]

    play(story)


def test_answers_that_are_cut_in_their_only_call_end_the_turn_and_run_nothing() -> None:
    async def story() -> None:
        stage = with_patience(Stage(script=[CUT] * 9), cut_calls=2)
        await stage.say("Go")
        await stage.wake()
        assert errors(stage) == [("tool_use_limit_reached_error", "exhausted")]
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]
        assert (len(stage.model.requests), stage.hands.executed) == (3, [])

    play(story)


def test_a_whole_answer_between_two_cut_ones_begins_the_count_anew() -> None:
    async def story() -> None:
        stage = with_patience(Stage(script=[CUT, RUN, CUT, says("Done.")]), cut_calls=1)
        await stage.say("Go")
        await stage.wake()
        assert (errors(stage), stage.stop_reasons()) == ([], [{"type": "end_turn"}])

    play(story)


def test_an_answer_that_is_nothing_but_a_call_in_words_is_told_and_does_not_end_as_if_all_were_done() -> None:
    async def story() -> None:
        stage = Stage(script=[says('```json\n{"name": "bash", "arguments": {"command": "ls"}}\n```')])
        await stage.say("List the files")
        await stage.wake()
        (error,) = stage.bodies("session.error")
        assert error["error"]["message"].startswith("This model wrote a call of 'bash' as text")
        assert stage.types.index("agent.message") < stage.types.index("session.error")
        assert stage.stop_reasons() == [{"type": "retries_exhausted"}]
        assert stage.hands.executed == []

    play(story)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('```json\n{"name": "bash", "arguments": {"command": "ls"}}\n```', "bash"),
        ('```\n{"name": "bash", "parameters": {}}\n```\n', "bash"),
        ('{"name": "bash", "input": {"command": "ls"}}', "bash"),
        ('<tool_call>\n{"name": "bash", "arguments": {}}\n</tool_call>', "bash"),
        ('{"type": "function", "function": {"name": "bash", "arguments": "{}"}}', "bash"),
        ('[{"name": "bash", "arguments": {}}]', None),
        ('{"name": "paint", "arguments": {}}', None),
        ('{"name": "bash"}', None),
        ('I would run:\n```json\n{"name": "bash", "arguments": {}}\n```', None),
        ("```sh\nls\n```", None),
        ("Done.", None),
        ("```json\n{\n```", None),
    ],
)
def test_a_call_in_words_is_known_only_where_nothing_else_is_said(text: str, name: str | None) -> None:
    assert written_call(text, ["bash", "read"]) == name
