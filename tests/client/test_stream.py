"""What both clients share: frames from bytes, refusals, and the pages of a list."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest

from workbench.api.streams import OPEN, PING, frame
from workbench.client.app import pages
from workbench.client.errors import refusal
from workbench.client.requests import Query, query_of_next_page, target
from workbench.client.stream import Frame, Frames

SENT = OPEN + frame("agent.message", '{"text": "a: b\\u2028é"}', 7) + PING + frame("feed.live", "{}")
FRAMES = [Frame("agent.message", {"text": "a: b\u2028é"}, 7), Frame("feed.live", {}, None)]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_frames_are_the_same_however_their_bytes_are_cut_and_no_sign_of_life_is_one(size: int) -> None:
    frames = Frames()
    pieces = [SENT[begin : begin + size] for begin in range(0, len(SENT), size)]
    assert [one for piece in pieces for one in frames.feed(piece)] == FRAMES


def test_a_frame_that_is_not_whole_is_not_given() -> None:
    assert list(Frames().feed(frame("agent.message", "{}")[:-1])) == []


def test_a_refusal_has_the_kind_and_message_of_the_api_or_else_what_was_answered() -> None:
    told = refusal(404, b'{"type": "error", "error": {"type": "not_found_error", "message": "no session"}}')
    assert (told.status, told.kind, told.message, str(told)) == (404, "not_found_error", "no session", "no session")
    other = refusal(502, b"<html>\xff")
    assert (other.status, other.kind, other.message) == (502, "api_error", "<html>\ufffd")


class Lists:
    """An engine with one list of three pages, which writes down how it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def get(self, path: str, query: Query = ()) -> dict[str, Any]:
        self.asked.append(target(path, query))
        page = int(dict(query).get("page", "0"))
        return {"data": [{"id": 2 * page}, {"id": 2 * page + 1}], "next_page": str(page + 1) if page < 2 else None}

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    async def post_for_bytes(self, path: str, body: Mapping[str, Any]) -> bytes:
        raise NotImplementedError

    async def delete(self, path: str) -> dict[str, Any]:
        raise NotImplementedError

    async def download(self, path: str) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield

    async def stream(self, path: str, query: Query = ()) -> AsyncGenerator[Frame, None]:
        raise NotImplementedError
        yield


def test_a_list_is_asked_for_page_by_page_with_its_own_query_each_time_and_no_further_than_it_is_read() -> None:
    async def whole() -> None:
        engine = Lists()
        assert [one["id"] async for one in pages(engine, "/v1/agents", [("limit", "2")])] == [0, 1, 2, 3, 4, 5]
        assert engine.asked == [
            "/v1/agents?limit=2",
            "/v1/agents?limit=2&page=1",
            "/v1/agents?limit=2&page=2",
        ]
        first = Lists()
        async for _ in pages(first, "/v1/agents"):
            break
        assert first.asked == ["/v1/agents"]

    asyncio.run(asyncio.wait_for(whole(), 10))
    assert query_of_next_page([], {"data": []}) is None
