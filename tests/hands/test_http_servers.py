"""MCP servers on the network that answer too much or nonsense: each is a fault in words, and soon."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.hands.places import new_session
from workbench.contracts.servers import ServerFault
from workbench.contracts.values import Json, Session
from workbench.hands.conversations import Conversation
from workbench.hands.mcp.http_transports import ANSWER_LIMIT_BYTES, ServerWay
from workbench.hands.mcp.servers import ConnectedServers

SERVER: Json = {"type": "url", "name": "far", "url": "https://far.example/mcp"}


@asynccontextmanager
async def answering(folder: Path, content_type: str, body: bytes, times: int) -> AsyncIterator[ConnectedServers]:
    """Servers of which every one answers everything with this, so many times over."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            length = len(body) * times
            head = f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
            writer.write(head.encode())
            for _ in range(times):
                writer.write(body)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def find_way(session: Session, server: Json) -> ServerWay:
        return ServerWay("http://far/mcp", folder / "s")

    async def converse(session: Session, command: Sequence[str]) -> Conversation:
        raise AssertionError(f"{command} would run inside")

    async with await asyncio.start_unix_server(serve, folder / "s"):
        servers = ConnectedServers(find_way, converse)
        yield servers
        await servers.close()


@pytest.mark.parametrize(
    ("content_type", "body", "times", "words"),
    [
        ("application/json", b" " * (1 << 20), 100, f"it said more than {ANSWER_LIMIT_BYTES} bytes at once"),
        ("text/event-stream", b"data: " + b"x" * (1 << 20), 100, "exceeded the 16777216 byte limit"),
        ("application/json", b"no json", 1, "Failed to parse JSON response"),
        ("text/html", b"<html>", 1, "Unexpected content type: text/html"),
    ],
    ids=["100 MB", "an event of 100 MB", "no JSON", "HTML"],
)
def test_a_server_that_answers_too_much_or_nonsense_is_a_fault(
    tmp_path: Path, content_type: str, body: bytes, times: int, words: str
) -> None:
    async def story() -> ServerFault | tuple[Json, ...]:
        async with asyncio.timeout(60), answering(tmp_path, content_type, body, times) as servers:
            return await servers.listed(new_session(), SERVER)

    fault = asyncio.run(story())
    assert isinstance(fault, ServerFault)
    assert fault.kind == "mcp_connection_failed_error"
    assert words in fault.message


def test_an_event_of_a_few_megabytes_as_a_picture_makes_it_is_read(tmp_path: Path) -> None:
    big = json.dumps({"jsonrpc": "2.0", "id": 1, "error": {"code": -1, "message": "x" * (3 << 20) + " the end"}})

    async def story() -> ServerFault | tuple[Json, ...]:
        body = f"event: message\ndata: {big}\n\n".encode()
        async with asyncio.timeout(60), answering(tmp_path, "text/event-stream", body, 1) as servers:
            return await servers.listed(new_session(), SERVER)

    fault = asyncio.run(story())
    assert isinstance(fault, ServerFault)
    assert "xxx" in fault.message
