"""Lookups of names that many connections need at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from workbench.vault.proxy.resolving import KEPT_S, LookedUpOnce
from workbench.vault.proxy.wire import Gone, Wire


class Asked:
    """A resolver that answers when it is told to."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.hosts: list[str] = []
        self.go = asyncio.Event()
        self._answers = list(answers)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.hosts.append(host)
        await self.go.wait()
        if not (answer := self._answers.pop(0)):
            raise OSError("no such name")
        return answer


def test_dozens_of_connections_ask_once_and_the_answer_is_asked_for_again_when_it_is_old() -> None:
    async def story() -> None:
        now = [0.0]
        asked = Asked(["203.0.114.7"], ["203.0.114.8"])
        resolve = LookedUpOnce(asked, lambda: now[0])
        waiting = [asyncio.create_task(resolve("one.test", 443)) for _ in range(40)]
        await asyncio.sleep(0)
        waiting.pop().cancel()
        asked.go.set()
        async with asyncio.timeout(10):
            assert {tuple(await one) for one in waiting} == {("203.0.114.7",)}
            now[0] = KEPT_S - 0.1
            assert await resolve("one.test", 80) == ("203.0.114.7",)
            now[0] = KEPT_S
            assert await resolve("one.test", 443) == ("203.0.114.8",)
        assert asked.hosts == ["one.test", "one.test"]

    asyncio.run(story())


def test_a_lookup_that_failed_is_tried_again_at_once() -> None:
    async def story() -> None:
        asked = Asked([], ["203.0.114.7"])
        asked.go.set()
        resolve = LookedUpOnce(asked)
        with pytest.raises(OSError, match="no such name"):
            await resolve("one.test", 443)
        assert await resolve("one.test", 443) == ("203.0.114.7",)

    asyncio.run(story())


def test_a_client_that_has_left_is_told_from_one_that_sends_too_early() -> None:
    async def waits(*fed: bytes, ended: bool = False) -> bool:
        reader = asyncio.StreamReader()
        for one in fed:
            reader.feed_data(one)
        if ended:
            reader.feed_eof()
        return await Wire(reader, None, is_server=True).has_more()  # type: ignore[arg-type]

    assert (asyncio.run(waits()), asyncio.run(waits(b"x")), asyncio.run(waits(b"x", ended=True))) == (False, True, True)
    with pytest.raises(Gone):
        asyncio.run(waits(ended=True))
