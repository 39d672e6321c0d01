"""Who may open a log, and what opening says when it may not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import duckdb
import pytest

from tests.log.making import SESSION, asked, bodies, event, in_another_process, lazy_log, run, said
from workbench import events
from workbench.contracts.log import LogUnusable
from workbench.contracts.questions import QueryLimits, QueryRefused
from workbench.contracts.values import Fact
from workbench.log import SessionErased, open_log, rebuild


def test_a_second_engine_is_refused_with_the_process_that_has_it(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        with pytest.raises(LogUnusable, match=f"process {os.getpid()}"):
            await open_log(tmp_path)
        with pytest.raises(LogUnusable, match=f"process {os.getpid()}"):
            await rebuild(tmp_path)
        script = (
            f"import asyncio, pathlib, workbench.log as l; asyncio.run(l.open_log(pathlib.Path({str(tmp_path)!r})))"
        )
        assert f"process {os.getpid()}" in await in_another_process("-c", script)
        await log.close()
        await (await open_log(tmp_path)).close()

    run(story())


def test_a_log_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    async def story() -> None:
        await (await open_log(tmp_path)).close()
        with duckdb.connect(str(tmp_path / "log.duckdb")) as connection:
            connection.execute("UPDATE kept.version SET number = number + 1")
        before = (tmp_path / "log.duckdb").read_bytes()
        with pytest.raises(LogUnusable, match="newer version"):
            await open_log(tmp_path)
        assert (tmp_path / "log.duckdb").read_bytes() == before
        assert not (tmp_path / "aside").exists()

    run(story())


def test_views_of_an_earlier_program_are_replaced_and_its_tables_stay(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("The ferry is late.")])
        await log.close()
        with duckdb.connect(str(tmp_path / "log.duckdb")) as connection:
            connection.execute("CREATE OR REPLACE VIEW messages AS SELECT 'old' AS text")
            connection.execute("CREATE VIEW given_up AS SELECT 1 AS one")
            connection.execute("UPDATE kept.version SET definitions = 'others'")
        told: list[str] = []
        log = await open_log(tmp_path, progress=told.append)
        assert (await log.questions.ask("SELECT text FROM messages", QueryLimits())).rows == (("The ferry is late.",),)
        with pytest.raises(QueryRefused):
            await log.questions.ask("FROM given_up", QueryLimits())
        await log.close()
        assert told == []
        assert not (tmp_path / "aside").exists()

    run(story())


def test_a_log_of_an_earlier_version_is_not_made_anew_from_a_journal_that_lacks_records(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("The ferry is late.")])
        await log.close()
        with duckdb.connect(str(tmp_path / "log.duckdb")) as connection:
            connection.execute("UPDATE kept.version SET number = number - 1")
            connection.execute("UPDATE kept.carried SET position = position + 5")
        before = (tmp_path / "log.duckdb").read_bytes()
        with pytest.raises(LogUnusable, match="journal only up to"):
            await open_log(tmp_path)
        assert (tmp_path / "log.duckdb").read_bytes() == before

    run(story())


def test_a_message_that_an_older_version_flushed_stays_out_of_the_inbox(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        message = asked("never mind")
        await log.inbox.send(SESSION, [message])
        await log.facts.record(Fact("inbox.flushed", SESSION, events.now(), {"event_ids": [message.id]}))
        assert (log.inbox.queued(SESSION), log.states.state(SESSION).queued) == ([], 0)
        await log.close()
        log = await open_log(tmp_path)
        assert log.inbox.queued(SESSION) == []
        await log.close()

    run(story())


def test_what_the_database_did_not_get_is_carried_over_at_the_next_start(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.inbox.send(SESSION, [asked("first"), asked("second")])
        await log.inbox.take(SESSION)
        await log.inbox.send(SESSION, [asked("waits"), asked("too")])
        await log.sessions.append(
            SESSION,
            [event("session.status_running"), said("so"), event("session.status_rescheduled")],
            facts=[Fact("egress.decided", SESSION, events.now(), {"host": "h"})],
        )
        seen = (
            bodies(await log.sessions.read(SESSION)),
            bodies(log.inbox.queued(SESSION)),
            log.states.states(),
            await log.facts.facts(SESSION, "egress.decided"),
        )
        await log.close()
        for _ in range(2):
            log = await open_log(tmp_path)
            assert seen == (
                bodies(await log.sessions.read(SESSION)),
                bodies(log.inbox.queued(SESSION)),
                log.states.states(),
                await log.facts.facts(SESSION, "egress.decided"),
            )
            await log.close()
            (tmp_path / "log.duckdb").unlink()

    run(story())


def test_an_erased_session_stays_gone_after_a_rebuild_and_takes_nothing_more(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("secret")])
        await log.sessions.erase(SESSION)
        await log.sessions.erase(SESSION)
        with pytest.raises(SessionErased, match=SESSION):
            await log.sessions.append(SESSION, [said("more")])
        with pytest.raises(SessionErased, match=SESSION):
            await log.inbox.send(SESSION, [asked("more")])
        await log.close()
        await rebuild(tmp_path)
        log = await open_log(tmp_path)
        assert await log.sessions.read(SESSION) == []
        assert log.states.states() == []
        await log.close()

    run(story())


def test_what_is_sent_or_appended_wrongly_is_refused_whole(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        with pytest.raises(ValueError, match="has no processed_at"):
            await log.sessions.append(SESSION, [said("fine"), asked("not fine")])
        outcome = event("user.custom_tool_result", custom_tool_use_id="sevt_1", processed_at=None)
        with pytest.raises(ValueError, match="processed on receipt"):
            await log.inbox.send(SESSION, [asked("fine"), outcome])
        assert log.inbox.queued(SESSION) == await log.sessions.read(SESSION) == []
        await log.close()
        with pytest.raises(LogUnusable, match="closed"):
            await log.sessions.append(SESSION, [said("late")])

    run(story())


def test_text_that_is_hard_to_write_down_comes_back_as_it_was(tmp_path: Path) -> None:
    async def story() -> None:
        hard = ["\0", "\n\r\u2028\u2029", "“ä🙂”", '{"what":["logged"]}', "'; DROP TABLE events; --", "x" * 2_000_000]
        log = await open_log(tmp_path)
        written = await log.sessions.append(SESSION, [said(text) for text in hard])
        await log.close()
        (tmp_path / "log.duckdb").unlink()
        log = await open_log(tmp_path)
        assert bodies(await log.sessions.read(SESSION)) == bodies(written)
        await log.close()

    run(story())


def test_the_log_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    async def story() -> None:
        folder = tmp_path / "log"
        await (await open_log(folder)).close()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    run(story())
