"""What no request and no file can hold never stops a session, nor comes back at every turn."""

from __future__ import annotations

import json

import pytest

from tests.brain.stage import THREAD_ID, Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import Answer, answers, calls, says
from workbench import events
from workbench.brain.event_writer import EventWriter
from workbench.contracts.brain import Reply, TextDelta
from workbench.contracts.facts import MCP_LISTED
from workbench.contracts.values import MOST_TOKENS, Json, Outcome, text_outcome
from workbench.models.stream import BrokenStream, Draft
from workbench.text.strict_json import mended

HALF = "\ud83d"
RUN: Answer = calls(("bash", {"command": "x"}))


async def lived(stage: Stage) -> None:
    """Two turns, after which everything written and asked can be carried as UTF-8."""
    await stage.say("Go")
    await stage.wake()
    await stage.say("And on")
    await stage.wake()
    assert all(events.dump_json(event).encode() for event in stage.events)
    assert all(json.dumps(request.body, ensure_ascii=False).encode() for request in stage.model.requests)
    assert stage.stop_reasons() == [{"type": "end_turn"}] * 2


@pytest.mark.parametrize(
    "answer",
    [
        says(f"a{HALF}b"),
        calls(("bash", {"command": HALF, HALF: [HALF]})),
        calls((HALF, {})),
        calls(("functions.bash/$", {"command": "x"})),
        calls(("", {})),
        calls(("x" * 1000, {})),
        answers([{"type": "hologram"}], stop_reason="a_new_reason"),
        [
            Reply(
                ({"type": "text", "text": "x"},),
                "end_turn",
                {"input_tokens": "many", "output_tokens": -1, "speed": "warp"},
            )
        ],
    ],
    ids=["half text", "half input", "half name", "odd name", "no name", "long name", "unknown block", "odd usage"],
)
def test_whatever_the_model_says_the_session_lives_on(answer: Answer) -> None:
    async def story() -> None:
        stage = Stage(script=[answer])
        await lived(stage)
        for request in stage.model.requests:
            for turn in request.body["messages"]:
                names = [block["name"] for block in turn["content"] if block["type"] == "tool_use"]
                assert all(0 < len(name) <= 128 and name.replace("_", "").isalnum() for name in names if name != "_")

    play(story)


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [
        (text_outcome(f"a{HALF}b"), "a\ufffdb"),
        (
            Outcome(({"type": "text", "text": "a"}, {"type": "audio", "data": "x"})),
            "a\n[a block of type 'audio', which cannot be shown here]",
        ),
        (Outcome(({"type": "text"},)), "[a block of type 'text', which cannot be shown here]"),
        (Outcome(({"kind": "text"},)), "[a block of type None, which cannot be shown here]"),
        (Outcome(()), ""),
    ],
    ids=["half text", "unknown block", "no text", "no type", "nothing"],
)
def test_whatever_a_tool_gives_the_session_lives_on(outcome: Outcome, shown: str) -> None:
    async def story() -> None:
        stage = Stage(script=[RUN], hands=ScriptedHands(gives=lambda _: outcome))
        await lived(stage)
        assert [text for _, text, _ in stage.results()] == [shown]

    play(story)


def test_halves_are_mended_and_whole_characters_stay() -> None:
    assert mended({"a": ["é😀", "\ud83d\ude00", f"x{HALF}", 1, None]}) == {"a": ["é😀", "😀", "x\ufffd", 1, None]}


def drafted(block: Json, *deltas: Json) -> Draft:
    draft = Draft()
    draft.add({"type": "content_block_start", "index": 0, "content_block": block})
    for delta in deltas:
        draft.add({"type": "content_block_delta", "index": 0, "delta": delta})
    draft.add({"type": "message_delta", "delta": {"stop_reason": "end_turn"}})
    draft.add({"type": "message_stop"})
    return draft


def test_previews_and_reply_are_mended_alike() -> None:
    draft = Draft()
    draft.add({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    delta = {"type": "text_delta", "text": HALF}
    assert draft.add({"type": "content_block_delta", "index": 0, "delta": delta}) == TextDelta(0, "\ufffd")
    whole = drafted({"type": "text", "text": ""}, delta).reply()
    assert whole.content == ({"type": "text", "text": "\ufffd"},)
    call = drafted({"type": "tool_use", "id": "t", "name": "bash"}, {"type": "input_json_delta", "partial_json": '"'})
    with pytest.raises(BrokenStream, match="not JSON"):
        call.reply()


def test_a_call_without_a_name_is_a_broken_answer() -> None:
    with pytest.raises(BrokenStream, match="no name"):
        drafted({"type": "tool_use", "id": "t", "name": None}).reply()


@pytest.mark.parametrize(
    "written",
    ['{"seconds": NaN}', '{"seconds": -Infinity}', '{"seconds": 1e999}', '{"n": ' + "9" * 5000 + "}", '{"a": ' * 300 + "1" + "}" * 300, '{"a": ' * 5000 + "1" + "}" * 5000],
    ids=["NaN", "infinity", "1e999", "5,000 digits", "300 deep", "5,000 deep"],
)  # fmt: skip
def test_a_call_that_cannot_be_kept_is_answered_with_why_and_the_session_goes_on(written: str) -> None:
    draft = Draft()
    block = {"type": "tool_use", "id": "toolu_1", "name": "bash", "input": {}}
    for event in (
        {"type": "message_start", "message": {"usage": {"input_tokens": 2**63, "output_tokens": float("nan")}}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": written}},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 10**40}},
        {"type": "message_stop"},
    ):
        draft.add(event)

    async def story() -> None:
        stage = Stage(script=[[draft.reply()]])
        await lived(stage)
        assert stage.hands.executed == []
        ((_, text, is_error),) = stage.results()
        assert is_error
        assert text.startswith("This call did not run, as its input cannot be kept: it ")
        (end, *_) = stage.bodies("span.model_request_end")
        assert (end["model_usage"]["input_tokens"], end["model_usage"]["output_tokens"]) == (MOST_TOKENS, MOST_TOKENS)

    play(story)


def test_a_servers_tools_with_numbers_that_are_none_are_kept_without_them() -> None:
    found = {"name": "x", "description": "x", "input_schema": {"type": "object", "maximum": float("inf")}}

    async def story() -> None:
        stage = Stage()
        writer = EventWriter(stage.described, THREAD_ID, stage.log.clock)
        assert writer.fact(MCP_LISTED, tools=[found]).body["tools"][0]["input_schema"]["maximum"] is None

    play(story)
