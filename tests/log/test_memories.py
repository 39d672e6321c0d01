"""Versions of memories: durable when kept, the same after a crash, and gone where they were redacted or dropped."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from tests.log.making import Opener, journaled, lazy_log, run, trivial
from workbench import events
from workbench.contracts.memory import MemoryVersion
from workbench.contracts.questions import QueryLimits
from workbench.log import open_log, rebuild

STORE, OTHER = "memstore_A", "memstore_B"


def version(content: str | None, *, store_id: str = STORE, memory_id: str = "mem_1", path: str = "/a") -> MemoryVersion:
    """One version, made now."""
    return MemoryVersion(
        id=events.new_id("memver"),
        store_id=store_id,
        memory_id=memory_id,
        operation="created" if content is not None else "deleted",
        path=path,
        content=content,
        content_sha256="0" * 64 if content is not None else None,
        content_size_bytes=len(content.encode()) if content is not None else None,
        created_by={"type": "session_actor", "session_id": "sesn_1"},
        created_at=events.now(),
        grounds={"lines": [{"text": "x"}]},
    )


def redacted(one: MemoryVersion) -> MemoryVersion:
    gone: dict[str, Any] = {
        "path": None,
        "content": None,
        "content_sha256": None,
        "content_size_bytes": None,
        "grounds": None,
    }
    return replace(one, **gone, redacted_at=events.now(), redacted_by={"type": "user_actor", "user_id": "u"})


@pytest.mark.parametrize("opener", [pytest.param(journaled, id="journaled"), pytest.param(trivial, id="trivial")])
def test_versions_come_back_in_order_redacted_in_their_place_and_dropped_by_store(
    opener: Opener, tmp_path: Path
) -> None:
    async def story() -> None:
        log = await opener(tmp_path)
        one, two, three = version("ä\n"), version("two", memory_id="mem_2"), version(None)
        elsewhere = version("else", store_id=OTHER)
        await log.memories.keep([one, two])
        await log.memories.keep([elsewhere, three])
        assert [kept.id for kept in await log.memories.outline(STORE)] == [one.id, two.id, three.id]
        assert await log.memories.outline(STORE, "mem_1") == [
            replace(kept, content=None, grounds=None) for kept in (one, three)
        ]
        assert await log.memories.whole(STORE, [three.id, one.id, elsewhere.id]) == [three, one]
        assert await log.memories.version(STORE, "memver_x") is None
        blank = redacted(one)
        await log.memories.keep([blank])
        assert await log.memories.whole(STORE, [one.id, two.id]) == [blank, two]
        assert [kept.id for kept in await log.memories.outline(STORE)] == [one.id, two.id, three.id]
        await log.memories.drop(STORE)
        assert await log.memories.outline(STORE) == []
        assert await log.memories.whole(OTHER, [elsewhere.id]) == [elsewhere]
        await log.close()

    run(story())


def test_what_the_database_has_and_what_only_the_journal_has_read_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        one, two = version("one"), version("two")
        await log.memories.keep([one, two])
        await log.questions.ask("from memories", QueryLimits())
        blank, three = redacted(one), version("three")
        await log.memories.keep([blank])
        await log.memories.keep([three])
        tailed = await log.memories.outline(STORE)
        await log.questions.ask("from memories", QueryLimits())
        assert await log.memories.outline(STORE) == tailed
        assert await log.memories.whole(STORE, [one.id, three.id]) == [blank, three]
        await log.close()
        await rebuild(tmp_path)
        log = await open_log(tmp_path)
        assert await log.memories.outline(STORE) == tailed
        assert await log.memories.whole(STORE, [one.id, two.id, three.id]) == [blank, two, three]
        asked = await log.questions.ask(
            "select path, content, actor, session_id from memories union all "
            "select path, content, actor, session_id from memory_versions where redacted_at is not null",
            QueryLimits(),
        )
        assert list(asked.rows) == [
            ("/a", "three", "session_actor", "sesn_1"),
            (None, None, "session_actor", "sesn_1"),
        ]
        await log.close()

    run(story())


_WRITER = """
import asyncio, pathlib, sys
from tests.log.test_memories import version
from workbench.log import open_log

async def main():
    log = await open_log(pathlib.Path(sys.argv[1]))
    async def write(number):
        while True:
            one = version("x" * 1000, memory_id=f"mem_{number}")
            await log.memories.keep([one])
            print(one.id, flush=True)
    await asyncio.gather(*(write(number) for number in range(4)))

asyncio.run(main())
"""


def test_a_killed_writer_loses_no_version_that_was_acknowledged(tmp_path: Path) -> None:
    with Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline().strip() for _ in range(200)]
        writer.kill()
        acknowledged += writer.stdout.read().split("\n")[:-1]

    async def story() -> None:
        log = await open_log(tmp_path)
        known = [kept.id for kept in await log.memories.outline(STORE)]
        assert len(known) == len(set(known))
        assert set(acknowledged) <= set(known)
        await log.close()

    run(story())
