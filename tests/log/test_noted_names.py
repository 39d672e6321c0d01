"""What a session never noted is not asked of the store, and what it noted is always found."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from tests.log.making import OTHER, SESSION, lazy_log, run
from workbench import events
from workbench.contracts.log import Head
from workbench.contracts.values import Document, Fact
from workbench.log import Tuning, open_log
from workbench.log.journal.records import Erased, Filed, Noted, Unfiled
from workbench.log.store.documents import JournaledDocuments
from workbench.log.store.noted_names import NotedNames

NAMES = ("tool.started", "model.answered")


def _fact(name: str, session_id: str = SESSION) -> Fact:
    return Fact(name, session_id, events.now(), {"tool_use_id": "sevt_1"})


def _session(session_id: str = SESSION) -> Document:
    return Document("session", session_id, 1, {})


def test_only_of_a_session_that_began_here_all_names_are_known() -> None:
    names = NotedNames([OTHER])
    for one in (OTHER, SESSION):
        names.take(Noted(_fact("tool.started", one)))
        assert names.of(one) is None, "a session without a document may have been here before"
        names.take(Filed(_session(one)))
    assert (names.of(OTHER), names.of(SESSION)) == (None, frozenset({"tool.started"}))


@pytest.mark.parametrize("end", [Erased(SESSION), Unfiled("session", SESSION)])
def test_of_a_session_that_ended_nothing_is_known_any_more(end: Erased | Unfiled) -> None:
    names = NotedNames([])
    names.take(Filed(_session()))
    names.take(end)
    assert names.of(SESSION) is None


def test_facts_are_found_whether_they_stand_in_the_tail_in_the_store_or_in_an_earlier_life(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        early, late = _fact("tool.started"), _fact("model.answered")
        await log.facts.record(early)
        await log.documents.put(_session())
        assert await log.facts.facts(SESSION, *NAMES) == [early]
        assert await log.facts.facts(SESSION, "model.answered") == []
        await log.facts.record(late)
        assert await log.facts.facts(SESSION, *NAMES) == [early, late]
        await log.close()
        log = await lazy_log(tmp_path)
        assert await log.facts.facts(SESSION, *NAMES) == [early, late]
        await log.documents.put(_session())
        assert await log.facts.facts(SESSION, *NAMES) == [early, late], "a record that is filed again is no beginning"
        await log.sessions.erase(SESSION)
        assert await log.facts.facts(SESSION, *NAMES) == []
        await log.close()

    run(story())


def test_a_kind_without_documents_has_some_as_soon_as_one_is_filed(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        one = Document("trigger", "trig_1", 1, {"name": "a"})
        for _ in range(2):
            assert await log.documents.newest("trigger") == []
            assert await log.documents.newest("trigger") == []
            await log.documents.put(one)
            assert await log.documents.newest("trigger") == [one]
            await log.documents.remove("trigger", "trig_1")
        await log.close()

    run(story())


def test_heads_that_are_kept_change_with_every_filing_and_erasure(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        for title in ("first", "second"):
            await log.documents.put(Document("session", SESSION, 1, {"title": title}))
            for _ in range(2):
                assert await log.documents.heads("session", ["title"]) == (Head(SESSION, (title,)),)
                assert await log.documents.heads("session", ["id"]) == (Head(SESSION, (None,)),)
        known = await log.documents.heads("session", ["title"])
        await log.documents.put(Document("other", "one", 1, {"title": "else"}))
        assert await log.documents.heads("session", ["title"]) is known
        await log.sessions.erase(SESSION)
        assert await log.documents.heads("session", ["title"]) == ()
        await log.close()

    run(story())


@pytest.mark.parametrize("carry_every_s", [0.0, 3600.0])
def test_heads_that_follow_what_is_filed_are_those_that_are_read_anew(tmp_path: Path, carry_every_s: float) -> None:
    async def story() -> None:
        chance = random.Random(7)
        log = await open_log(tmp_path, tuning=Tuning(carry_every_s=carry_every_s))
        versions: Counter[str] = Counter()
        for step in range(150):
            name = f"sesn_01{chance.randrange(12):020}"
            match chance.randrange(6):
                case 0 if versions[name] >= 0 and name in versions:
                    await log.sessions.erase(name)
                    versions[name] = -1_000
                case 1:
                    await log.documents.remove("session", name)
                case _ if versions[name] >= 0:
                    versions[name] += chance.randrange(2)
                    body = {"title": f"of step {step}"}
                    await log.documents.put(Document("session", name, max(1, versions[name]), body))
            if chance.randrange(3):
                followed = await log.documents.heads("session", ["title"])
                fresh = JournaledDocuments(cast("JournaledDocuments", log.documents)._ledger)
                assert set(followed) == set(await fresh.heads("session", ["title"])), step
        await log.close()

    run(story())
