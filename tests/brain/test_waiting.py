"""What a session waits for is said while it lasts: a pause before the model is asked again, and a model without a free slot."""

from __future__ import annotations

import asyncio

from tests.brain.stage import SESSION_ID, Stage, play
from tests.trivial.model import says
from workbench.contracts.brain import ModelFault, ModelWaits, TextDelta
from workbench.contracts.values import Preview, WorkProgress

WAIT_S = 20.0
BUSY = ModelFault("model_rate_limited_error", "429: too many requests", retry=True)


async def said(stage: Stage, count: int) -> list[str]:
    """What a follower that comes now hears of waiting."""
    follower, texts = stage.log.follow(SESSION_ID), list[str]()
    async with asyncio.timeout(WAIT_S):
        while len(texts) < count:
            frame = await anext(follower)
            if isinstance(frame, Preview) and isinstance(frame.event, WorkProgress):
                texts.append(frame.event.text)
    await follower.aclose()
    return texts


def test_a_pause_before_the_model_is_asked_again_is_said_while_it_lasts() -> None:
    async def story() -> None:
        stage = Stage(script=[(BUSY,), says("Done.")], pause=asyncio.Event())
        await stage.say("Hi")
        waking = asyncio.create_task(stage.wake())
        assert await said(stage, 1) == ["asks the model again after 1 s…"]
        # Who comes later hears it too, until it is over.
        assert await said(stage, 1) == ["asks the model again after 1 s…"]
        assert stage.pause is not None
        stage.pause.set()
        await waking
        assert stage.log.unfinished(SESSION_ID) == []

    play(story)


def test_a_request_that_waits_for_its_model_says_so_until_something_comes() -> None:
    async def story() -> None:
        free, done = asyncio.Event(), asyncio.Event()
        stage = Stage(script=[(ModelWaits("busy…"), free, TextDelta(0, "Done."), done, *says("Done."))])
        await stage.say("Hi")
        waking = asyncio.create_task(stage.wake())
        assert await said(stage, 1) == ["busy…"]
        over = asyncio.create_task(said(stage, 2))
        await asyncio.sleep(0)
        free.set()
        # Over with the first word, and not only with the last.
        assert await over == ["busy…", ""]
        done.set()
        await waking
        assert stage.log.unfinished(SESSION_ID) == []

    play(story)
