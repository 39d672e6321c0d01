"""The tasks of a session's threads: side by side, each cut short and ended as it should be."""

from __future__ import annotations

import asyncio

from workbench.engine.tasks import SessionTasks
from workbench.events import primary_thread_id

SESSION = "sesn_01test"
PRIMARY, CHILD = primary_thread_id(SESSION), "sthr_child"
WAIT_S = 10.0


class WaitingBrain:
    """Is at work on a thread until it is interrupted."""

    def __init__(self) -> None:
        self.at_work: list[str] = []
        self.ended: list[str] = []
        self.changed = asyncio.Event()

    async def wake(self, session_id: str, thread_id: str, interrupted: asyncio.Event) -> None:
        self.at_work.append(thread_id)
        self.changed.set()
        try:
            await interrupted.wait()
            interrupted.clear()
        finally:
            self.at_work.remove(thread_id)
            self.ended.append(thread_id)
            self.changed.set()

    async def until(self, at_work: list[str]) -> None:
        while sorted(self.at_work) != sorted(at_work):
            self.changed.clear()
            await self.changed.wait()


async def _given_up(session_id: str, thread_id: str) -> None:
    raise AssertionError(session_id, thread_id)


def test_threads_of_a_session_work_side_by_side_and_are_interrupted_one_by_one() -> None:
    async def story() -> None:
        brain = WaitingBrain()
        async with asyncio.timeout(WAIT_S), SessionTasks(brain, give_up=_given_up) as tasks:
            tasks.wake(SESSION)
            tasks.wake(SESSION, CHILD)
            await brain.until([PRIMARY, CHILD])
            tasks.interrupt(SESSION, CHILD)
            await brain.until([PRIMARY])
            tasks.wake(SESSION, CHILD)
            await brain.until([PRIMARY, CHILD])
            tasks.end(SESSION)
            await brain.until([])
        assert brain.ended.count(CHILD) == 2

    asyncio.run(story())
