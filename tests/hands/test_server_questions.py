"""MCP servers of both protocols in mid-call: they ask a person, they change their tools, they want more than they get."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from tests.hands.asking_server import OLDER, PRESENT
from tests.hands.test_stdio_servers import connected, said, server
from workbench.contracts.servers import Asked, ServerFault
from workbench.contracts.values import Call, Json, Outcome, Session
from workbench.hands.mcp.input_required import NO_SAMPLING
from workbench.hands.mcp.servers import ConnectedServers

OLD, NEW = server(sys.executable, "-c", OLDER), server(sys.executable, "-c", PRESENT)
ROME: Json = {"action": "accept", "content": {"city": "Rome"}}


def a_call(name: str, number: int = 1) -> Call:
    return Call(f"sevt_{number}", name, {}, "adder")


async def asked(servers: ConnectedServers, session: Session, one: Json) -> Asked:
    told = await servers.call(session, one, a_call("buy"))
    assert isinstance(told, Asked), told
    return told


def test_an_older_server_waits_on_its_connection_for_the_answer(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (pair, servers, session):
            told = await asked(servers, session, OLD)
            [question] = told.questions
            assert (question.message, told.state) == ("Where to?", None)
            outcome = await servers.go_on(session, OLD, a_call("buy"), {question.key: ROME}, None)
            assert json.loads(said(outcome)) == ROME
            assert len(pair.started) == 1

    asyncio.run(story())


def test_a_call_beside_the_one_that_asked_is_held_and_gets_its_result_afterwards(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            told = await asked(servers, session, OLD)
            beside = await servers.call(session, OLD, a_call("look", 2))
            assert beside == Asked()
            replies = {told.questions[0].key: ROME}
            first = await servers.go_on(session, OLD, a_call("buy"), replies, None)
            second = await servers.go_on(session, OLD, a_call("look", 2), {}, None)
            assert (json.loads(said(first)), said(second)) == (ROME, "looked after")

    asyncio.run(story())


def test_an_answer_that_nobody_waits_for_any_more_is_told_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (pair, servers, session):
            told = await asked(servers, session, OLD)
            pair.outside.lose()
            outcome = await servers.go_on(session, OLD, a_call("buy"), {told.questions[0].key: ROME}, None)
            assert isinstance(outcome, Outcome)
            assert outcome.is_error
            await servers.release(session.id)
            outcome = await servers.go_on(session, OLD, a_call("buy"), {"1": ROME}, None)
            assert "the answer went to nobody. The call may have run" in said(outcome)

    asyncio.run(story())


def test_a_call_that_is_given_up_frees_those_beside_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            await asked(servers, session, OLD)
            await servers.abandon(session.id, "sevt_1")
            outcome = await servers.call(session, OLD, a_call("sample", 2))
            assert "Sampling not supported" in said(outcome)

    asyncio.run(story())


def test_a_present_server_is_answered_by_any_process_with_the_state_that_it_gave(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            told = await asked(servers, session, NEW)
            assert [one.key for one in told.questions] == ["where"]
            kept = json.loads(json.dumps(told.state))
        async with connected(tmp_path) as (_, servers, session):
            outcome = await servers.go_on(session, NEW, a_call("buy"), {"where": ROME}, kept)
            assert json.loads(said(outcome)) == ["sealed", ROME, "project"]

    asyncio.run(story())


def test_sampling_is_refused_in_words_and_a_server_that_is_not_done_is_asked_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            refused = await servers.call(session, NEW, a_call("sample"))
            assert said(refused) == f"The MCP server 'adder' failed: {NO_SAMPLING}"
            assert said(await servers.call(session, NEW, a_call("pause", 2))) == "3 calls"

    asyncio.run(story())


async def listed_with(servers: ConnectedServers, session: Session, name: str) -> None:
    while True:
        found = await servers.listed(session, NEW)
        assert not isinstance(found, ServerFault), found
        if name in [tool["name"] for tool in found]:
            return
        await asyncio.sleep(0)


def test_a_change_is_heard_by_subscription_and_after_a_lost_one_the_tools_are_read_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            await listed_with(servers, session, "buy")
            for number, (name, new) in enumerate((("change", "new"), ("drop", "unseen"))):
                await servers.call(session, NEW, a_call(name, number))
                await listed_with(servers, session, new)

    asyncio.run(story())
