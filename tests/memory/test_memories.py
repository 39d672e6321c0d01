"""A thousand writers to one store of the real log: no change is lost, and history tells them all."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.log.making import run
from workbench import events
from workbench.contracts.memory import MemoryRefused
from workbench.contracts.values import Json
from workbench.log import open_log
from workbench.memory.stores.memories import Memories, Write

STORE = "memstore_A"
USER: Json = {"type": "user_actor", "user_id": "u"}


async def _store(store_id: str) -> Json:
    return {"id": store_id, "archived_at": None}


def test_a_thousand_writers_to_a_store_lose_no_update(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        memories = Memories(log.memories, _store, events.now)
        shared = await memories.create(STORE, "/shared", "", USER)

        async def write(number: int) -> None:
            await memories.create(STORE, f"/own/{number}", str(number), USER)
            while True:
                head = await memories.head(STORE, shared.memory_id)
                [text] = await memories.contents([head])
                with contextlib.suppress(MemoryRefused):
                    await memories.update(
                        STORE, shared.memory_id, USER, content=f"{text}{number}\n", expected=head.content_sha256
                    )
                    return

        # Each of twenty at a time has the shared memory changed under it by the others.
        gate = asyncio.Semaphore(20)

        async def gated(number: int) -> None:
            async with gate:
                await write(number)

        async def own(number: int) -> None:
            await memories.create(STORE, f"/many/{number}", str(number), USER)

        await asyncio.gather(*(own(number) for number in range(1000)), *(gated(number) for number in range(100)))
        await log.close()
        log = await open_log(tmp_path)
        memories = Memories(log.memories, _store, events.now)
        snapshot = await memories.snapshot(STORE)
        assert len(snapshot.heads) == 1101
        [text] = await memories.contents([snapshot.heads[shared.memory_id]])
        assert sorted(int(line) for line in text.split()) == list(range(100))
        assert len(await memories.history(STORE)) == 1101 + 100
        await log.close()

    run(story())


def test_a_caller_that_goes_away_in_mid_write_leaves_store_and_log_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        memories = Memories(log.memories, _store, events.now)
        writing = asyncio.create_task(memories.create(STORE, "/a", "one", USER))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        before = await memories.snapshot(STORE)
        fresh = await Memories(log.memories, _store, events.now).snapshot(STORE)
        assert before == fresh
        assert list(before.by_path) == ["/a"]
        await log.close()

    run(story())


def test_several_writes_are_all_made_or_none(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        memories = Memories(log.memories, _store, events.now)
        head = await memories.create(STORE, "/a", "one", USER)
        stale = [Write("/b", "new", ""), Write("/a", "two", "0" * 64)]
        with pytest.raises(MemoryRefused, match="/a has the hash") as refused:
            await memories.write_all(STORE, stale, USER)
        assert refused.value.kind == "precondition_failed"
        assert list((await memories.snapshot(STORE)).by_path) == ["/a"]
        made = await memories.write_all(
            STORE, [Write("/b", "new", ""), Write("/a", None, head.content_sha256), Write("/c", None)], USER
        )
        assert [(one.operation, one.path) for one in made] == [("created", "/b"), ("deleted", "/a")]
        await log.close()

    run(story())
