"""The engine's client for the terminal app: requests and streams on the app's own loop.

HTTP/1.0 over the Unix socket, one connection a request: a body then ends where its connection ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Protocol, Self

from workbench.client.errors import EngineAway, refusal
from workbench.client.requests import Query, query_of_next_page, target
from workbench.client.stream import Frame, Frames

Json = dict[str, Any]

SILENCE_S = 60.0
"""Longer than the sign of life that every stream sends: after it, the connection is taken for dead."""
_LINE_LIMIT = 64 * 1024 * 1024
_PIECE = 256 * 1024
_LENGTH = re.compile(r"\r\ncontent-length: *(\d{1,18})\r\n", re.IGNORECASE)


class Engine(Protocol):
    """What the app needs of an engine. Everything raises `EngineAway` when it is gone and `ApiError` when it refuses."""

    async def get(self, path: str, query: Query = ()) -> Json: ...

    async def post(self, path: str, body: Mapping[str, Any]) -> Json: ...

    async def post_for_bytes(self, path: str, body: Mapping[str, Any]) -> bytes: ...

    async def delete(self, path: str) -> Json: ...

    def download(self, path: str) -> AsyncGenerator[bytes, None]:
        """What is there, piece by piece; whole when it ends without an error. Close it when that is enough."""
        ...

    def stream(self, path: str, query: Query = ()) -> AsyncGenerator[Frame, None]:
        """Frames until the server ends it; close it to hang up."""
        ...


class Link:
    """The engine behind one socket."""

    def __init__(self, engine_socket: Path, silence_s: float = SILENCE_S) -> None:
        self._socket = engine_socket
        self._silence_s = silence_s

    async def get(self, path: str, query: Query = ()) -> Json:
        return await self._json("GET", path, query, b"")

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        return await self._json("POST", path, (), json.dumps(body).encode())

    async def post_for_bytes(self, path: str, body: Mapping[str, Any]) -> bytes:
        return await self._read("POST", path, (), json.dumps(body).encode())

    async def delete(self, path: str) -> Json:
        return await self._json("DELETE", path, (), b"")

    async def download(self, path: str) -> AsyncGenerator[bytes, None]:
        async with self._answer("GET", path, (), b"") as (status, length, reader):
            if status != 200:
                raise refusal(status, await reader.read())
            came = 0
            while piece := await reader.read(_PIECE):
                came += len(piece)
                yield piece
            if length is not None and came != length:
                raise EOFError(f"{came} of {length} bytes came")

    async def stream(self, path: str, query: Query = ()) -> AsyncGenerator[Frame, None]:
        async with self._answer("GET", path, query, b"") as (status, _, reader):
            if status != 200:
                raise refusal(status, await reader.read())
            # A piece holds many frames when many tokens come: one wait for all of them.
            frames = Frames()
            with _Silence(reader, self._silence_s) as silence:
                while piece := await reader.read(_PIECE):
                    silence.heard()
                    for frame in frames.feed(piece):
                        yield frame
            if silence.is_over:
                raise TimeoutError(f"nothing came for {self._silence_s:g} s")

    async def _json(self, method: str, path: str, query: Query, body: bytes) -> Json:
        answer: Json = json.loads(await self._read(method, path, query, body))
        return answer

    async def _read(self, method: str, path: str, query: Query, body: bytes) -> bytes:
        async with self._answer(method, path, query, body) as (status, _, reader):
            raw = await reader.read()
        if status != 200:
            raise refusal(status, raw)
        return raw

    @contextlib.asynccontextmanager
    async def _answer(
        self, method: str, path: str, query: Query, body: bytes
    ) -> AsyncIterator[tuple[int, int | None, asyncio.StreamReader]]:
        """The status of the answer, the length of its body where it is told, and the body to be read."""
        head = f"{method} {target(path, query)} HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        try:
            reader, writer = await asyncio.open_unix_connection(str(self._socket), limit=_LINE_LIMIT)
            try:
                writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
                first = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                told = _LENGTH.search(first)
                yield int(first.split(" ", 2)[1]), int(told[1]) if told else None, reader
            finally:
                writer.close()
        except (OSError, EOFError, TimeoutError) as error:
            raise EngineAway(f"the engine does not answer ({error})") from error


class _Silence:
    """Ends a stream that gives no sign of life: by one timer, and not by one for each of a thousand pieces a second."""

    def __init__(self, reader: asyncio.StreamReader, limit_s: float) -> None:
        self.is_over = False
        self._reader = reader
        self._limit_s = limit_s
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._timer = self._loop.call_later(limit_s, self._look)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def heard(self) -> None:
        self._heard_at = self._loop.time()

    def _look(self) -> None:
        left = self._heard_at + self._limit_s - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
            return
        self.is_over = True
        self._reader.feed_eof()


async def pages(engine: Engine, path: str, query: Query = ()) -> AsyncIterator[Json]:
    """The items of a list, over all its pages; each page is asked for when the one before is used up."""
    wanted: Query | None = query
    while wanted is not None:
        page = await engine.get(path, wanted)
        for item in page["data"]:
            yield item
        wanted = query_of_next_page(query, page)
