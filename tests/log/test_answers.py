"""What answers a call or a request is counted the same, whenever its facts came, and in a log of an earlier version too."""

from __future__ import annotations

import asyncio
import itertools
from fractions import Fraction
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.log.making import OTHER, SESSION, WAIT_S, event, lazy_log, run, said
from workbench import events, pricing
from workbench.contracts.questions import QueryLimits
from workbench.contracts.values import Fact
from workbench.events import Event
from workbench.log import Log, open_log, rebuild
from workbench.log.sample_data import filled, rare_word, word

VIEWS = ("tool_calls", "model_requests", "usage_by_day", "approvals", "files_touched", "prices")
OLDEST = ("0001_tables.sql", "0002_views.sql", "0003_memories.sql", "0004_search.sql", "0020_network.sql")
MODELS = ("claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-4-20250514", "offline", "llama-9", "claude-x")


async def _all(log: Log) -> dict[str, list[Any]]:
    return {view: list((await log.questions.ask(f"FROM {view} ORDER BY ALL", QueryLimits())).rows) for view in VIEWS}


def _request(model: str, session_id: str, *, hourly: int = 0, **usage: Any) -> tuple[list[Event], list[Fact]]:
    start = event("span.model_request_start")
    spent = {
        "input_tokens": 900,
        "output_tokens": 70,
        "cache_creation_input_tokens": 5000,
        "cache_read_input_tokens": 3,
    }
    end = event("span.model_request_end", model_request_start_id=start.id, model_usage=spent | usage, is_error=False)
    about = {"model_request_start_id": start.id}
    facts = [Fact("model.requested", session_id, events.now(), about | {"model": model})]
    if hourly:
        facts.append(Fact("model.answered", session_id, events.now(), about | {"ephemeral_1h_input_tokens": hourly}))
    return [start, end], facts


def _call(session_id: str, *, asks: bool) -> tuple[list[Event], list[Fact]]:
    permission = "ask" if asks else "allow"
    use = event("agent.tool_use", name="edit", input={"file_path": "/a"}, evaluated_permission=permission)
    answers = [event("user.tool_confirmation", tool_use_id=use.id, result="allow")] if asks else []
    result = event("agent.tool_result", tool_use_id=use.id, content=[{"type": "text", "text": "done"}])
    fact = Fact("tool.started", session_id, events.now(), {"tool_use_id": use.id, "name": "edit"})
    return [use, *answers, result], [fact]


async def _lived(log: Log) -> None:
    """Facts with their events, between them, and after all of them; some calls and requests have no answer yet."""
    for (session_id, number), model in zip(itertools.product((SESSION, OTHER), range(3)), MODELS, strict=True):
        parts = [_request(model, session_id, hourly=number * 7), _call(session_id, asks=number == 1)]
        for happened, facts in parts:
            match number:
                case 0:
                    await log.sessions.append(session_id, happened, facts=facts)
                case 1:
                    await log.sessions.append(session_id, happened[:1], facts=facts)
                    await log.sessions.append(session_id, happened[1:])
                case 2:
                    for one in happened:
                        await log.sessions.append(session_id, [one])
                        await log.questions.ask("SELECT 1", QueryLimits())
                    await log.sessions.append(session_id, [], facts=facts)
    await log.sessions.append(SESSION, _call(SESSION, asks=True)[0][:1] + _request("llama-9", SESSION)[0][:1])


