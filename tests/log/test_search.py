"""Full text over all sessions: what was said, called and given is found at once, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.log.making import OTHER, SESSION, event, lazy_log, run, said
from workbench.client.saved_questions import SAVED
from workbench.contracts.questions import QueryLimits
from workbench.log import Log, open_log, rebuild


async def _found(log: Log, words: str) -> list[Any]:
    quoted = words.replace("'", "''")
    return list((await log.questions.ask(f"SELECT session_id, seq FROM search('{quoted}')", QueryLimits())).rows)


def _call(command: str, result: str) -> list[Any]:
    use = event("agent.tool_use", name="bash", input={"command": command}, evaluated_permission="allow")
    return [use, event("agent.tool_result", tool_use_id=use.id, content=[{"type": "text", "text": result}])]


def test_what_was_said_a_moment_ago_is_found_by_all_of_its_words_in_any_case_and_language(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.sessions.append(SESSION, [said("Die Fähre nach Ærø fährt um 7."), said("The ferry is late.")])
        await log.sessions.append(OTHER, _call("make ferry-timetable", "error: port 5433 is taken"))
        assert await _found(log, "fähre ÆRØ") == [(SESSION, 1)]
        assert await _found(log, "FERRY late") == [(SESSION, 2)]
        assert sorted(await _found(log, "ferry")) == [(SESSION, 2), (OTHER, 1)]
        assert await _found(log, "5433 taken") == [(OTHER, 2)]
        assert await _found(log, "ferry nonsense") == []
        assert await _found(log, "") == []
        assert await _found(log, "'; drop table x; --") == []
        await log.sessions.erase(OTHER)
        assert await _found(log, "ferry") == [(SESSION, 2)]
        await log.close()
        await rebuild(tmp_path)
        log = await open_log(tmp_path)
        assert await _found(log, "fähre") == [(SESSION, 1)]
        await log.close()

    run(story())


WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta", "Ähre", "x1"]), min_size=1, max_size=4)


@settings(max_examples=15, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=30), WORDS)
def test_a_search_finds_exactly_the_texts_that_have_all_words(texts: list[list[str]], wanted: list[str]) -> None:
    async def story(folder: Path) -> None:
        log = await lazy_log(folder)
        await log.sessions.append(SESSION, [said(" ".join(text)) for text in texts])
        fitting = {(SESSION, number) for number, text in enumerate(texts, 1) if set(wanted) <= set(text)}
        assert set(await _found(log, " ".join(wanted))) == fitting
        await log.close()

    with tempfile.TemporaryDirectory() as folder:
        run(story(Path(folder)))


def test_every_saved_question_has_an_answer(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("WORDS"), *_call("make", "ok")])
        for saved in SAVED:
            result = await log.questions.ask(saved.sql, QueryLimits())
            assert result.columns, saved.name
        await log.close()

    run(story())
    assert len({saved.name for saved in SAVED}) == len(SAVED) >= 10


def test_a_log_of_an_earlier_version_is_searched_after_its_first_opening(tmp_path: Path) -> None:
    async def before() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("The ferry is late."), *_call("make timetable", "port 5433 is taken")])
        await log.close()

    async def after() -> None:
        log = await open_log(tmp_path)
        assert await _found(log, "ferry") == [(SESSION, 1)]
        assert await _found(log, "timetable") == [(SESSION, 2)]
        assert await _found(log, "5433") == [(SESSION, 3)]
        await log.close()

    run(before())
    with duckdb.connect(str(tmp_path / "log.duckdb")) as connection:
        for statement in (
            "DROP MACRO TABLE search",
            "DROP VIEW asked",
            "DROP TABLE kept.words",
            "UPDATE kept.events SET text = NULL WHERE tool IS NOT NULL OR answers IS NOT NULL",
            "UPDATE kept.version SET number = number - 1",
        ):
            connection.execute(statement)
    run(after())
