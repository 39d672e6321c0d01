"""The index file of full text: it has the texts that it finds, in little space, and keeps none that the log has lost."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.log.making import OTHER, SESSION, WAIT_S, lazy_log, run, said
from workbench import events
from workbench.contracts.search import SearchRefused
from workbench.log import Log, open_log, rebuild
from workbench.log.full_text.finding import JournaledSearch
from workbench.log.full_text.index import FILE_NAME, Index, Said, texts_at
from workbench.log.full_text.ranking import MOST_READ, Ranked, find
from workbench.text.full_text.question import read

LONG = "The otter sleeps on the ice; 海象在冰上睡觉 and naïve ﬁsh. " * 40


def _found(index: Index, question: str, most: int = 20) -> list[Ranked]:
    with index.reading(time.monotonic() + WAIT_S) as reading:
        return find(reading, read(question, events.now()), None, most)


def _said(position: int, text: str) -> Said:
    where = (f"sesn_{position % 7}", None, position, "agent", None, position)
    return Said(position, *where, f"sevt_{position}", "agent.message", text)


def _words(file: Path) -> bytes:
    """What stands in the file and in what SQLite keeps beside it."""
    return b"".join(part.read_bytes() for part in file.parent.glob(f"{file.name}*"))


async def _gone(word: bytes, log: Log, file: Path) -> None:
    while word in _words(file):
        await log.search.find(word.decode())


def test_texts_come_back_from_the_index_as_they_were_said_and_take_less_space(tmp_path: Path) -> None:
    texts = {1: LONG, 2: "short", 3: "", 4: "half of one: \ud83d", 5: "x" * 20_000}
    with closing(Index(tmp_path)) as index:
        index.add([_said(position, text) for position, text in texts.items()], 5)
        with index.reading(time.monotonic() + WAIT_S) as reading:
            assert texts_at(reading, list(texts)) == texts | {4: "half of one: ?"}
            kept = dict(reading.execute("SELECT position, length(CAST(text AS BLOB)) FROM texts").fetchall())
    assert kept[1] < len(LONG) / 4
    assert kept[2] == len("short")


def test_marks_are_the_same_wherever_they_are_made(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.sessions.append(SESSION, [said(LONG)])
        await log.sessions.append(OTHER, [said("Otters sleep: a OTTER."), *[said("a seal") for _ in range(60)]])
        for question, marked in (
            ("otter", {"otter", "Otters", "OTTER"}),
            ("sleeping", {"sleeps", "sleep"}),
            ('"otter sleep"', {"otter sleeps", "Otters sleep"}),
            ("otte*", {"otter", "Otters", "OTTER"}),
            ("海象", {"海象"}),
            ("otter seal", {"otter", "Otters", "OTTER", "seal"}),
        ):
            hits = (await log.search.find(question, limit=100)).hits
            assert {hit.snippet[first:end] for hit in hits for first, end in hit.marks} == marked, question
        await log.close()

    run(story())


def test_what_everybody_says_is_found_by_the_most_words_of_a_question_and_the_newest_first(tmp_path: Path) -> None:
    count = MOST_READ * 2
    everywhere = ("alpha", "beta", "gamma")
    texts = [
        " ".join(word for place, word in enumerate(everywhere) if (number >> place) % 2 or number % 5)
        for number in range(count)
    ]
    texts[17] = "alpha beta gamma delta"
    texts[18] = "delta sigma sigma sigma"
    with closing(Index(tmp_path)) as index:
        index.add([_said(number + 1, text) for number, text in enumerate(texts)], count)
        having_all = [number + 1 for number, text in enumerate(texts) if len(text.split()) >= 3 and "alpha" in text]
        found = _found(index, "alpha beta gamma")
        assert [one.position for one in found] == having_all[:-21:-1]
        # Of those that have as many of the words, the ones that say little else.
        alone = [number + 1 for number, text in enumerate(texts) if text == "alpha"]
        assert [one.position for one in _found(index, "alpha")] == alone[:-21:-1]
        # A rare word decides, and what everybody says counts beside it.
        assert [one.position for one in _found(index, "alpha delta beta")] == [18, 19]
        assert [one.position for one in _found(index, "alpha s:sesn_4 t:<1970-01-01")] == []
        assert {one.session_id for one in _found(index, "beta alpha s:sesn_4")} == {"sesn_4"}


def test_a_question_is_answered_by_the_index_alone_unless_it_asks_for_what_records_know(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("zebrafish")])
        assert (await log.search.find("zebrafish")).hits
        assert isinstance(log.search, JournaledSearch)
        log.search._ledger.store.readers.stop()
        (hit,) = (await log.search.find("zebrafish")).hits
        assert (hit.type, hit.text, hit.seq) == ("agent.message", "zebrafish", 1)
        with pytest.raises(SearchRefused, match="closed or rebuilt"):
            await log.search.find("zebrafish p:quay")
        await log.close()

    run(story())


def test_an_erased_session_leaves_no_text_in_any_file_while_the_engine_runs(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("zebrafish"), *[said(f"word{number}") for number in range(300)]])
        await log.sessions.append(OTHER, [said("catfish")])
        assert (await log.search.find("zebrafish")).hits
        await log.sessions.erase(SESSION)
        assert (await log.search.find("zebrafish word7")).hits == ()
        await asyncio.wait_for(_gone(b"zebrafish", log, tmp_path / FILE_NAME), WAIT_S)
        assert [hit.session_id for hit in (await log.search.find("catfish")).hits] == [OTHER]
        await log.close()

    run(story())


def test_an_erasure_that_a_crash_left_in_the_journal_is_one_in_the_index_too(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path / "log")
        await log.sessions.append(SESSION, [said("zebrafish")])
        assert (await log.search.find("zebrafish")).hits
        await log.sessions.erase(SESSION)
        # What a kill leaves now: the erasure is durable, and neither the database nor the index has heard of it.
        shutil.copytree(tmp_path / "log", tmp_path / "killed")
        await log.close()
        assert b"zebrafish" in _words(tmp_path / "killed" / FILE_NAME)
        log = await open_log(tmp_path / "killed")
        assert (await log.search.find("zebrafish")).hits == ()
        await log.close()
        assert b"zebrafish" not in _words(tmp_path / "killed" / FILE_NAME)

    run(story())


def test_a_database_that_is_made_anew_has_an_index_made_anew(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("zebrafish")])
        assert (await log.search.find("zebrafish")).hits
        await log.close()
        await rebuild(tmp_path)
        assert not (tmp_path / FILE_NAME).exists()
        log = await open_log(tmp_path)
        assert [hit.text for hit in (await log.search.find("zebrafish")).hits] == ["zebrafish"]
        await log.close()

    run(story())


@pytest.mark.parametrize("torn", ["DELETE FROM texts", "DELETE FROM places", "UPDATE texts SET text = x'00'"])
def test_an_index_that_is_torn_is_made_anew_when_it_is_asked(tmp_path: Path, torn: str) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("zebrafish")])
        assert (await log.search.find("zebrafish")).hits
        with closing(sqlite3.connect(tmp_path / FILE_NAME)) as beside, beside:
            beside.execute(torn)
        with pytest.raises(SearchRefused, match="damaged and is made anew"):
            await log.search.find("zebrafish")
        assert [hit.text for hit in (await log.search.find("zebrafish")).hits] == ["zebrafish"]
        await log.close()

    run(story())
