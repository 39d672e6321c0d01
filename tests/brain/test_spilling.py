"""Results that are too long for a conversation."""

from __future__ import annotations

import asyncio

import pytest

from tests.brain.stage import INTERRUPT, SESSION_ID, Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls
from workbench.brain import oversized_results
from workbench.contracts.values import Call, Outcome, text_outcome

LONG = "begin" + "x" * oversized_results.MOST_CHARACTERS + "end"


def reading(*, whole: Outcome, write_fails: bool = False) -> tuple[Stage, list[Call]]:
    """A session whose model reads once, and the writes that this causes."""
    written: list[Call] = []

    def gives(call: Call) -> Outcome:
        if call.name != "write":
            return whole
        written.append(call)
        return text_outcome("write: no space left on device", is_error=True) if write_fails else text_outcome("ok")

    return Stage(script=[calls(("read", {"file_path": "a"}))], hands=ScriptedHands(gives=gives)), written


def test_a_long_result_goes_to_a_file_and_the_model_gets_both_ends_and_the_path() -> None:
    async def story() -> None:
        stage, written = reading(whole=text_outcome(LONG))
        await stage.say("Read a")
        await stage.wake()
        ((call, text, is_error),) = stage.results()
        path = f"/tmp/tool-results/{call}.txt"
        assert [one.input for one in written] == [{"file_path": path, "content": LONG}]
        assert not is_error
        assert text.startswith(f"The output is {len(LONG)} characters long; all of it is in {path}.")
        assert "begin" in text
        assert text.endswith("end")
        assert len(text) < oversized_results.MOST_CHARACTERS / 10
        shown = stage.model.requests[1].body["messages"][-1]["content"][0]["content"]
        assert shown == [{"type": "text", "text": text}]
        assert stage.hands.acknowledged == [written[0].id, call]

    play(story)


def test_a_result_of_exactly_the_limit_stays_whole() -> None:
    async def story() -> None:
        whole = "x" * oversized_results.MOST_CHARACTERS
        stage, written = reading(whole=text_outcome(whole))
        await stage.say("Read a")
        await stage.wake()
        assert stage.results()[0][1] == whole
        assert written == []

    play(story)


def test_images_stay_beside_the_preview_and_an_error_stays_an_error() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    whole = Outcome(({"type": "text", "text": LONG}, image), is_error=True)
    short = oversized_results.shortened("sevt_1", whole, text_outcome("ok"))
    assert (short.content[1:], short.is_error) == ((image,), True)


def test_a_preview_says_when_the_file_could_not_be_written() -> None:
    async def story() -> None:
        stage, _ = reading(whole=text_outcome(LONG), write_fails=True)
        await stage.say("Read a")
        await stage.wake()
        ((_, text, _),) = stage.results()
        assert "could not be kept in a file (write: no space left on device)" in text
        assert "/tmp/tool-results" not in text

    play(story)


@pytest.mark.parametrize("end", ["interrupt", "crash"])
def test_a_writing_cut_short_still_leaves_the_call_one_result(end: str) -> None:
    async def story() -> None:
        stage, _ = reading(whole=text_outcome(LONG))
        stage.hands.gates["write"] = asyncio.Event()
        await stage.say("Read a")
        async with asyncio.TaskGroup() as group:
            wake = group.create_task(stage.wake())
            await stage.until_executed(2)
            if end == "interrupt":
                await stage.send(INTERRUPT)
            else:
                await stage.crash(wake)
                stage.hands.executed.pop()
                stage.hands.gates.clear()
        await stage.wake()
        ((_, text, _),) = stage.results()
        assert ("the writing was interrupted" if end == "interrupt" else "all of it is in") in text
        assert stage.log.state(SESSION_ID).status == "idle"

    play(story)
