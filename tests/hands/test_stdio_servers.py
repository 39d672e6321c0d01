"""MCP servers that are programs of a session's sandbox, spoken with through the runner's own conversations."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandboxes.runner import conversations as inside
from sandboxes.runner.children import Children
from sandboxes.runner.frames import Frame
from tests.hands.places import new_session
from tests.hands.stdio_server import PROGRAM
from workbench.contracts.servers import Asked, ServerFault
from workbench.contracts.values import Call, Json, Outcome, Session
from workbench.events import text_of
from workbench.hands.conversations import SANDBOX_GONE, TOO_MUCH, UNHEARD_LIMIT_BYTES, Conversation, Conversations
from workbench.hands.mcp.http_transports import ServerWay
from workbench.hands.mcp.servers import ConnectedServers


def server(*command: str) -> Json:
    return {"type": "url", "name": "adder", "url": f"stdio:{shlex.join(command)}"}


ADDER = server(sys.executable, "-c", PROGRAM)


def add(**more: object) -> Call:
    return Call("sevt_1", "add", {"a": 2, "b": 3, **more}, "adder")


class Pair:
    """Both ends of a sandbox's conversations, without the container between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children = Children()
        self.inside = inside.Conversations(
            self.children, folder, os.environ, tell=self.heard, drain=lambda: asyncio.sleep(0)
        )
        self.outside = Conversations(self.inside.take)
        self.ended: asyncio.Queue[Frame] = asyncio.Queue()
        self.started: list[tuple[str, ...]] = []

    def heard(self, frame: Frame) -> None:
        self.outside.take(frame)
        if frame["kind"] == "ended":
            self.ended.put_nowait(frame)

    async def converse(self, session: Session, command: Sequence[str]) -> Conversation:
        self.started.append(tuple(command))
        return self.outside.with_program(command, str(self.folder))


async def no_way(session: Session, server: Json) -> ServerWay:
    raise AssertionError(f"{server} is inside")


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[tuple[Pair, ConnectedServers, Session]]:
    pair = Pair(folder)
    servers = ConnectedServers(no_way, pair.converse)
    async with asyncio.timeout(60):
        yield pair, servers, new_session()
        await servers.close()
        pair.inside.end_all()
        await pair.children.end_all()


def said(outcome: Outcome | Asked) -> str:
    assert isinstance(outcome, Outcome), outcome
    return text_of(outcome.content)


def test_a_program_is_started_once_listed_and_called_in_the_working_directory(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (pair, servers, session):
            listed = await servers.listed(session, ADDER)
            assert not isinstance(listed, ServerFault), listed
            assert [tool["name"] for tool in listed] == ["add"]
            first, second = [json.loads(said(await servers.call(session, ADDER, add()))) for _ in range(2)]
            assert first == second
            assert (first["sum"], first["folder"]) == (5, str(tmp_path))
            assert pair.started == [(sys.executable, "-c", PROGRAM)]

    asyncio.run(story())


def test_another_server_of_the_same_name_is_another_connection_and_both_stay(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (pair, servers, session):
            other = server("env", "SAYS= ", sys.executable, "-c", PROGRAM)
            pids = [
                json.loads(said(await servers.call(session, one, add())))["pid"] for one in (ADDER, other, ADDER, other)
            ]
            assert (pids[0], pids[1]) == (pids[2], pids[3])
            assert pids[0] != pids[1]
            await servers.release(session.id)
            assert [(await pair.ended.get())["code"] for _ in range(2)] == [0, 0]

    asyncio.run(story())


def test_a_program_that_dies_mid_call_says_why_and_the_next_use_starts_it_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (pair, servers, session):
            outcome = await servers.call(session, ADDER, add(die=True))
            words = "The MCP server 'adder' failed: its program ended with code 1: told to die"
            assert isinstance(outcome, Outcome)
            assert (said(outcome), outcome.is_error) == (words, True)
            assert json.loads(said(await servers.call(session, ADDER, add())))["sum"] == 5
            assert len(pair.started) == 2

    asyncio.run(story())


def test_a_sandbox_that_ends_between_turns_is_noticed_before_the_next_call(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (pair, servers, session):
            await servers.listed(session, ADDER)
            pair.outside.lose()
            fault = await servers.listed(session, ADDER)
            assert isinstance(fault, ServerFault)
            assert fault.message.endswith(f"cannot be used: {SANDBOX_GONE}")
            assert len(pair.started) == 2

    asyncio.run(story())


def test_a_program_is_told_of_the_working_directory_as_its_root(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            roots = json.loads(said(await servers.call(session, ADDER, add(roots=True))))
            assert roots == [{"uri": tmp_path.as_uri(), "name": "project"}]

    asyncio.run(story())


def test_releasing_a_session_ends_its_programs(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (pair, servers, session):
            await servers.listed(session, ADDER)
            await servers.release(session.id)
            assert (await pair.ended.get())["code"] == 0

    asyncio.run(story())


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("/no/such/program",), "cannot be started: [Errno 2]"),
        (("/no/such/npx", "-y", "x"), "this sandbox has no 'npx': npx is among the tools of the default image"),
        (("/bin/sh", "-c", "uvx server"), "this sandbox has no 'uvx': uvx is among the tools of the default image"),
        (("/bin/sh", "-c", "seq 9999 >&2; echo the reason >&2; exit 1"), "9999\nthe reason"),
        (("/bin/sh", "-c", "echo no licence >&2; exit 7"), "its program ended with code 7: no licence"),
    ],
)
def test_a_program_that_is_no_server_is_a_fault_that_says_what_it_said(
    command: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, servers, session):
            fault = await servers.listed(session, server(*command))
            assert isinstance(fault, ServerFault)
            assert fault.kind == "mcp_connection_failed_error"
            assert words in fault.message

    asyncio.run(story())


def test_a_program_that_floods_the_engine_is_ended() -> None:
    async def story() -> tuple[list[str], list[str], str | None]:
        told: list[Frame] = []
        flooded = Conversations(told.append)
        async with flooded.with_program(["flood"]) as conversation:
            line = {"kind": "line", "id": conversation.id, "line": "x" * (1 << 20)}
            for _ in range((UNHEARD_LIMIT_BYTES >> 20) + 1):
                flooded.take(line)
            heard = [line async for line in conversation.lines()]
        return [frame["kind"] for frame in told], heard, conversation.ending

    assert asyncio.run(story()) == (["open", "shut"], [], TOO_MUCH)
