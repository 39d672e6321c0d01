"""Mirror of another service: every event once whatever the pages, its primary thread under the id of this engine, nothing run here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.stage import Stage, play
from workbench import events
from workbench.catalog.errors import Refused
from workbench.contracts.values import Json
from workbench.contracts.web import Answered, Asked
from workbench.engine.hosted.mirror import HostedMirror
from workbench.engine.hosted.mirrored import METADATA, Cursor, Names, cursor_of
from workbench.engine.hosted.services import Away, HostedServices

BASE = "https://api.example.com"
SESSION = "sesn_01Hosted0000000000001"
PRIMARY = "sthr_01Primary"


def _event(number: int, moment: int, kind: str, **fields: Any) -> Json:
    at = f"2026-11-01T10:00:{moment:02d}.000000Z"
    return {"type": kind, "id": f"sevt_01Event{number:08d}", "processed_at": at, **fields}


RECORDED: list[Json] = [
    {**_event(1, 0, "session.thread_status_running"), "session_thread_id": PRIMARY, "agent_name": "reviewer"},
    _event(2, 0, "session.status_running"),
    _event(3, 1, "user.message", content=[{"type": "text", "text": "Look at the release."}]),
    _event(4, 1, "span.model_request_start"),
    _event(5, 3, "agent.message", content=[{"type": "text", "text": "I look."}]),
    _event(
        6,
        2,
        "span.model_request_end",
        model_request_start_id="sevt_01Event00000004",
        model_usage={
            "input_tokens": 1000,
            "output_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    ),
    _event(7, 3, "agent.tool_use", name="bash", input={"command": "git log"}, evaluated_permission="ask"),
    {
        **_event(8, 3, "session.thread_status_idle"),
        "session_thread_id": PRIMARY,
        "agent_name": "reviewer",
        "stop_reason": {"type": "requires_action", "event_ids": ["sevt_01Event00000007"]},
    },
    _event(9, 3, "session.status_idle", stop_reason={"type": "requires_action", "event_ids": ["sevt_01Event00000007"]}),
    _event(10, 4, "session.of_next_year", what="unknown here"),
]


class Recorded:
    """A service as the public API tells one session, `through` so many of its events, in pages."""

    def __init__(self, page: int = 1000) -> None:
        self.page, self.through, self.is_away = page, len(RECORDED), False
        self.is_gone = False
        self.requests: list[Asked] = []
        self.wire: Json = {
            "id": SESSION,
            "type": "session",
            "title": "Release",
            "status": "idle",
            "agent": {
                "id": "agent_01There",
                "type": "agent",
                "version": 3,
                "name": "reviewer",
                "description": None,
                "model": {"id": "claude-opus-5-5"},
                "system": None,
                "tools": [],
                "mcp_servers": [],
                "skills": [],
                "multiagent": None,
            },
            "environment_id": "env_01There",
            "metadata": {"team": "core"},
            "resources": [{"type": "file", "id": "sesrsc_1", "file_id": "file_1", "mount_path": "/x"}],
            "vault_ids": [],
            "created_at": "2026-11-01T10:00:00Z",
            "updated_at": "2026-11-01T10:00:04Z",
            "archived_at": None,
        }

    async def ask(self, asked: Asked) -> Answered:
        await asyncio.sleep(0)
        self.requests.append(asked)
        if self.is_away:
            return Answered(None, {}, error="no answer")
        parts = urlsplit(asked.url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/v1/sessions":
            return self._said({"data": [self.wire], "next_page": None})
        if parts.path == f"/v1/sessions/{SESSION}" and not self.is_gone:
            return self._said(self.wire)
        if parts.path == f"/v1/sessions/{SESSION}/events":
            since = datetime.fromisoformat(query.get("created_at[gte]", "2000-01-01T00:00:00+00:00"))
            known = [one for one in RECORDED[: self.through] if datetime.fromisoformat(one["processed_at"]) >= since]
            start = int(query.get("page", "0"))
            end = start + self.page
            return self._said({"data": known[start:end], "next_page": str(end) if end < len(known) else None})
        return Answered(404, {}, json.dumps({"error": {"type": "not_found_error", "message": parts.path}}).encode())

    def _said(self, body: Json) -> Answered:
        return Answered(200, {}, json.dumps(body).encode())


def _mirror(stage: Stage, recorded: Recorded, told: Callable[[str], None] = lambda _: None) -> HostedMirror:
    log = stage.engine.log
    locks: dict[str, asyncio.Lock] = {}
    services = HostedServices(log.documents, recorded.ask, stage.engine.clock)
    return HostedMirror(
        log=log, services=services, made=told, changing=lambda one: locks.setdefault(one, asyncio.Lock())
    )


async def _added(mirror: HostedMirror) -> Json:
    return await mirror.services.add({"name": "work", "base_url": BASE, "since": "2026-10-01T00:00:00Z"})


def test_a_session_of_another_service_is_read_here_with_its_question_its_cost_and_its_origin() -> None:
    async def story(stage: Stage) -> None:
        recorded, made = Recorded(page=4), list[str]()
        mirror = _mirror(stage, recorded, made.append)
        await mirror.look(await _added(mirror))
        assert made == [SESSION]
        found = await stage.client.beta.sessions.retrieve(SESSION)
        assert (found.title, found.status, found.agent.name) == ("Release", "idle", "reviewer")
        assert found.metadata == {"team": "core", METADATA: "work"}
        assert found.resources == []
        told = [one async for one in stage.client.beta.sessions.events.list(SESSION)]
        assert [one.id for one in told] == [one["id"] for one in RECORDED[:-1]]
        assert told[0].to_dict()["session_thread_id"] == events.primary_thread_id(SESSION)
        state = stage.engine.log.states.state(SESSION)
        assert state.waiting_for == ("sevt_01Event00000007",)
        assert state.threads == ()
        [fact] = await stage.engine.log.facts.facts(SESSION, "model.requested")
        assert fact.body["model"] == "claude-opus-5-5"
        assert {one.key_as for one in recorded.requests} == {"bearer"}
        assert PRIMARY in (await mirror.outward(SESSION, events.primary_thread_id(SESSION).encode())).decode()

    play(story)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 3), max_size=8), st.integers(1, 4))
def test_events_come_once_and_in_order_whatever_was_there_at_each_look(steps: list[int], page: int) -> None:
    async def story(stage: Stage) -> None:
        recorded = Recorded(page)
        mirror = _mirror(stage, recorded)
        recorded.through = 0
        service = await _added(mirror)
        for step in (*steps, len(RECORDED)):
            recorded.through = min(len(RECORDED), recorded.through + step)
            recorded.wire["updated_at"] = f"2026-11-01T11:00:{recorded.through:02d}Z"
            # Another engine begins where the one before has ended.
            mirror = _mirror(stage, recorded)
            await mirror.open()
            await mirror.look(service)
        told = [one.event.id for one in await stage.engine.log.sessions.read(SESSION)]
        assert told == [one["id"] for one in RECORDED[:-1]]

    play(story)


def test_a_service_that_is_away_is_said_and_what_was_deleted_there_stays_as_history() -> None:
    async def story(stage: Stage) -> None:
        recorded = Recorded()
        mirror = _mirror(stage, recorded)
        service = await _added(mirror)
        await mirror.look(service)
        recorded.is_away = True
        with pytest.raises(Away, match="no answer"):
            await mirror.look(service)
        recorded.is_away = False
        recorded.is_gone = True
        await mirror.refresh(SESSION)
        record = await stage.engine.records.document(SESSION)
        assert record.body["archived_at"]
        assert len(await stage.engine.log.sessions.read(SESSION)) == len(RECORDED) - 1

    play(story)


def test_this_engine_sends_a_session_of_another_service_nothing_and_never_wakes_it() -> None:
    async def story(stage: Stage) -> None:
        mirror = _mirror(stage, Recorded())
        await mirror.look(await _added(mirror))
        with pytest.raises(Refused, match="one of the service 'work'"):
            await stage.engine.sessions.send(SESSION, {"events": [{"type": "user.interrupt"}]})
        # As after a restart: what is mirrored is known before anything goes on.
        await stage.engine.hosted.mirror.open()
        assert stage.engine.hosted.has(SESSION)
        stage.engine._tasks.wake(SESSION)
        assert SESSION not in stage.engine._tasks._live

    play(story)


def test_addresses_that_are_none_and_services_that_answer_otherwise_are_refused() -> None:
    async def story(stage: Stage) -> None:
        services = _mirror(stage, Recorded()).services
        for wrong in ("http://api.example.com", "https://", "ftp://x", "https://me:pw@x", f"{BASE}?x=1"):
            with pytest.raises(Refused, match="base_url"):
                await services.add({"name": "work", "base_url": wrong, "since": "2026-10-01T00:00:00Z"})
        with pytest.raises(Refused, match="since"):
            await services.add({"name": "work", "base_url": BASE, "since": "yesterday"})
        with pytest.raises(Refused, match="lower-case"):
            await services.add({"name": "Work!", "base_url": BASE, "since": "2026-10-01T00:00:00Z"})
        for body in (b"<html>", b'{"error": {"message": "invalid x-api-key"}}'):

            async def other(_: Asked, body: bytes = body) -> Answered:
                await asyncio.sleep(0)
                return Answered(401, {}, body)

            with pytest.raises(Refused, match="answers 401"):
                await HostedServices(stage.engine.log.documents, other, stage.engine.clock).add(
                    {"name": "work", "base_url": BASE, "since": "2026-10-01T00:00:00Z"}
                )
        assert await services.all() == []

    play(story)


def test_a_cursor_knows_what_was_read_of_the_last_minute_and_of_what_comes_late() -> None:
    def told(name: str, moment: str | None) -> Json:
        return {"id": name, "processed_at": moment and f"2026-11-01T{moment}Z"}

    cursor = Cursor().after([told("a", "10:00:00"), told("b", "10:00:50.5"), told("c", "10:00:50.2")])
    more = [told("b", "10:00:50.500000"), told("c", "10:00:50.2"), told("d", "10:00:50.1"), told("q", None)]
    assert [one["id"] for one in cursor.new(more)] == ["d"]
    later = cursor.after([told("e", "10:02:00")])
    assert dict(later.ids) == {"e": "2026-11-01T10:02:00Z"}
    assert later.new(more) == []
    assert cursor_of(later.body) == later
    assert Names("sthr_there", "sthr_here").outward(b'{"a":"sthr_here"}') == b'{"a":"sthr_there"}'
