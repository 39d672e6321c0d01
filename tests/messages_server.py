"""A Messages endpoint that plays a script, faults included: in a test on a free port, or alone with `python -m`."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from tests.messages_rules import fault_of
from workbench.contracts.values import Json
from workbench.models.offline.wire import message, stream


@dataclass(frozen=True)
class Status:
    """An error before the stream."""

    code: int
    kind: str = "api_error"
    text: str = "The server is not well."
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reset:
    """The connection is reset `before` any byte of the answer, or `after` its headers."""

    when: Literal["before", "after"]


@dataclass(frozen=True)
class Stall:
    """The first events of a message, and then nothing until the client goes away."""

    events: int = 3


@dataclass(frozen=True)
class Cut:
    """The first events of a message, and then the connection ends: cleanly, or in the middle of a chunk."""

    whole: Json
    events: int
    clean: bool = False


@dataclass(frozen=True)
class Raw:
    """These bytes as the stream."""

    body: bytes


@dataclass(frozen=True)
class Answered:
    """This body under this status."""

    code: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """Exactly these events."""

    events: tuple[Json, ...]


@dataclass(frozen=True)
class Broken:
    """An `error` event after the first events of a message."""

    whole: Json
    events: int
    kind: str = "overloaded_error"


Play = Json | Answered | Status | Reset | Stall | Cut | Raw | Told | Broken
"""A message object to stream, or a fault."""


def text(*said: str, stop_reason: str = "end_turn", **fields: Any) -> Json:
    """A message of text blocks."""
    blocks = [{"type": "text", "text": one} for one in said]
    return message(blocks, prompt_characters=0) | {"stop_reason": stop_reason} | fields


def call(name: str, tool_input: Json, *, said: str = "", stop_reason: str = "tool_use") -> Json:
    """A message that calls one tool."""
    before = [{"type": "text", "text": said}] if said else []
    return message([*before, {"name": name, "input": tool_input}], prompt_characters=0) | {"stop_reason": stop_reason}


RATE_LIMITED = Status(429, "rate_limit_error", "Slow down.", {"retry-after": "7"})
UNAVAILABLE = Status(503, "api_error", "Down for a moment.")
OVERLOADED = Status(529, "overloaded_error", "Overloaded.")
FAILED = Status(500)
TOO_LONG = Status(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")
TOO_LARGE = Status(413, "request_too_large", "Request exceeds the maximum size.")
NO_KEY = Status(401, "authentication_error", "invalid x-api-key")
MALFORMED = Raw(b'event: message_start\ndata: {"type": "message_st\n\n')


def echo(request: Json) -> Play:
    """Says what the last user turn said, or what its tools gave."""
    content = request["messages"][-1]["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    said = [block["text"] if block["type"] == "text" else json.dumps(block.get("content")) for block in blocks]
    return text("You said: " + "\n".join(said))


@dataclass
class MessagesServer:
    """Plays its script in order, then asks `otherwise`; records each request's body and headers, and refuses what the hosted API does."""

    script: list[Play] = field(default_factory=list)
    otherwise: Callable[[Json], Play] = echo
    port: int = 0
    path: Path | None = None
    requests: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """What was wrong with requests that the hosted API would refuse, and this one does."""
    _connections: dict[asyncio.Task[Any], asyncio.StreamWriter] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        if self.path is not None:
            self._server = await asyncio.start_unix_server(self._connected, str(self.path))
        else:
            self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in self._connections.values():
            writer.close()
        if self._connections:
            await asyncio.wait(list(self._connections))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await self._answer(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        del self._connections[task]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if not head[0].startswith("POST /v1/messages"):
            await _send(writer, Status(404, "not_found_error", f"no such path: {head[0]}"))
            return
        request = json.loads(body)
        self.requests.append(request)
        self.headers.append(headers)
        if fault := fault_of(request):
            self.refused.append(fault)
            await _send(writer, Status(400, "invalid_request_error", fault))
            return
        play = self.script.pop(0) if self.script else self.otherwise(request)
        if isinstance(play, dict) and not request.get("stream"):
            await _send_body(writer, 200, json.dumps(play).encode(), {})
        else:
            await _perform(play, reader, writer)


async def _perform(play: Play, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    match play:
        case Status():
            await _send(writer, play)
        case Answered():
            await _send_body(writer, play.code, play.body, play.headers)
        case Reset(when="before"):
            _reset(writer)
        case Reset():
            await _begin(writer)
            _reset(writer)
        case Stall():
            await _begin(writer)
            await _events(writer, list(stream(text("Wait for it.")))[: play.events])
            await reader.read()
        case Cut():
            await _begin(writer)
            await _events(writer, list(stream(play.whole))[: play.events])
            writer.write(b"0\r\n\r\n" if play.clean else b"400\r\nevent: content_blo")
        case Broken():
            await _begin(writer)
            error = {"type": "error", "error": {"type": play.kind, "message": "It broke."}}
            await _events(writer, [*list(stream(play.whole))[: play.events], error])
            writer.write(b"0\r\n\r\n")
        case Told():
            await _begin(writer)
            await _events(writer, play.events)
            writer.write(b"0\r\n\r\n")
        case Raw():
            await _begin(writer)
            _chunk(writer, play.body)
            writer.write(b"0\r\n\r\n")
        case dict():
            await _begin(writer)
            await _events(writer, stream(play))
            writer.write(b"0\r\n\r\n")
    if not writer.is_closing():
        await writer.drain()


async def _begin(writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
    )
    await writer.drain()


async def _events(writer: asyncio.StreamWriter, told: Iterable[Json]) -> None:
    for event in told:
        _chunk(writer, f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        await writer.drain()


def _chunk(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(b"%x\r\n%s\r\n" % (len(content), content))


async def _send(writer: asyncio.StreamWriter, status: Status) -> None:
    body = {"type": "error", "error": {"type": status.kind, "message": status.text}}
    await _send_body(writer, status.code, json.dumps(body).encode(), status.headers)


async def _send_body(writer: asyncio.StreamWriter, code: int, body: bytes, headers: Mapping[str, str]) -> None:
    lines = [
        f"HTTP/1.1 {code} Said",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    # Lingering for no time makes closing a reset instead of an end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _serve(port: int) -> None:
    async with MessagesServer(port=port) as server:
        print(f"ANTHROPIC_BASE_URL={server.base_url} (Ctrl-C ends it)", flush=True)  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args().port))
