"""Lines of a conversation that outlives an engine: numbered, kept until they are heard, taken once."""

from __future__ import annotations

import asyncio

from sandboxes.runner.frames import Frame
from sandboxes.runner.lasting import UNHEARD_LIMIT_BYTES, Lasting


def test_what_is_not_heard_is_told_again_in_order_and_then_the_end() -> None:
    told: list[Frame] = []
    lasting = Lasting("talk", told.append)
    for word in ("one", "two", "three"):
        lasting.say(word)
    lasting.forget({"through": 1})
    lasting.end({"kind": "ended", "id": "talk", "code": 0})
    told.clear()
    lasting.rejoin({"after": 1})
    assert [(one["kind"], one.get("n"), one.get("line")) for one in told] == [
        ("rejoined", None, None),
        ("line", 2, "two"),
        ("line", 3, "three"),
        ("ended", None, None),
    ]
    assert told[0]["has_ended"] is True


def test_a_line_of_the_engine_is_taken_once() -> None:
    told: list[Frame] = []
    lasting = Lasting("talk", told.append)
    assert [lasting.is_new({"n": number}) for number in (1, 2, 2, 1, 3)] == [True, True, False, False, True]
    lasting.rejoin({"after": 0})
    assert told[0]["took"] == 3


def test_a_program_waits_with_its_words_while_too_much_is_unheard() -> None:
    async def story() -> None:
        lasting = Lasting("talk", lambda _: None)
        lasting.say("x" * UNHEARD_LIMIT_BYTES)
        waiting = asyncio.create_task(lasting.drain())
        done, _ = await asyncio.wait({waiting}, timeout=0.01)
        assert not done
        lasting.forget({"through": 1})
        await asyncio.wait_for(waiting, 5)

    asyncio.run(story())
