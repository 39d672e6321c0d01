"""Network decisions are all recorded: of a session at once, of the engine's own requests together, and none is lost at the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.trivial.log import TrivialLog
from workbench.clock import now
from workbench.contracts.values import Fact
from workbench.contracts.vault import NetDecision
from workbench.engine.decisions import DecisionRecords

WAIT_S = 20.0


def decided(host: str, session_id: str | None = None) -> NetDecision:
    return NetDecision(session_id, now(), host, 443, True, method="POST", route="" if session_id else "model")


class Writes(TrivialLog):
    """Keeps which facts were written together."""

    def __init__(self) -> None:
        super().__init__(clock=now)
        self.writes: list[list[str]] = []
        self.written = asyncio.Event()

    async def record(self, *facts: Fact) -> None:
        await super().record(*facts)
        self.writes.append([fact.body["host"] for fact in facts])
        self.written.set()


def test_decisions_of_the_engine_are_written_together_and_a_sessions_at_once() -> None:
    async def story() -> None:
        log, queue = Writes(), asyncio.Queue[NetDecision | None]()

        async def told() -> AsyncIterator[NetDecision]:
            while (one := await queue.get()) is not None:
                yield one

        async with asyncio.timeout(WAIT_S):
            following = asyncio.create_task(DecisionRecords(log, gather_s=0.05).follow(told()))
            for one in (decided("a"), decided("b"), decided("c", "sesn_1"), decided("d")):
                queue.put_nowait(one)
            await log.written.wait()
            assert log.writes == [["c"]]
            log.written.clear()
            await log.written.wait()
            assert log.writes == [["c"], ["a", "b", "d"]]
            queue.put_nowait(decided("e"))
            log.written.clear()
            await log.written.wait()
            assert log.writes[2:] == [["e"]]
            queue.put_nowait(None)
            await following

    asyncio.run(story())


def test_what_was_decided_is_written_before_the_end() -> None:
    async def story() -> None:
        log = Writes()

        async def told() -> AsyncIterator[NetDecision]:
            yield decided("a")
            await asyncio.sleep(0.01)
            yield decided("b")

        async with asyncio.timeout(WAIT_S):
            await DecisionRecords(log, gather_s=3600).follow(told())
        assert log.writes == [["a", "b"]]
        assert [fact.session_id for fact in log.recorded] == [None, None]

    asyncio.run(story())
