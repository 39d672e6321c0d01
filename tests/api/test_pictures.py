"""Pictures over HTTP: what is too large for an endpoint is scaled down for each request, said, and stays whole in the log."""

from __future__ import annotations

import base64
from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play
from tests.messages_rules import fault_of
from tests.pictures import picture, sides
from tests.sandboxes.test_media import png
from tests.trivial.model import calls, says

WIDE = picture(9000, 4000)


def image(content: bytes, media_type: str = "image/png") -> dict[str, Any]:
    data = base64.b64encode(content).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def message(*blocks: dict[str, Any]) -> Any:
    return {"type": "user.message", "content": [{"type": "text", "text": "Look"}, *blocks]}


def content_of(stage: Stage, request: int = -1) -> list[Any]:
    body = stage.model.requests[request].body
    assert fault_of(body) is None
    blocks: list[Any] = body["messages"][0]["content"]
    return blocks


def without_marks(block: Any) -> Any:
    return {name: value for name, value in block.items() if name != "cache_control"}


def size_of(block: Any) -> tuple[str | None, int, int]:
    return sides(base64.b64decode(block["source"]["data"]))


def test_a_picture_over_the_limits_is_scaled_down_for_the_model_and_kept_whole_in_the_log() -> None:
    async def story(stage: Stage) -> None:
        session, client = await stage.session(), stage.client.beta
        stored = await client.files.upload(file=("wide.png", WIDE, "image/png"))
        named: Any = {"type": "image", "source": {"type": "file", "file_id": stored.id}}
        small = image(picture(300, 200))
        sent = client.sessions.events.send(session.id, events=[message(image(WIDE), named, small)])
        await stage.until_idle(session.id, then=sent)
        [_, first, second, third, *told] = content_of(stage)
        assert [size_of(one) for one in (first, second, third)] == [("PNG", 2000, 889)] * 2 + [("PNG", 300, 200)]
        said = f"[A picture above is scaled down from 9000x4000 pixels ({len(WIDE):,} bytes) to 2000x889 pixels"
        assert [block["text"].startswith(said) for block in told] == [True, True]
        [kept] = await stage.listed(session.id, types=["user.message"])
        assert base64.b64decode(kept.content[1].source.data) == WIDE
        await stage.until_idle(session.id, then=stage.say(session.id, "And now?"))
        assert [without_marks(one) for one in content_of(stage)[:6]] == [
            without_marks(one) for one in content_of(stage, 0)
        ]

    play(story, script=[says("Wide."), says("Still.")])


def test_the_21st_picture_lowers_the_limit_for_all() -> None:
    async def story(stage: Stage) -> None:
        session, events = await stage.session(), stage.client.beta.sessions.events
        large = image(picture(3000, 10))
        await stage.until_idle(session.id, then=events.send(session.id, events=[message(*[large] * 20)]))
        assert {size_of(block) for block in content_of(stage) if block["type"] == "image"} == {("PNG", 3000, 10)}
        await stage.until_idle(session.id, then=events.send(session.id, events=[message(large)]))
        assert [size_of(block) for block in content_of(stage)[1:21]] == [("PNG", 2000, 7)] * 20

    play(story, script=[says("20."), says("21.")])


def test_a_picture_that_cannot_be_scaled_down_is_a_word_and_the_session_goes_on() -> None:
    async def story(stage: Stage) -> None:
        session, events = await stage.session(), stage.client.beta.sessions.events
        # Whole as a file, and its pixels end after the first ones.
        sent = events.send(session.id, events=[message(image(png(9000, 2000)))])
        await stage.until_idle(session.id, then=sent)
        assert content_of(stage)[1]["text"] == (
            "(A picture stood here, and could not be scaled down for the model: it is damaged: it is cut off, or no such picture.)"
        )
        with pytest.raises(anthropic.BadRequestError, match="30000x30000 pixels"):
            await events.send(session.id, events=[message(image(picture(30000, 30000, mode="1")))])
        await stage.until_idle(session.id, then=stage.say(session.id, "Go on"))

    play(story, script=[says("Seen."), says("Gone on.")])


def test_a_picture_of_a_custom_tool_is_scaled_down_within_its_result() -> None:
    async def story(stage: Stage) -> None:
        tool: Any = {"type": "custom", "name": "shot", "description": "A picture.", "input_schema": {"type": "object"}}
        session = await stage.session(tools=[tool])
        await stage.until_idle(session.id, then=stage.say(session.id, "Take one"))
        [called] = await stage.listed(session.id, types=["agent.custom_tool_use"])
        result: Any = {"type": "user.custom_tool_result", "custom_tool_use_id": called.id, "content": [image(WIDE)]}
        sent = stage.client.beta.sessions.events.send(session.id, events=[result])
        await stage.until_idle(session.id, then=sent)
        body = stage.model.requests[-1].body
        assert fault_of(body) is None
        [shot, told] = body["messages"][-1]["content"][0]["content"]
        assert size_of(shot) == ("PNG", 2000, 889)
        assert told["text"].startswith("[A picture above is scaled down from 9000x4000")

    play(story, script=[calls(("shot", {})), says("Seen.")])
