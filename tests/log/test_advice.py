"""Mistakes that newcomers make are answered with what to write instead."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.log.making import SESSION, WAIT_S, run, said
from workbench.contracts.questions import QueryLimits, QueryRefused
from workbench.log import open_log

MISTAKES = [
    ("SELECT * FROM event", 'Did you mean "events"?\nSHOW TABLES lists the views.'),
    ("show views", "SHOW TABLES lists the views."),
    ("SELECT sesion_id FROM events", "DESCRIBE and the name of a view lists its columns."),
    ('SELECT * FROM events WHERE type = "agent.message"', "write 'agent.message'. Double quotes are for names."),
    ('SELECT * FROM search("words")', "write 'words'. Double quotes are for names."),
    ("SELECT * FROM search(words)", "texts in single quotes, as in 'this'."),
    ("SELECT * FROM events WHERE type = 'agent.message", "A quote has no other"),
    ("SELECT *", "as in SELECT * FROM events; SHOW TABLES lists the views."),
    ("SELECT * FROM events WHERE count(*) > 1", "HAVING count(*) > 1."),
    ("SELECT DATE_FORMAT(processed_at, '%Y') FROM events", "Write strftime(moment, '%Y-%m-%d')."),
    ("SELECT UNIX_TIMESTAMP(processed_at) FROM events", "Write epoch(moment)."),
    ("SELECT curdate()", "Write today()."),
    ("SELECT nvl(text, '') FROM messages", "Write coalesce(value, other)."),
    ("SELECT frobnicate(1)", "SELECT DISTINCT function_name FROM duckdb_functions() lists them all."),
    ("SELECT DATE_SUB(NOW(), INTERVAL 1 DAY)", "Write now() - INTERVAL 1 DAY."),
    ("SELECT * FROM events WHERE processed_at > now() - 7", "Write an interval, as in now() - INTERVAL 7 DAY"),
    ("SELECT text + 'x' FROM messages", "Texts are put together with ||."),
    ("SELECT TOP 10 * FROM events", "Write LIMIT 10 at the end instead of TOP 10."),
    ("SELECT * FROM events LIMIT 10, 20", "Write LIMIT 20 OFFSET 10 instead of LIMIT 10, 20."),
    ("what did I spend", "Only reading is possible: write one SELECT"),
]


def test_a_mistake_is_answered_with_what_to_write_instead(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("hello")])
        for sql, advice in MISTAKES:
            with pytest.raises(QueryRefused) as refused:
                await asyncio.wait_for(log.questions.ask(sql, QueryLimits()), WAIT_S)
            assert advice in str(refused.value)
            assert len(str(refused.value)) < 700
        await log.close()

    run(story())


def test_of_many_functions_that_it_might_have_been_a_few_are_named(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        with pytest.raises(QueryRefused) as refused:
            await asyncio.wait_for(log.questions.ask("SELECT [1] * 'x'::BLOB", QueryLimits()), WAIT_S)
        assert str(refused.value).count("\n\t") == 6
        assert str(refused.value).endswith(" more")
        await log.close()

    run(story())


def test_what_the_advice_says_can_be_asked(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("hello")])
        for sql in (
            "SELECT type, count(*) FROM events GROUP BY type HAVING count(*) > 1",
            "SELECT DISTINCT function_name FROM duckdb_functions()",
            "SELECT now() - INTERVAL 7 DAY, today() - 7, epoch(now()), epoch(now()) / 86400, CAST('2026-01-31' AS TIMESTAMPTZ)",
            "SELECT strftime(now(), '%Y-%m-%d'), strptime('2026-01-31', '%Y-%m-%d'), to_timestamp(0), date_diff('minute', now(), now())",
            "SELECT instr('text', 'x'), coalesce(NULL, 'x'), split_part('a,b', ',', 1), list_contains(string_split('a,b', ','), 'a')",
            "SELECT * FROM events LIMIT 20 OFFSET 10",
        ):
            assert (await asyncio.wait_for(log.questions.ask(sql, QueryLimits()), WAIT_S)).columns
        await log.close()

    run(story())
