"""Tokens and limits: what each role may do, that nothing else opens, and that every refusal says which limit it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import anthropic
import httpx2
import pytest

from tests.api.stage import WAIT_S, Stage, play
from tests.trivial.model import says
from workbench.brain.history import ThreadHistory
from workbench.contracts.values import Json

TOKENS = "/workbench/v1/tokens"
LIMITS = "/workbench/v1/limits"
GO: Any = {"type": "user.message", "content": [{"type": "text", "text": "go"}]}


async def holder(stage: Stage, role: str, **fields: Any) -> tuple[anthropic.AsyncAnthropic, httpx2.AsyncClient, Json]:
    made = (await stage.raw.post(TOKENS, json={"name": f"{role} token", "role": role, **fields})).json()
    base_url = f"http://127.0.0.1:{stage.port}"
    client = anthropic.AsyncAnthropic(base_url=base_url, api_key=made["token"], max_retries=0)
    raw = httpx2.AsyncClient(base_url=base_url, headers={"x-api-key": made["token"]}, trust_env=False, timeout=WAIT_S)
    return client, raw, made


def test_a_token_is_told_once_kept_as_a_hash_and_void_when_it_is_revoked_or_old() -> None:
    async def story(stage: Stage) -> None:
        client, raw, made = await holder(stage, "read", expires_in_s=3600)
        assert made["token"].startswith("wb-")
        kept = await stage.engine.log.documents.newest("api_token")
        assert made["token"] not in str(kept)
        assert "token" not in (await stage.raw.get(TOKENS)).json()["data"][0]
        assert [one async for one in client.beta.agents.list()] == []
        assert (await stage.raw.post(TOKENS, json={"name": "read token", "role": "read"})).status_code == 409
        clock = stage.engine.clock
        stage.engine.tokens = replace(stage.engine.tokens, clock=lambda: clock() + timedelta(hours=2))
        with pytest.raises(Exception, match="expired"):
            await stage.engine.tokens.permit(made["token"])
        await stage.raw.delete(f"{TOKENS}/{made['id']}")
        assert (await raw.get("/v1/agents")).status_code == 401
        await raw.aclose()
        await client.close()

    play(story)


@pytest.mark.parametrize(
    ("role", "allowed", "refused"),
    [
        ("read", [("GET", "/v1/sessions")], [("POST", "/v1/sessions"), ("POST", "/v1/agents"), ("GET", TOKENS)]),
        (
            "operate",
            [("GET", "/v1/agents"), ("POST", "/v1/sessions/SESSION/events")],
            [
                ("POST", "/v1/vaults"),
                ("POST", TOKENS),
                ("POST", "/workbench/v1/down"),
                ("GET", "/v1/organizations/webhooks"),
                ("POST", "/v1/agents"),
                ("POST", "/workbench/v1/sessions/SESSION/console"),
                ("POST", LIMITS),
            ],
        ),
        (
            "session",
            [
                ("GET", "/v1/sessions/SESSION"),
                ("GET", "/v1/sessions/SESSION/events"),
                ("POST", "/v1/sessions/SESSION/events"),
            ],
            [
                ("GET", "/v1/sessions/OTHER"),
                ("POST", "/v1/sessions/OTHER/events"),
                ("GET", "/v1/sessions"),
                ("DELETE", "/v1/sessions/SESSION"),
                ("POST", "/v1/sessions/SESSION/archive"),
                ("GET", "/v1/agents"),
            ],
        ),
        (
            "agent",
            [("GET", "/v1/sessions"), ("GET", "/v1/sessions/SESSION"), ("POST", "/v1/sessions/SESSION/events")],
            [
                ("GET", "/v1/sessions/OTHER"),
                ("POST", "/v1/sessions/OTHER/events"),
                ("GET", "/v1/agents"),
                ("POST", "/v1/agents"),
            ],
        ),
    ],
)
def test_a_role_may_what_it_says_and_nothing_else(
    role: str, allowed: list[tuple[str, str]], refused: list[tuple[str, str]]
) -> None:
    async def story(stage: Stage) -> None:
        session, other = await stage.session(), await stage.session()
        only: Json = {"session": {"session_id": session.id}, "agent": {"agent_id": session.agent.id}}.get(role, {})
        client, raw, _ = await holder(stage, role, **only)

        async def ask(method: str, path: str) -> int:
            whole = path.replace("SESSION", session.id).replace("OTHER", other.id)
            body = {"events": [GO]} if path.endswith("/events") and method == "POST" else {}
            answer = await raw.request(method, whole, json=body if method == "POST" else None)
            if answer.status_code == 403:
                assert role in answer.json()["error"]["message"]
            return answer.status_code

        assert [(one, await ask(*one)) for one in allowed] == [(one, 200) for one in allowed]
        assert [(one, await ask(*one)) for one in refused] == [(one, 403) for one in refused]
        await raw.aclose()
        await client.close()

    play(story)


def test_a_token_for_one_agent_sees_and_starts_its_sessions_alone() -> None:
    async def story(stage: Stage) -> None:
        own, other = await stage.session(), await stage.session()
        client, raw, _ = await holder(stage, "agent", agent_id=own.agent.id)
        assert [one.id async for one in client.beta.sessions.list()] == [own.id]
        made = await client.beta.sessions.create(agent=own.agent.id, environment_id=own.environment_id)
        assert made.agent.id == own.agent.id
        with pytest.raises(anthropic.PermissionDeniedError, match="alone"):
            await client.beta.sessions.create(agent=other.agent.id, environment_id=own.environment_id)
        await raw.aclose()
        await client.close()

    play(story)


def test_more_requests_than_a_token_may_make_in_a_minute_are_told_when_there_is_room() -> None:
    async def story(stage: Stage) -> None:
        client, raw, _ = await holder(stage, "operate", reads_per_minute=3)
        assert [(await raw.get("/v1/sessions")).status_code for _ in range(4)] == [200, 200, 200, 429]
        answer = await raw.get("/v1/sessions")
        assert answer.json()["error"]["type"] == "rate_limit_error"
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert "3 requests a minute that read" in answer.json()["error"]["message"]
        await raw.aclose()
        await client.close()

    play(story)


def test_what_may_be_spent_in_a_day_holds_sessions_and_refuses_new_ones() -> None:
    async def story(stage: Stage) -> None:
        session = await stage.session()
        limit = {"of": "agent", "id": session.agent.id, "max_list_cost": {"amount": "1", "currency": "USD"}}
        assert (await stage.raw.post(LIMITS, json=limit)).status_code == 200
        await stage.until_idle(session.id, then=stage.say(session.id, "go"))
        spent = (await stage.raw.get(LIMITS)).json()["data"][0]["spent_cents"]
        assert spent >= 1
        with pytest.raises(anthropic.BadRequestError, match="limit of the agent"):
            await stage.client.beta.sessions.create(agent=session.agent.id, environment_id=session.environment_id)
        held = stage.engine.limits.held
        kept = await stage.engine.records.session(session.id)
        assert kept is not None
        assert "goes on tomorrow" in (held(kept) or "")
        assert (await stage.session()).status == "idle"
        await stage.raw.post(LIMITS, json=limit | {"max_list_cost": None})
        assert held(kept) is None

    dear: Any = says("Done.")
    play(story, script=[_weighing(dear, 1_000_000)])


def test_only_a_log_that_has_grown_is_read_again_and_the_next_day_begins_with_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    opened = ThreadHistory.opened

    async def counted(session_id: str, *given: Any) -> ThreadHistory:
        read.append(session_id)
        return await opened(session_id, *given)

    async def story(stage: Stage) -> None:
        session, other = await stage.session(), await stage.session()
        limits = stage.engine.limits
        await stage.raw.post(LIMITS, json={"of": "day", "max_list_cost": {"amount": "100000", "currency": "USD"}})
        for one in (session, other):
            await stage.until_idle(one.id, then=stage.say(one.id, "go"))
        await limits.refresh()
        (before,) = await limits.standing()
        monkeypatch.setattr(ThreadHistory, "opened", counted)
        assert (await limits.standing(), read) == ([before], [])
        monkeypatch.undo()
        await stage.until_idle(other.id, then=stage.say(other.id, "again"))
        monkeypatch.setattr(ThreadHistory, "opened", counted)
        (after,) = await limits.standing()
        assert set(read) == {other.id}
        assert after["spent_cents"] == pytest.approx(before["spent_cents"] * 3 / 2, rel=0.001)
        clock = limits.clock
        limits.clock = lambda: clock() + timedelta(days=1)
        assert (await limits.standing())[0]["spent_cents"] == 0

    dear = _weighing(says("Done."), 1_000_000)
    play(story, script=[dear, dear, dear])


def _weighing(answer: Any, tokens: int) -> Any:
    reply = answer[-1]
    return [*answer[:-1], replace(reply, usage=reply.usage | {"input_tokens": tokens})]


@pytest.mark.parametrize(
    "given",
    [
        {"of": "day", "id": "x"},
        {"of": "agent"},
        {"of": "week"},
        {"of": "day", "max_list_cost": {"amount": "0", "currency": "USD"}},
    ],
)
def test_a_limit_that_is_none_is_refused(given: Json) -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.raw.post(LIMITS, json=given)).status_code == 400

    play(story)