def test_a_rebuilt_log_and_a_log_of_an_earlier_version_answer_as_the_one_that_lived(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await _lived(log)
        lived = await _all(log)
        assert [len(lived[view]) for view in VIEWS] == [7, 7, 6, 3, 2, 6]
        await log.close()
        log = await open_log(tmp_path)
        assert await _all(log) == lived
        await log.close()
        await rebuild(tmp_path)
        log = await open_log(tmp_path)
        assert await _all(log) == lived
        await log.close()
        _made_older(tmp_path / "log.duckdb")
        told: list[str] = []
        log = await open_log(tmp_path, progress=told.append)
        assert "step 1 of " in told[0]
        assert await _all(log) == lived
        found = await log.questions.ask("SELECT count(*) FROM search('done')", QueryLimits())
        assert found.rows == ((6,),)
        await log.close()

    run(story())


def test_an_answer_after_a_restart_knows_its_call_and_its_model(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        (start, end), asked = _request("claude-opus-5-5", SESSION)
        (use, result), started = _call(SESSION, asks=False)
        await log.sessions.append(SESSION, [start, use], facts=[*asked, *started])
        await log.close()
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [end, result])
        rows = (await log.questions.ask("SELECT model, usd FROM usage_by_day", QueryLimits())).rows
        cost = pricing.cost("claude-opus-5-5", events.dump(end)["model_usage"])
        assert [(model, pytest.approx(float(cost or 0))) for model, _ in rows] == list(rows)
        calls = (await log.questions.ask("SELECT started_at, is_error FROM tool_calls", QueryLimits())).rows
        assert list(calls) == [(events.timestamp(started[0].made_at), False)]
        await log.close()

    run(story())


def _made_older(file: Path) -> None:
    """The same tables as the version before the columns of answers had written them."""
    old = file.with_name("old.duckdb")
    with duckdb.connect(str(old)) as connection:
        connection.execute("CREATE SCHEMA kept; CREATE TABLE kept.migrations (name VARCHAR NOT NULL)")
        for name in OLDEST:
            connection.execute(resources.files("workbench.log").joinpath("migrations", name).read_text())
            connection.execute("INSERT INTO kept.migrations VALUES (?)", [name])
        connection.execute(f"ATTACH '{file}' AS new (READ_ONLY)")
        for table in ("events", "facts", "documents", "states"):
            columns = connection.execute(
                f"SELECT string_agg(column_name, ', ') FROM duckdb_columns() "
                f"WHERE database_name = 'old' AND schema_name = 'kept' AND table_name = '{table}'"
            ).fetchone()
            assert columns is not None
            connection.execute(f"INSERT INTO kept.{table} SELECT {columns[0]} FROM new.kept.{table}")
        connection.execute("UPDATE kept.facts SET subject = NULL WHERE name = 'model.answered'")
        connection.execute("UPDATE kept.carried SET position = (SELECT position FROM new.kept.carried)")
    file.unlink()
    old.rename(file)


@pytest.mark.parametrize("model", [*MODELS, "us.anthropic.claude-opus-4-5-20251101-v1:0", "claude-fable-5-1", ""])
@pytest.mark.parametrize("spent", [{}, {"speed": "fast"}, {"cache_read_input_tokens": 400_000}, {"input_tokens": 0}])
def test_a_question_counts_the_cost_that_the_brain_counts(
    model: str, spent: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path_factory.mktemp("log"))
        happened, facts = _request(model, SESSION, hourly=1234, **spent)
        nothing, about = _request(model, OTHER, **dict.fromkeys(_TOKENS, 0))
        await log.sessions.append(SESSION, happened, facts=facts)
        await log.sessions.append(OTHER, nothing, facts=about)
        rows = (
            await log.questions.ask("SELECT session_id, usd FROM model_requests ORDER BY seq, 1", QueryLimits())
        ).rows
        assert dict(rows)[OTHER] == 0
        cost = pricing.cost(model, events.dump(happened[1])["model_usage"], hour_tokens=1234)
        assert dict(rows)[SESSION] == (None if cost is None else pytest.approx(float(cost), rel=1e-12))
        (total,) = (await log.questions.ask("SELECT usd FROM usage_by_day", QueryLimits())).rows
        assert total == (None if cost is None else pytest.approx(float(cost + Fraction(0)), rel=1e-12),)
        await log.close()

    run(story())


_TOKENS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def test_words_are_found_as_well_when_they_were_put_in_order(tmp_path: Path) -> None:
    folder, count = tmp_path / "log", 131_200
    filled(folder, count - 200, lambda _: None)

    async def story() -> None:
        log = await open_log(folder)
        await log.sessions.append(SESSION, [said(f"{word(900)} hello") for _ in range(300)])
        wanted = f"{word(900)} {word(2000)}"
        for words in (rare_word(count), wanted, f"{word(900)} hello", "nothingatall"):
            found = (await log.questions.ask(f"SELECT session_id, seq FROM search('{words}')", QueryLimits())).rows
            both = " AND ".join(f"contains(' ' || text || ' ', ' {part} ')" for part in words.split())
            told = (await log.questions.ask(f"SELECT session_id, seq FROM messages WHERE {both}", QueryLimits())).rows
            assert set(found) >= set(told), words
            assert bool(found) == (words != "nothingatall"), words
        await log.close()

    async def in_order() -> int:
        while True:
            log = await open_log(folder)
            await log.sessions.append(SESSION, [said("quiet")])
            await log.questions.ask("SELECT 1", QueryLimits())
            await log.close()
            with duckdb.connect(str(folder / "log.duckdb")) as connection:
                found = connection.execute(
                    "SELECT coalesce(max(list_max(positions)), 0) FROM kept.word_runs"
                ).fetchone()
            if found and found[0]:
                return int(found[0])

    run(story())
    assert asyncio.run(asyncio.wait_for(in_order(), WAIT_S)) > 131_000
    run(story())


def test_a_call_that_was_asked_for_and_denied_has_no_duration_and_an_allowed_one_only_that_of_its_run(
    tmp_path: Path,
) -> None:
    async def story() -> list[Any]:
        log = await lazy_log(tmp_path)
        for allows in (True, False):
            use = event("agent.tool_use", name="bash", input={"command": "ls"}, evaluated_permission="ask")
            await log.sessions.append(SESSION, [use])
            if allows:
                await log.facts.record(
                    Fact("tool.started", SESSION, events.now(), {"tool_use_id": use.id, "name": "bash"})
                )
            result = event("agent.tool_result", tool_use_id=use.id, content=[], is_error=not allows)
            await log.sessions.append(SESSION, [result])
        rows = (await log.questions.ask("SELECT duration_ms IS NULL FROM tool_calls ORDER BY seq", QueryLimits())).rows
        await log.close()
        return list(rows)

    assert run(story()) == [(False,), (True,)]
