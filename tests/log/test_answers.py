"""What answers a call or a request is counted the same, whenever its facts came, and in a log of an earlier version too."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.log.making import OTHER, SESSION, event, lazy_log, run
from workbench import events, pricing
from workbench.contracts.questions import QueryLimits
from workbench.contracts.values import Fact
from workbench.events import Event
from workbench.log import Log, open_log, rebuild

VIEWS = ("tool_calls", "model_requests", "usage_by_day", "approvals", "files_touched", "prices")
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
        assert any("is of an earlier version" in sentence for sentence in told)
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
    """As a version left it that had no columns of answers, and noted the scripts that made its tables."""
    with duckdb.connect(str(file)) as connection:
        for view in VIEWS:
            connection.execute(f"DROP VIEW {view}")
        for column in ("answered", "began_at", "model", "purpose", "hour_tokens", "is_fast"):
            connection.execute(f"ALTER TABLE kept.events DROP COLUMN {column}")
        connection.execute("DROP TABLE kept.version")
        connection.execute("CREATE TABLE kept.migrations AS SELECT '0020_network.sql' AS name")
