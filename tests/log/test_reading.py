"""Reads of the store: beside what is written into it, and through a mending."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Event
from typing import cast

from tests.log.making import SESSION, run, said
from workbench.log import Log, open_log
from workbench.log.ledger import Ledger
from workbench.log.sessions import JournaledSessions


async def filled(folder: Path) -> tuple[Log, Ledger]:
    """A log whose session has three events, all of them in the store and none in memory."""
    log = await open_log(folder)
    await log.sessions.append(SESSION, [said(word) for word in ("one", "two", "three")])
    await log.close()
    again = await open_log(folder)
    return again, cast("JournaledSessions", again.sessions)._ledger


def test_a_read_does_not_wait_for_what_is_carried_over(tmp_path: Path) -> None:
    async def story() -> None:
        log, ledger = await filled(tmp_path)
        is_over = Event()
        carrying = ledger._thread.submit(is_over.wait)
        try:
            read = await asyncio.wait_for(log.sessions.read(SESSION), 60)
            assert not carrying.done()
        finally:
            is_over.set()
        assert [entry.seq for entry in read] == [1, 2, 3]
        await log.close()

    run(story())


def test_a_read_while_the_database_is_mended_is_answered_after_it(tmp_path: Path) -> None:
    async def story() -> None:
        log, ledger = await filled(tmp_path)
        is_over = Event()
        ledger._thread.submit(is_over.wait)
        mending = ledger._thread.submit(ledger.store.mend)
        ledger.store.readers.stop()
        reading = asyncio.create_task(log.sessions.read(SESSION))
        await asyncio.sleep(0)
        is_over.set()
        assert [entry.seq for entry in await reading] == [1, 2, 3]
        assert mending.done()
        await log.close()

    run(story())
