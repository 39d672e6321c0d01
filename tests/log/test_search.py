"""Full text over all sessions: questions as they are typed find what was said, called and given, the best first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.log.making import OTHER, SESSION, event, lazy_log, run, said
from workbench.client.saved_questions import SAVED
from workbench.contracts.questions import QueryLimits, QueryRefused
from workbench.contracts.search import SearchRefused
from workbench.contracts.values import Document
from workbench.log import Log, open_log, rebuild
from workbench.log.full_text.index import FILE_NAME


async def _found(log: Log, question: str) -> list[tuple[str, int]]:
    return [(hit.session_id, hit.seq) for hit in (await log.search.find(question)).hits]


async def _rows(log: Log, question: str) -> list[Any]:
    quoted = question.replace("'", "''")
    return list((await log.questions.ask(f"SELECT session_id, seq FROM search('{quoted}')", QueryLimits())).rows)


def _call(command: str, result: str) -> list[Any]:
    use = event("agent.tool_use", name="bash", input={"command": command}, evaluated_permission="allow")
    return [use, event("agent.tool_result", tool_use_id=use.id, content=[{"type": "text", "text": result}])]


def test_what_was_said_a_moment_ago_is_found_as_it_is_asked_for_in_any_case_and_script(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.sessions.append(
            SESSION, [said("Die Fähre fährt um 7."), said("The ferries are late, naïve as it is.")]
        )
        await log.sessions.append(
            OTHER, [*_call("make timetable", "error: port 5433 is taken"), said("数据库的端口是多少? 日本語も")]
        )
        assert await _found(log, "when does the fähre go?") == [(SESSION, 1)]
        assert await _found(log, "fahre") == [(SESSION, 1)]
        assert await _found(log, "late ferry") == [(SESSION, 2)]
        assert await _found(log, "NAIVE") == [(SESSION, 2)]
        assert await _found(log, "which port was taken, and by whom") == [(OTHER, 2)]
        assert await _found(log, "数据库") == await _found(log, "端口") == await _found(log, "日本") == [(OTHER, 3)]
        assert await _found(log, "日") == await _found(log, "も") == [(OTHER, 3)]
        assert await _found(log, "timet*") == [(OTHER, 1)]
        assert await _found(log, '"ferries are late"') == [(SESSION, 2)]
        assert await _found(log, '"late ferries"') == await _found(log, "nonsense") == await _found(log, "") == []
        assert await _found(log, "port -taken") == []
        assert await _rows(log, "late ferry") == [(SESSION, 2)]
        assert await _rows(log, "'; drop table x; --") == []
        await log.close()

    run(story())


def test_filters_narrow_a_question_to_sessions_tools_senders_and_moments(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.sessions.append(SESSION, [said("the harbour"), *_call("dig harbour", "harbour dug")])
        await log.sessions.append(OTHER, [said("the harbour")])
        body = {
            "agent": {"name": "Digger"},
            "metadata": {"workbench.tags": "sea urgent"},
            "workbench": {"project": "/home/x/Quay"},
        }
        await log.documents.put(Document("session", SESSION, 1, body))
        assert len(await _found(log, "harbour")) == 4
        for narrowed in ("p:quay", "a:digg", "tag:urgent", f"s:{SESSION}"):
            assert {session for session, _ in await _found(log, f"harbour {narrowed}")} == {SESSION}, narrowed
        assert await _found(log, "harbour tool:bash") == [(SESSION, 3), (SESSION, 2)]
        assert {hit.tool for hit in (await log.search.find("by:tool")).hits} == {"bash"}
        assert await _found(log, "harbour tag:urg") == []
        assert set(await _found(log, "harbour by:agent")) == {(SESSION, 1), (OTHER, 1)}
        assert await _found(log, "by:tool") == [(SESSION, 3), (SESSION, 2)]
        assert len(await _found(log, "harbour t:>2020-01-01")) == 4
        assert await _found(log, "harbour t:>90w") == await _found(log, "harbour t:>1m") == []
        assert await _found(log, "harbour t:<2020-01-01") == []
        with pytest.raises(SearchRefused, match="t:yesterday: write an age"):
            await _found(log, "harbour t:yesterday")
        await log.close()

    run(story())


def test_what_was_found_is_marked_and_sessions_are_ranked_by_their_best_places(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.sessions.append(
            SESSION, [said("x " * 400 + "The cache was cold, and caching was off. " + "y " * 400)]
        )
        await log.sessions.append(OTHER, [said("cache"), said("我们把缓存关掉了")])
        found = await log.search.find(f"caches s:{SESSION}")
        (hit,) = found.hits
        assert [hit.snippet[first:end] for first, end in hit.marks] == ["cache", "caching"]
        assert len(hit.snippet) < 260
        (hit,) = (await log.search.find("缓存")).hits
        assert (hit.snippet, hit.marks) == ("我们把缓存关掉了", ((3, 5),))
        assert [one.session_id for one in (await log.search.find("cache")).sessions] == [OTHER, SESSION]
        rows = (await log.questions.ask("SELECT snippet FROM search('缓存')", QueryLimits())).rows
        assert rows == (("我们把«缓存»关掉了",),)
        await log.close()

    run(story())


def test_an_erased_session_leaves_no_word_in_the_index(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("zebrafish")])
        await log.sessions.append(OTHER, [said("catfish")])
        assert await _found(log, "zebrafish catfish")
        await log.sessions.erase(SESSION)
        assert await _found(log, "zebrafish") == []
        await log.close()
        assert b"zebrafish" not in (tmp_path / FILE_NAME).read_bytes()
        await rebuild(tmp_path)
        log = await open_log(tmp_path)
        assert await _found(log, "catfish zebrafish") == [(OTHER, 1)]
        await log.close()

    run(story())


@pytest.mark.parametrize("damage", ["lost", "nonsense", "bit", "older"])
def test_an_index_that_is_lost_damaged_or_of_another_version_is_made_anew(tmp_path: Path, damage: str) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said(f"word{number} " * 50) for number in range(200)])
        assert await _found(log, "word7") == [(SESSION, 8)]
        await log.close()
        file = tmp_path / FILE_NAME
        content = bytearray(file.read_bytes())
        match damage:
            case "lost":
                file.unlink()
            case "nonsense":
                file.write_bytes(b"nonsense" * 1000)
            case "bit":
                for place in range(4096, len(content), 512):
                    content[place] ^= 0x55
                file.write_bytes(content)
            case "older":
                content[60:64] = (999).to_bytes(4, "big")
                file.write_bytes(content)
        log = await open_log(tmp_path)
        assert await _found(log, "word7") == [(SESSION, 8)]
        await log.close()

    run(story())


def test_a_statement_searches_for_texts_that_stand_in_it(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("alpha"), said("beta")])
        both = "SELECT a.seq, b.seq FROM search('alpha') AS a, search('beta') AS b"
        assert (await log.questions.ask(both, QueryLimits())).rows == ((1, 2),)
        for wrong, why in (
            ("SELECT * FROM search(concat('a', 'b'))", "one text as it stands"),
            ("SELECT * FROM search('t:never')", "write an age"),
        ):
            with pytest.raises(QueryRefused, match=why):
                await log.questions.ask(wrong, QueryLimits())
        await log.close()

    run(story())


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
