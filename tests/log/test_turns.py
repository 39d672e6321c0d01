"""Turns, costs in one unit, and what sessions are of: asked in a line or two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.log.making import SESSION, run
from workbench import events
from workbench.contracts.facts import MODEL_REQUESTED
from workbench.contracts.questions import QueryLimits
from workbench.contracts.values import Document, Fact
from workbench.log import Log, open_log

BEGIN = datetime(2026, 11, 1, 10, tzinfo=UTC)


def _at(second: int, kind: str, **fields: Any) -> events.Event:
    moment = events.timestamp(BEGIN + timedelta(seconds=second))
    return events.parse(
        {"type": kind, "id": fields.pop("id", f"sevt_{second}{kind[:3]}"), "processed_at": moment, **fields}
    )


def _text(text: str) -> list[Any]:
    return [{"type": "text", "text": text}]


async def _asked(log: Log, sql: str) -> list[Any]:
    return [list(row) for row in (await log.questions.ask(sql, QueryLimits())).rows]


def test_a_turn_is_what_a_user_said_and_all_that_came_of_it_without_the_wait_for_a_person(tmp_path: Path) -> None:
    usage = {"input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}

    async def story() -> None:
        log = await open_log(tmp_path)
        body = {
            "title": "t",
            "agent": {"name": "a", "id": "agent_1", "model": {"id": "claude-sonnet-4-5"}},
            "metadata": {"workbench.tags": "sea urgent", "workbench.group": "night"},
            "budget": {"max_list_cost": {"amount": "250", "currency": "USD"}},
            "deployment_id": "depl_1",
            "workbench": {"project": "/home/x/shop", "forked_from": "sesn_parent"},
        }
        await log.documents.put(Document("session", SESSION, 1, body))
        said = [
            _at(0, "user.message", content=_text("fix it")),
            _at(1, "span.model_request_start", id="sevt_start"),
            _at(2, "span.model_request_end", model_request_start_id="sevt_start", model_usage=usage, is_error=False),
            _at(3, "agent.tool_use", id="sevt_use", name="bash", input={"command": "rm x"}, evaluated_permission="ask"),
            _at(103, "user.tool_confirmation", tool_use_id="sevt_use", result="allow"),
            _at(104, "agent.tool_result", tool_use_id="sevt_use", content=_text("no"), is_error=True),
            _at(105, "agent.message", content=_text("done")),
            _at(106, "session.status_idle", stop_reason={"type": "end_turn"}),
            _at(500, "user.message", content=_text("thanks")),
            _at(501, "user.interrupt"),
        ]
        asked = Fact(
            MODEL_REQUESTED.name, SESSION, BEGIN, {"model_request_start_id": "sevt_start", "model": "claude-sonnet-4-5"}
        )
        await log.sessions.append(SESSION, said, facts=[asked])
        turns = await _asked(
            log,
            "SELECT turn, said, answer, seconds, waited_seconds, requests, tool_calls, failed_calls, interrupts, stop_reason, round(usd, 6), seq "
            "FROM turns ORDER BY turn",
        )
        assert turns == [
            [1, "fix it", "done", 5, 100, 1, 1, 1, 0, "end_turn", 0.0045, 1],
            [2, "thanks", None, 1, 0, 0, 0, 0, 1, None, 0, 9],
        ]
        [session] = await _asked(
            log,
            'SELECT project, tags, "group", budget_usd, model, forked_from, deployment_id, imported_from, round(usd, 6) FROM sessions',
        )
        assert session == [
            "/home/x/shop",
            ["sea", "urgent"],
            "night",
            2.5,
            "claude-sonnet-4-5",
            "sesn_parent",
            "depl_1",
            None,
            0.0045,
        ]
        await log.close()

    run(story())
