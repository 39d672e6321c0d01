"""Heads go out with the beginning of their body where that is there, and never wait for one that is not."""

from __future__ import annotations

import asyncio

import h11

from workbench.vault.proxy.wire import Wire

HEAD = h11.Request(method="POST", target="/", headers=[("host", "a"), ("content-length", "2")])
WRITTEN = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n"


class Sink:
    """Keeps each write."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, content: bytes, /) -> None:
        self.writes.append(content)

    async def drain(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


def wired() -> tuple[Sink, Wire]:
    sink = Sink()
    return sink, Wire(asyncio.StreamReader(), sink, is_server=False)


def test_a_head_and_a_body_that_is_there_are_one_write() -> None:
    async def story() -> None:
        sink, wire = wired()

        async def body() -> None:
            wire.write(h11.Data(data=b"ok"))
            wire.write(h11.EndOfMessage())

        wire.hold(HEAD)
        sending = asyncio.create_task(body())
        wire.write_held()
        await sending
        await asyncio.sleep(0)
        assert [one for one in sink.writes if one] == [WRITTEN + b"ok"]

    asyncio.run(story())


def test_a_head_whose_body_comes_later_goes_out_at_once() -> None:
    async def story() -> None:
        sink, wire = wired()
        wire.hold(HEAD)
        wire.write_held()
        await asyncio.sleep(0)
        assert sink.writes == [WRITTEN]
        wire.write(h11.Data(data=b"ok"))
        assert sink.writes == [WRITTEN, b"ok"]

    asyncio.run(story())


def test_a_head_that_is_held_as_its_connection_is_closed_goes_nowhere() -> None:
    async def story() -> None:
        sink, wire = wired()
        wire.hold(HEAD)
        wire.write_held()
        wire.close()
        await asyncio.sleep(0)
        assert sink.writes == []

    asyncio.run(story())
