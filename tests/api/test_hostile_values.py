"""No value of a path, a query or a body is a surprise to the engine: each is taken or refused with its place, never a 500."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.stage import Stage, play
from workbench import events
from workbench.contracts.values import Json
from workbench.text.strict_json import MOST_DEPTH, MOST_VALUES

DIGITS = "9" * 5000
FIRST_DAY, LAST_DAY = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
DEEP_CURSOR = base64.urlsafe_b64encode(b"[" * 20_000).decode()
QUERY = [
    *("page", "limit", "after", "order", "version", "agent_version", "statuses[]", "types[]", "depth", "path_prefix"),
    *(
        "path",
        "line",
        "memory_id",
        "event_deltas[]",
        "agent_id",
        "include_archived",
        "created_at[gte]",
        "created_at[lt]",
    ),
    *("expected_content_sha256", "view", "operation", "query"),
]
TEXTS = [DIGITS, "-1", "1e999", "NaN", "\0", "²", FIRST_DAY, LAST_DAY, DEEP_CURSOR]
NUMBERS = ["1e999", "-1", "0", "1.5", "true", str(2**63), str(10**40), "NaN", "-Infinity", DIGITS, '"²"', "[]", "null"]
TURNS = 45
"""Each pair of a name and a value has its turn, so that one story stays short."""
TAKEN = [pytest.param(turn, marks=pytest.mark.long if turn % 12 else ()) for turn in range(TURNS)]
"""A route is one of a hundred that reads its query by the same functions: the other pairs are tried in the nightly set."""
UNMOVED = {"/workbench/v1/down", "/workbench/v1/feed"}


def path_of(route: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        route = route.replace("{" + name + "}", value)
    return route


async def statuses(
    stage: Stage, method: str, paths: Sequence[str], content: bytes = b""
) -> AsyncIterator[tuple[str, int]]:
    """The status of each, without reading on in those that stream."""
    for path in paths:
        request = stage.raw.build_request(method, path, content=content or None)
        answer = await stage.raw.send(request, stream=True)
        yield path, answer.status_code
        await answer.aclose()


@pytest.mark.parametrize("turn", TAKEN)
def test_no_route_fails_on_a_value_of_its_query_or_its_path(tmp_path: Path, turn: int) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        ids = {"session_id": session.id, "thread_id": "sthr_" + session.id[5:], "agent_id": session.agent.id}
        failed = []
        for route in stage.routes:
            if "GET" not in (route.methods or ()) or route.path in UNMOVED:
                continue
            path = path_of(route.path, ids)
            odd = [
                path_of(path, {name: quote(text) for name in route.param_convertors})
                for text in ("\0", "é" * 900, "..")
            ]
            plain = path_of(path, dict.fromkeys(route.param_convertors, "none"))
            pairs = list(itertools.product(QUERY, TEXTS))[turn::TURNS]
            asked = [f"{plain}?{quote(name)}={quote(text)}" for name, text in pairs]
            failed += [found async for found in statuses(stage, "GET", [*odd, *asked]) if found[1] >= 500]
        assert failed == []

    play(story, folder=tmp_path)


def bodies(session: Any, agent: Any, environment: Any) -> dict[str, str]:
    """Paths, and bodies of them with a number that somebody else may choose."""
    money = '{"type": "limit", "max_list_cost": {"amount": %s, "currency": "USD"}}'
    of_agent = f'{{"type": "agent", "id": "{agent}", "version": %s}}'
    usage = '"input_tokens": %s, "output_tokens": 1, "cache_creation_input_tokens": 1, "cache_read_input_tokens": 1'
    end = f'{{"type": "span.model_request_end", "id": "sevt_2", "processed_at": "2026-01-01T00:00:00Z", "model_request_start_id": "sevt_1", "model_usage": {{{usage}}}}}'
    schema = '{"type": "object", "properties": {"x": {"type": "number", "maximum": %s}}}'
    tool = f'{{"type": "custom", "name": "x", "description": "x", "input_schema": {schema}}}'
    return {
        "/v1/sessions": f'{{"agent": {of_agent}, "environment_id": "{environment}"}}',
        f"/v1/sessions/{session}": f'{{"budget": {money}}}',
        "/workbench/v1/groups/x": f'{{"budget": {money}}}',
        "/v1/agents": f'{{"name": "x", "model": "m", "tools": [{tool}]}}',
        f"/v1/agents/{agent}": '{"version": %s, "name": "x"}',
        "/workbench/v1/sql": '{"sql": "SELECT 1", "rows": %s}',
        "/workbench/v1/sql?": '{"sql": "SELECT 1", "seconds": %s}',
        "/workbench/v1/sql?bytes": '{"sql": "SELECT 1", "bytes": %s}',
        "/workbench/v1/serve": '{"port": %s}',
        "/workbench/v1/search": '{"words": "word", "limit": %s}',
        "/workbench/v1/dreams": '{"inputs": [], "budget_cents": %s}',
        "/v1/messages": '{"model": "offline", "max_tokens": %s, "messages": [{"role": "user", "content": "x"}]}',
        "/workbench/v1/import": f'{{"id": "sesn_abcdefgh1", "created_at": "2026-01-01T00:00:00Z", "events": [{end}]}}',
        "/workbench/v1/import?": f'{{"id": "sesn_abcdefgh2", "created_at": "2026-01-01T00:00:00Z", "after": %s, "events": [{end % 1}]}}',
    }  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:12])
def test_no_number_of_a_body_fails_a_route_or_any_list_after_it(tmp_path: Path, number: str) -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        for path, body in bodies(session.id, session.agent.id, session.environment_id).items():
            answer = await stage.raw.post(path, content=(body % number).encode())
            assert answer.status_code < 500, (path, answer.text)
        for path in (
            "/v1/agents",
            "/v1/sessions?limit=1000",
            "/workbench/v1/groups",
            f"/v1/sessions/{session.id}/events",
        ):
            assert (await stage.raw.get(path)).status_code == 200, path
        asked = await stage.raw.post("/workbench/v1/sql", json={"sql": "SELECT * FROM sessions"})
        assert asked.status_code == 200, asked.text

    play(story, folder=tmp_path)


def imported(**fields: Any) -> Json:
    use = {
        "type": "agent.tool_use",
        "id": "sevt_1",
        "processed_at": "2026-01-01T00:00:00Z",
        "name": "bash",
        "input": {},
    }
    return {"id": "sesn_abcdefgh", "created_at": "2026-01-01T00:00:00Z", "events": [use | fields]}


def nested(depth: int) -> Json:
    value: Json = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "body",
    [
        imported(input=nested(300)),
        imported(processed_at=FIRST_DAY),
        imported(processed_at=LAST_DAY),
        imported(processed_at="2026-01-01T00:00:00"),
        imported() | {"created_at": FIRST_DAY},
        imported() | {"created_at": LAST_DAY},
        imported() | {"created_at": "2026-01-01"},
    ],
)
def test_an_import_that_could_not_be_read_back_is_refused_whole(tmp_path: Path, body: Json) -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.raw.post("/workbench/v1/import", json=body)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
        assert (await stage.raw.get("/v1/sessions?include_archived=true")).json()["data"] == []

    play(story, folder=tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b'{"x":' + b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1) + b"}",
        json.dumps({f"k{number}": 0 for number in range(MOST_VALUES + 1)}).encode(),
        b'{"x":[' + b"0," * MOST_VALUES + b"0]}",
        b'{"name": "\\ud83d", "model": "m"}',
        b'{"name": 1e400}',
    ],
    ids=["3,000 deep", "101 deep", "many names", "many values", "half a character", "too large"],
)
def test_a_body_that_not_everybody_could_read_is_refused_in_a_few_words(content: bytes) -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.raw.post("/v1/agents", content=content)
        assert answer.status_code == 400
        assert len(answer.content) < 1000

    play(story)


def test_of_many_faults_the_first_are_named_and_the_others_counted() -> None:
    async def story(stage: Stage) -> None:
        tools = [{"type": "custom", "name": 1} for _ in range(200)]
        told = (await stage.raw.post("/v1/agents", json={"name": "x", "model": "m", "tools": tools})).json()["error"][
            "message"
        ]
        assert told.startswith("tools.0.")
        assert " more" in told[-12:]
        many = await stage.raw.post("/v1/agents", json={events.new_id("x"): 1 for _ in range(1000)})
        assert many.json()["error"]["message"].startswith("1000 fields: this takes ")

    play(story)
