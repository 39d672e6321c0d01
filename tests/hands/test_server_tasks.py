"""Calls that an MCP server runs as tasks: asked for until they end, cancelled when nobody waits, told in words when they fail."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.hands.task_server import OLDER, PRESENT
from tests.hands.test_server_questions import ROME, a_call
from tests.hands.test_stdio_servers import connected, said, server
from workbench.contracts.servers import Asked
from workbench.contracts.values import Json, Outcome

OLD, NEW = server(sys.executable, "-c", OLDER), server(sys.executable, "-c", PRESENT)


def heard(folder: Path) -> list[str]:
    return (folder / "heard").read_text().split("\n")


async def until_heard(folder: Path, what: str) -> None:
    while True:
        if (folder / "heard").exists() and what in heard(folder):
            return
        await asyncio.sleep(0.01)


def test_a_task_that_asks_goes_on_in_any_later_process_and_gives_its_result(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            told = await servers.call(session, NEW, a_call("ask"))
            assert isinstance(told, Asked), told
            assert [one.message for one in told.questions] == ["Where to?"]
            kept = json.loads(json.dumps(told.state))
        async with connected(tmp_path) as (_, servers, session):
            outcome = await servers.go_on(session, NEW, a_call("ask"), {"where": ROME}, kept)
            assert said(outcome) == "to Rome\n[a block of type 'odd', which cannot be shown here]"
            assert "tasks/cancel ask" not in heard(tmp_path)

    asyncio.run(story())


@pytest.mark.parametrize("one", [OLD, NEW])
def test_a_task_whose_call_is_interrupted_is_cancelled(tmp_path: Path, one: Json) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            working = asyncio.create_task(servers.call(session, one, a_call("stay")))
            await until_heard(tmp_path, "tasks/get stay")
            working.cancel()
            await until_heard(tmp_path, "tasks/cancel stay")

    asyncio.run(story())


def test_a_task_that_asked_and_will_not_be_answered_is_cancelled(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            assert isinstance(await servers.call(session, NEW, a_call("ask")), Asked)
            await servers.abandon(session.id, "sevt_1")
            assert heard(tmp_path)[-1] == "tasks/cancel ask"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fail", "its task fail failed: broken inside"),
        ("stop", "it cancelled its task stop (no room); the call may have had its effect in part"),
    ],
)
def test_a_task_without_a_result_ends_in_words(tmp_path: Path, name: str, words: str) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            outcome = await servers.call(session, NEW, a_call(name))
            assert isinstance(outcome, Outcome)
            assert (outcome.is_error, said(outcome)) == (True, f"The MCP server 'adder' failed: {words}")

    asyncio.run(story())


def test_an_older_server_gets_a_task_where_its_tool_needs_one_and_asks_on_its_connection(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            assert "at once" in said(await servers.call(session, OLD, a_call("now", 2)))
            told = await servers.call(session, OLD, a_call("ask"))
            assert isinstance(told, Asked), told
            outcome = await servers.go_on(session, OLD, a_call("ask"), {told.questions[0].key: ROME}, told.state)
            assert said(outcome).startswith("to Rome")

    asyncio.run(story())
