"""What a faulty server sends costs neither memory nor time, and local servers are understood as they speak."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest

from tests import messages_server as wire
from tests.brain.stage import play
from tests.messages_server import MessagesServer
from tests.models.test_model import BODY, only_fault, played
from workbench.contracts.brain import (
    ModelRequest,
    ModelWaits,
    Reply,
    ReplyPart,
    TextDelta,
    ThinkingEnded,
    ThinkingStarted,
)
from workbench.contracts.values import Json
from workbench.models import bounded
from workbench.models.messages import MessagesModel, is_loopback
from workbench.models.slots import AT_FIRST, Slots
from workbench.models.stream import Draft
from workbench.settings import Endpoint


def sse(*events: Json) -> bytes:
    return b"".join(f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in events)


def test_an_endless_error_is_read_to_its_bound_and_told_in_one_short_sentence() -> None:
    fault = only_fault(wire.Answered(500, b"x" * (30 << 20)))
    assert fault.retry
    assert len(fault.message) < 2000


def test_a_gzip_bomb_is_no_more_than_its_bound() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20))
    fault = only_fault(wire.Answered(500, bomb, {"content-encoding": "gzip"}))
    assert len(fault.message) < 2000


def test_an_event_larger_than_any_model_sends_is_a_broken_stream() -> None:
    whole = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x" * (64 << 20)}}
    fault = only_fault(wire.Raw(sse(whole)))
    assert f"longer than {bounded.MOST_OF_A_LINE_BYTES} bytes" in fault.message


def test_an_answer_of_unknown_blocks_alone_is_said_to_be_one() -> None:
    events: list[Json] = [
        {"type": "message_start", "message": {}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "hologram", "data": "x"}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {"type": "message_stop"},
    ]
    fault = only_fault(wire.Told(tuple(events)))
    assert "only blocks that are not known here" in fault.message


def test_a_stream_as_llama_cpp_sends_it_is_whole() -> None:
    events: list[Json] = [
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "thinking", "thinking": "", "signature": ""},
        },
        {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_start", "index": 2, "content_block": {"type": "tool_use", "id": "x", "name": "bash"}},
        {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}},
        *({"type": "content_block_stop", "index": index} for index in range(3)),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use"},
            "usage": {"input_tokens": 12, "output_tokens": 5},
        },
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 6, "input_tokens": 0}},
        {"type": "message_stop"},
    ]

    async def story() -> None:
        parts = await played(wire.Told(tuple(events)))
        assert parts[:3] == [ThinkingStarted(), TextDelta(0, "Hi"), ThinkingEnded()]
        reply = parts[-1]
        assert isinstance(reply, Reply)
        assert reply.content[-1]["input"] == {"a": 1}
        assert reply.usage == {"input_tokens": 12, "output_tokens": 6}

    play(story)


def test_figures_of_the_last_message_delta_count_where_the_start_said_zero() -> None:
    draft = Draft()
    draft.add({"type": "message_start", "message": {"usage": {"input_tokens": 0, "output_tokens": 0}}})
    draft.add(
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"input_tokens": 31, "output_tokens": 4},
        }
    )
    assert draft.usage == {"input_tokens": 31, "output_tokens": 4}


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [
        (Endpoint("x", "http://127.0.0.1:8080"), True),
        (Endpoint("x", "http://[::1]:8080"), True),
        (Endpoint("x", "http://localhost:1234"), True),
        (Endpoint("x", "https://api.anthropic.com"), False),
        (Endpoint("x", "http://10.0.0.1:8080"), False),
    ],
)
def test_servers_of_this_machine_are_known_by_their_address(endpoint: Endpoint, local: bool) -> None:
    assert is_loopback(endpoint) is local


def test_more_requests_than_a_local_server_has_slots_wait_and_say_so() -> None:
    async def story() -> None:
        said: list[str] = []
        parts: asyncio.Queue[ReplyPart] = asyncio.Queue()
        waiting = asyncio.Event()

        def progress(sentence: str) -> None:
            said.append(sentence)
            waiting.set()

        async with MessagesServer(otherwise=lambda _: wire.Stall(0)) as server:
            model = MessagesModel(Endpoint("test", server.base_url), progress=progress)

            async def asked() -> None:
                async for part in model.reply(ModelRequest(BODY)):
                    parts.put_nowait(part)

            asking = [asyncio.create_task(asked()) for _ in range(AT_FIRST + 1)]
            async with asyncio.timeout(20):
                await waiting.wait()
            assert len(server.requests) <= AT_FIRST
            assert "waits for the model's slot" in said[0]
            assert (parts.get_nowait(), parts.empty()) == (ModelWaits(said[0]), True)
            for task in asking:
                task.cancel()
            await asyncio.wait(asking)
            # What goes on is a sentence with …; the last one that waits no more ends it.
            assert said[-1] == f"{server.base_url} answers."
            await model.aclose()

    play(story)


def test_a_gateway_of_this_machine_that_begins_all_that_it_is_given_is_given_all() -> None:
    """Thirty agents at work behind one address: none of them waits for four of them."""

    async def story() -> None:
        async with MessagesServer(otherwise=lambda _: wire.Stall()) as server:
            model = MessagesModel(Endpoint("test", server.base_url))
            begun: asyncio.Queue[None] = asyncio.Queue()

            async def asked() -> None:
                is_begun = False
                async for part in model.reply(ModelRequest(BODY)):
                    if not is_begun and not isinstance(part, ModelWaits):
                        is_begun = True
                        begun.put_nowait(None)

            asking = [asyncio.create_task(asked()) for _ in range(30)]
            async with asyncio.timeout(60):
                for _ in asking:
                    await begun.get()
            for task in asking:
                task.cancel()
            await asyncio.wait(asking)
            await model.aclose()

    play(story)


def test_a_server_that_lets_a_request_wait_is_given_four_again() -> None:
    async def story() -> None:
        slots = Slots()
        for _ in range(AT_FIRST):
            await slots.__aenter__()
        slots.begun()
        await slots.__aenter__()
        slots.begun()
        slots.left_waiting()
        await slots.__aenter__()
        assert slots.are_taken
        # Six are in flight: the first two that end make no place.
        for _ in range(2):
            await slots.__aexit__()
            assert slots.are_taken
        await slots.__aexit__()
        assert not slots.are_taken

    play(story)
