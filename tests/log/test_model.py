"""Whatever is done in whatever order, also with kills in between, the log says what a list and a queue would say."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.log.making import OTHER, SESSION, WAIT_S, asked, bodies, event, frames, ids, lazy_log, said
from workbench.contracts.log import Follower, Head
from workbench.contracts.questions import QueryLimits
from workbench.contracts.values import Document, Entry
from workbench.log import Log

T = TypeVar("T")

sessions = st.sampled_from([SESSION, OTHER])
counts = st.integers(1, 3)


class LogMachine(RuleBasedStateMachine):
    """A log that is killed by copying its journal from under it, as a power loss would leave it."""

    def __init__(self) -> None:
        super().__init__()
        self.lives = 0
        self.logged: dict[str, list[str]] = {SESSION: [], OTHER: []}
        self.waiting: dict[str, list[str]] = {SESSION: [], OTHER: []}
        self.titles: dict[str, int] = {}
        self.followers: list[tuple[Follower, list[Entry]]] = []

    def run(self, story: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(story, WAIT_S))

    @property
    def folder(self) -> Path:
        return self.root / str(self.lives)

    @initialize()
    def begin(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.root = Path(tempfile.mkdtemp())
        self.open()

    def open(self) -> None:
        self.log: Log = self.run(lazy_log(self.folder, segment_bytes=2_000))

    def tell_followers(self, entries: list[Entry]) -> None:
        for _, expected in self.followers:
            expected.extend(entry for entry in entries if entry.session_id == SESSION)

    @rule(session=sessions, count=counts)
    def append(self, session: str, count: int) -> None:
        entries = self.run(self.log.sessions.append(session, [said(str(number)) for number in range(count)]))
        self.logged[session] += ids(entries)
        self.tell_followers(entries)

    @rule(session=sessions, count=counts, interrupts=st.booleans())
    def send(self, session: str, count: int, interrupts: bool) -> None:
        events = [asked(str(number)) for number in range(count)]
        if interrupts:
            events.append(event("user.interrupt", processed_at=None))
        entries = self.run(self.log.inbox.send(session, events))
        self.waiting[session] += ids(entries)
        self.tell_followers(entries)

    @rule(session=sessions)
    def take(self, session: str) -> None:
        queued = self.log.inbox.queued(session)
        interrupts = [entry.event.id for entry in queued if entry.event.type == "user.interrupt"]
        entries = self.run(self.log.inbox.take(session))
        assert ids(entries) == interrupts + [name for name in self.waiting[session] if name not in interrupts]
        self.logged[session] += ids(entries)
        self.waiting[session] = []
        self.tell_followers(entries)

    @rule(session=sessions)
    def put_or_remove_a_document(self, session: str) -> None:
        if self.titles.get(session, 0) % 3 == 2:
            self.run(self.log.documents.remove("agent", session))
            del self.titles[session]
            return
        self.titles[session] = self.titles.get(session, 0) + 1
        self.run(self.log.documents.put(Document("agent", session, self.titles[session], {})))

    @rule()
    def carry_over(self) -> None:
        answer = self.run(self.log.questions.ask("SELECT session_id, count(*) FROM events GROUP BY 1", QueryLimits()))
        assert dict(answer.rows) == {session: len(names) for session, names in self.logged.items() if names}

    @rule(from_the_start=st.booleans())
    def follow(self, from_the_start: bool) -> None:
        expected: list[Entry] = []
        if from_the_start:
            everything = self.run(self.log.sessions.read(SESSION)) + self.log.inbox.queued(SESSION)
            expected = sorted(everything, key=lambda entry: entry.position)
        self.followers.append((self.log.sessions.follow(SESSION, after=0 if from_the_start else None), expected))
        if from_the_start:
            self.check_followers()

    @rule()
    def check_followers(self) -> None:
        for follower, expected in self.followers:
            seen = self.run(frames(follower, len(expected)))
            assert bodies([frame for frame in seen if isinstance(frame, Entry)]) == bodies(expected)
            expected.clear()

    @rule()
    def close_and_reopen(self) -> None:
        self.run(self.log.close())
        self.followers.clear()
        self.open()
        assert self.log.notices == ()

    @rule(keeps_the_database=st.booleans(), torn=st.binary(max_size=30))
    def lose_power_and_reopen(self, keeps_the_database: bool, torn: bytes) -> None:
        """The journal as it is on the disk at this moment, with a torn write behind it."""
        killed, self.lives = self.folder, self.lives + 1
        shutil.copytree(killed / "journal", self.folder / "journal")
        self.run(self.log.close())
        if keeps_the_database:
            shutil.copy(killed / "log.duckdb", self.folder)
        newest = max((self.folder / "journal").glob("*.log"))
        newest.write_bytes(newest.read_bytes() + torn)
        self.followers.clear()
        self.open()

    @invariant()
    def the_log_says_what_was_done(self) -> None:
        for session in (SESSION, OTHER):
            entries = self.run(self.log.sessions.read(session))
            assert ids(entries) == self.logged[session]
            assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
            newest = self.run(self.log.sessions.read(session, limit=2, newest_first=True))
            assert bodies(newest) == bodies(entries[::-1][:2])
            assert ids(self.log.inbox.queued(session)) == self.waiting[session]
            assert self.log.states.state(session).seq == len(entries)
        documents = self.run(self.log.documents.newest("agent"))
        assert {document.id: document.version for document in documents} == self.titles
        heads = self.run(self.log.documents.heads("agent", ["title"]))
        assert [*heads] == [Head(one.id, (one.body.get("title"),)) for one in documents]
        assert self.run(self.log.documents.several("agent", list(self.titles)[:2])) == [
            one for one in documents if one.id in list(self.titles)[:2]
        ]

    def teardown(self) -> None:
        self.run(self.log.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.root)


TestLog = LogMachine.TestCase
TestLog.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
