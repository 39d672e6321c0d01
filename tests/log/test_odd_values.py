"""No value makes the log unusable: what the tables have no room for is cut to it, what they cannot take is put aside and told once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.log.making import NEVER_S, OTHER, SESSION, asked, event, ids, run, said
from workbench import events
from workbench.contracts.log import LogUnusable
from workbench.contracts.memory import MemoryVersion
from workbench.contracts.questions import QueryLimits
from workbench.contracts.values import Document, Fact
from workbench.log import Log, open_log, rebuild
from workbench.log.journal.frames import frame
from workbench.log.opening import Tuning
from workbench.log.store.flush import MOST_AT_ONCE

Damage = Callable[[Path], None]

EVERY_VIEW = "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal ORDER BY ALL"
NEW_YEARS = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "2026-01-01T00:00:00"]


def ended(tokens: int) -> events.Event:
    usage = dict.fromkeys(("input_tokens", "output_tokens", "cache_creation_input_tokens"), tokens)
    usage["cache_read_input_tokens"] = tokens
    return event("span.model_request_end", model_request_start_id="sevt_1", model_usage=usage, is_error=False)


async def answers_everything(log: Log) -> None:
    views = (await log.questions.ask(EVERY_VIEW, QueryLimits())).rows
    assert len(views) > 5
    for (view,) in views:
        await log.questions.ask(f"SELECT * FROM {view}", QueryLimits())
    await log.questions.ask("SELECT sum(input_tokens), sum(usd) FROM model_requests", QueryLimits())


def reopened_and_rebuilt(folder: Path, look: Callable[[Log], Any]) -> None:
    """The log says the same after each; nothing stands in the way of either."""

    async def story() -> None:
        for again in (False, False, True):
            if again:
                await rebuild(folder)
            log = await open_log(folder)
            await look(log)
            await answers_everything(log)
            await log.close()

    run(story())


@pytest.mark.parametrize("tokens", [2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**40, -1, -(2**63) - 1])
def test_a_count_of_any_size_is_kept_as_written_and_stands_in_no_questions_way(tmp_path: Path, tokens: int) -> None:
    async def look(log: Log) -> None:
        _, end, _ = [entry.event for entry in await log.sessions.read(SESSION)]
        assert end.type == "span.model_request_end"
        assert end.model_usage.output_tokens == tokens
        assert log.notices == ()

    async def story() -> None:
        log = await open_log(tmp_path)
        start = event("span.model_request_start").model_copy(update={"id": "sevt_1"})
        hour = Fact(
            "model.answered",
            SESSION,
            events.now(),
            {"model_request_start_id": "sevt_1", "ephemeral_1h_input_tokens": tokens},
        )
        await log.sessions.append(SESSION, [start, ended(tokens), said("after it")], facts=[hour])
        await look(log)
        await answers_everything(log)
        await log.close()

    run(story())
    reopened_and_rebuilt(tmp_path, look)


@pytest.mark.parametrize("moment", NEW_YEARS)
def test_a_moment_at_the_end_of_time_or_without_a_zone_stands_in_nothings_way(tmp_path: Path, moment: str) -> None:
    async def look(log: Log) -> None:
        assert len(await log.sessions.read(SESSION)) == 4
        assert log.notices == ()

    async def story() -> None:
        log = await open_log(tmp_path)
        idle = {"stop_reason": {"type": "end_turn"}}
        await log.sessions.append(
            SESSION,
            [
                event("session.status_running"),
                event("session.status_idle", **idle, processed_at=moment),
                event("session.status_running", processed_at=moment),
                event("session.status_idle", **idle),
            ],
            facts=[Fact("tool.started", SESSION, datetime.fromisoformat(moment), {"tool_use_id": "sevt_2"})],
        )
        await answers_everything(log)
        await log.close()

    run(story())
    reopened_and_rebuilt(tmp_path, look)


@pytest.mark.parametrize("odd", [float("nan"), float("-inf"), "half \ud83d", "\0", 10**40, "x" * 3_000_000])
def test_what_json_or_text_cannot_hold_is_mended_in_facts_documents_and_memories(tmp_path: Path, odd: Any) -> None:
    text = odd if isinstance(odd, str) else "text"

    async def look(log: Log) -> None:
        document = await log.documents.get("agent", "agent_1")
        assert document is not None
        # Strict, as HTTP answers are.
        json.dumps(document.body, allow_nan=False, ensure_ascii=False).encode()
        assert [fact.name for fact in await log.facts.facts(SESSION, "files.applied")] == ["files.applied"]
        assert (await log.memories.version("memstore_1", "memver_1")) is not None

    async def story() -> None:
        log = await open_log(tmp_path)
        await log.documents.put(Document("agent", "agent_1", 1, {"odd": odd, "within": [{"it": odd}]}))
        await log.facts.record(Fact("files.applied", SESSION, events.now(), {"odd": odd}))
        version = MemoryVersion(
            store_id="memstore_1",
            memory_id="mem_1",
            id="memver_1",
            operation="created",
            path="/a",
            content=text,
            content_sha256="0",
            content_size_bytes=1,
            created_by={"type": "api"},
            created_at=datetime.now(UTC),
        )
        await log.memories.keep([version])
        await log.close()

    run(story())
    reopened_and_rebuilt(tmp_path, look)


def test_a_call_that_an_older_version_stored_too_deep_leaves_its_session_readable(tmp_path: Path) -> None:
    given: dict[str, Any] = {"a": 1}
    for _ in range(220):
        given = {"a": given}

    async def look(log: Log) -> None:
        use, after = [entry.event for entry in await log.sessions.read(SESSION)]
        assert (use.type, after.type) == ("agent.tool_use", "agent.message")

    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [event("agent.tool_use", name="bash", input=given), said("after it")])
        await log.close()

    run(story())
    reopened_and_rebuilt(tmp_path, look)


def test_a_document_that_an_older_version_stored_with_nan_is_read_with_null(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.documents.put(Document("agent", "agent_1", 1, {"maximum": 4321, "name": "x"}))
        await log.close()
        with duckdb.connect(str(tmp_path / "log.duckdb")) as connection:
            connection.execute("UPDATE kept.documents SET body = replace(body, '4321', 'NaN')")
        log = await open_log(tmp_path)
        (document,) = await log.documents.newest("agent")
        assert document.body == {"maximum": None, "name": "x"}
        await log.close()

    run(story())


def not_a_number() -> Fact:
    """A record that the tables have no place for: what should be a count is none."""
    return Fact(
        "model.answered",
        SESSION,
        events.now(),
        {"model_request_start_id": "sevt_1", "ephemeral_1h_input_tokens": "many"},
    )


def test_a_record_that_the_tables_refuse_is_put_aside_alone_and_told_once(tmp_path: Path) -> None:
    kept = [said(f"message {number}") for number in range(20)]

    async def story() -> None:
        log = await open_log(tmp_path)
        start = event("span.model_request_start").model_copy(update={"id": "sevt_1"})
        await log.sessions.append(SESSION, [start, *kept[:10]])
        await log.sessions.append(SESSION, kept[10:], facts=[not_a_number()])
        waiting = asked("waits")
        await log.inbox.send(OTHER, [waiting])
        assert (await log.questions.ask("SELECT count(*) FROM messages", QueryLimits())).rows == ((20,),)
        (notice,) = log.notices
        assert "position 22" in notice
        assert SESSION in notice
        await log.close()

        for _ in range(2):
            told: list[str] = []
            log = await open_log(tmp_path, progress=told.append)
            assert told == []
            (notice,) = log.notices
            assert "1 records" in notice
            assert "position" in notice
            assert ids(await log.sessions.read(SESSION))[1:] == [one.id for one in kept]
            assert [one.event.id for one in log.inbox.queued(OTHER)] == [waiting.id]
            await answers_everything(log)
            await log.close()
        assert any("position 22" in notice for notice in await rebuild(tmp_path))

    run(story())


def test_of_a_batch_of_many_statements_all_stand_in_the_tables_once_but_the_one_that_is_refused(tmp_path: Path) -> None:
    kept = [said(f"message {number}") for number in range(3 * MOST_AT_ONCE)]

    async def story() -> None:
        log = await open_log(tmp_path, tuning=Tuning(carry_every_s=NEVER_S))
        start = event("span.model_request_start").model_copy(update={"id": "sevt_1"})
        await log.sessions.append(SESSION, [start, *kept[: 2 * MOST_AT_ONCE]], facts=[not_a_number()])
        await log.sessions.append(SESSION, kept[2 * MOST_AT_ONCE :])
        (counted,) = (
            await log.questions.ask("SELECT count(*), count(DISTINCT text) FROM messages", QueryLimits())
        ).rows
        assert counted == (len(kept), len(kept))
        assert len(log.notices) == 1
        await log.close()
        log = await open_log(tmp_path)
        assert ids(await log.sessions.read(SESSION))[1:] == [one.id for one in kept]
        await log.close()

    run(story())


def written_by_another_version(folder: Path, *bodies: dict[str, Any]) -> None:
    """A journal with these logged events, the last of them the only one that this version can read."""
    (folder / "journal").mkdir(parents=True)
    lines = [json.dumps({"what": ["logged", SESSION, seq], "body": body}) for seq, body in enumerate(bodies, 1)]
    text = f'{{"position":1,"until":{len(bodies)},"records":[{",".join(lines)}]}}'
    (folder / "journal" / f"{1:020d}.log").write_bytes(frame(text.encode()))


def test_an_event_that_cannot_be_read_is_put_aside_and_its_place_stays_its_own(tmp_path: Path) -> None:
    good = events.dump(said("good"))
    written_by_another_version(tmp_path, good, {"type": "agent.message", "content": float("nan")})

    async def story() -> None:
        log = await open_log(tmp_path)
        assert len(log.notices) == 1
        await log.sessions.append(SESSION, [said("later")])
        await log.close()
        log = await open_log(tmp_path)
        assert [entry.seq for entry in await log.sessions.read(SESSION)] == [1, 3]
        await log.close()

    run(story())


def test_a_record_of_a_later_versions_kind_is_no_reason_to_put_the_good_database_aside(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("one")])
        await log.close()

    run(story())
    (segment,) = (tmp_path / "journal").glob("*.log")
    before = segment.read_bytes()
    segment.write_bytes(before + frame(b'{"position":2,"until":2,"records":[{"what":["dreamt","x"],"body":{}}]}'))
    with pytest.raises(LogUnusable, match="install the version"):
        run(rebuild(tmp_path))
    assert not list((tmp_path / "aside").glob("*.duckdb"))
    segment.write_bytes(before)

    async def again() -> None:
        log = await open_log(tmp_path)
        assert log.notices == ()
        assert len(await log.sessions.read(SESSION)) == 1
        await log.close()

    run(again())


def gone(folder: Path) -> None:
    (folder / "log.duckdb").unlink()


def only_the_wal(folder: Path) -> None:
    (folder / "log.duckdb").unlink()
    (folder / "log.duckdb.wal").write_bytes(b"\0" * 5000)


def a_folder(folder: Path) -> None:
    gone(folder)
    (folder / "log.duckdb").mkdir()


def a_folder_for_the_wal(folder: Path) -> None:
    (folder / "log.duckdb.wal").mkdir()


def empty(folder: Path) -> None:
    (folder / "log.duckdb").write_bytes(b"")


def garbage(folder: Path) -> None:
    (folder / "log.duckdb").write_bytes(b"garbage" * 9000)


def an_empty_one_with_a_wal(folder: Path) -> None:
    empty(folder)
    (folder / "log.duckdb.wal").write_bytes(b"\1" * 5000)


@pytest.mark.parametrize(
    "damage", [gone, only_the_wal, a_folder, a_folder_for_the_wal, empty, garbage, an_empty_one_with_a_wal]
)
def test_whatever_stands_in_the_databases_place_the_log_opens_whole(tmp_path: Path, damage: Damage) -> None:
    message = said("kept")

    async def look(log: Log) -> None:
        assert ids(await log.sessions.read(SESSION)) == [message.id]

    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [message])
        await log.close()

    run(story())
    damage(tmp_path)
    reopened_and_rebuilt(tmp_path, look)


def test_records_that_neither_the_journal_nor_the_database_has_any_more_are_told_once(tmp_path: Path) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "log"

    async def story() -> None:
        log = await open_log(whole)
        await log.sessions.append(SESSION, [said("first")])
        await log.close()
        shutil.copytree(whole, folder)
        log = await open_log(whole)
        await log.sessions.append(SESSION, [said("second"), said("third")])
        await log.close()
        # The last segment is emptied, and the database is one without its newest changes.
        shutil.copy(whole / "journal" / "reached", folder / "journal" / "reached")
        (folder / "journal" / f"{2:020d}.log").write_bytes(b"")

        log = await open_log(folder)
        (notice,) = log.notices
        assert "ends at record 1" in notice
        assert "3 had been written" in notice
        await log.close()
        log = await open_log(folder)
        assert log.notices == ()
        await log.close()

    run(story())
