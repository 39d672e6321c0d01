"""Streams as they are sent: signs of life between frames and never within one, and an end as soon as the client has gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from starlette.types import Message

from workbench.api.streams import PING, EventStream

WAIT_S = 20.0


class Client:
    """Takes parts as long as it is `open`."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()
        self.gone = asyncio.Event()
        self.arrived = asyncio.Event()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.parts.append(message["body"])
            self.arrived.set()
            await self.open.wait()

    async def until(self, part: bytes, count: int = 1) -> None:
        while self.parts.count(part) < count:
            self.arrived.clear()
            await self.arrived.wait()


class Frames:
    """Gives what is put; says whether it was closed."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.is_closed = False

    async def given(self) -> AsyncGenerator[bytes, None]:
        try:
            while (part := await self.queue.get()) is not None:
                yield part
        finally:
            self.is_closed = True


def test_a_silent_stream_shows_signs_of_life_until_its_client_goes() -> None:
    async def story() -> None:
        client, frames = Client(), Frames()
        stream = EventStream(frames.given(), life_s=0.02)
        async with asyncio.timeout(WAIT_S):
            streaming = asyncio.create_task(stream({"type": "http"}, client.receive, client.send))
            frames.queue.put_nowait(b"one")
            await client.until(PING, 2)
            frames.queue.put_nowait(b"two")
            await client.until(b"two")
            await client.until(PING, 3)
            client.gone.set()
            await streaming
        assert [part for part in client.parts if part != PING] == [b"one", b"two"]
        assert frames.is_closed

    asyncio.run(story())


def test_a_client_that_takes_nothing_is_sent_no_signs_of_life() -> None:
    async def story() -> None:
        client, frames = Client(), Frames()
        stream = EventStream(frames.given(), life_s=0.01)
        async with asyncio.timeout(WAIT_S):
            streaming = asyncio.create_task(stream({"type": "http"}, client.receive, client.send))
            client.open.clear()
            frames.queue.put_nowait(b"one")
            await client.until(b"one")
            await asyncio.sleep(0.1)
            assert client.parts == [b"one"]
            client.open.set()
            frames.queue.put_nowait(None)
            await streaming
        assert [part for part in client.parts if part != PING] == [b"one", b""]
        assert frames.is_closed

    asyncio.run(story())


def test_a_stream_that_promises_no_signs_of_life_sends_its_parts_alone() -> None:
    async def story() -> None:
        client, frames = Client(), Frames()
        async with asyncio.timeout(WAIT_S):
            streaming = asyncio.create_task(EventStream(frames.given())({"type": "http"}, client.receive, client.send))
            frames.queue.put_nowait(b"half a fr")
            await asyncio.sleep(0.05)
            frames.queue.put_nowait(b"ame")
            frames.queue.put_nowait(None)
            await streaming
        assert client.parts == [b"half a fr", b"ame", b""]

    asyncio.run(story())
