"""Server-sent events: the frames, the headers that go out first, and the sign of life."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from workbench.contracts.log import Follower
from workbench.contracts.values import Entry, Json, Preview, ToolOutput, WorkProgress
from workbench.events import dump, dump_json, timestamp

SIGN_OF_LIFE_S = 15.0
OPEN = b": open\n\n"
PING = b"event: ping\ndata: {}\n\n"
_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

Item = TypeVar("Item")
Shown = Callable[[Entry | Preview], bool]


def frame(name: str, body: str, cursor: int | None = None) -> bytes:
    """One frame: its `event:` line, one `data:` line, the blank line; `id:` where the stream can be resumed."""
    head = f"id: {cursor}\n" if cursor is not None else ""
    return f"{head}event: {name}\ndata: {body}\n\n".encode()


class EventStream(Response):
    """Frames as they come; a client that hangs up ends them at once, not at the next frame.

    With `life_s` it sends a sign of life whenever nothing came for so many seconds; its parts must be whole frames then.
    """

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes, None], status: int = 200, *, life_s: float | None = None) -> None:
        super().__init__(status_code=status, headers=_HEADERS)
        del self.headers["content-length"]
        self._frames = frames
        self._life_s = life_s
        self._is_sending = True
        self._sent_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = asyncio.ensure_future(self._send(send))
        gone = asyncio.ensure_future(hung_up(receive))
        try:
            # Beside the frames: a timer and a task for each of them would cost more than the frame.
            while not (await self._ended(sending, gone)):
                await self._show_life(send)
            if sending.done():
                await sending
        finally:
            sending.cancel()
            gone.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)
            await self._frames.aclose()

    async def _ended(self, *ways: asyncio.Future[None]) -> bool:
        """Whether one of them has ended before a sign of life was due."""
        left = None if self._life_s is None else max(0.0, self._life_s - self._silent_s())
        return bool((await asyncio.wait(ways, timeout=left, return_when=asyncio.FIRST_COMPLETED))[0])

    async def _show_life(self, send: Send) -> None:
        if self._life_s is not None and self._silent_s() >= self._life_s:
            await self._part(send, PING)

    def _silent_s(self) -> float:
        """How long nothing was sent; a client that takes nothing just now is sent nothing more."""
        return 0.0 if self._is_sending else asyncio.get_running_loop().time() - self._sent_at

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for part in self._frames:
            await self._part(send, part)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _part(self, send: Send, part: bytes) -> None:
        self._is_sending = True
        await send({"type": "http.response.body", "body": part, "more_body": True})
        self._is_sending, self._sent_at = False, asyncio.get_running_loop().time()


async def hung_up(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def unless_gone(request: Request, question: Awaitable[Item]) -> Item:
    """The answer; a client that hangs up meanwhile interrupts the query."""
    asking = asyncio.ensure_future(question)
    gone = asyncio.ensure_future(hung_up(request.receive))
    try:
        await asyncio.wait([asking, gone], return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            asking.cancel()
        return await asking
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def merged(*sources: AsyncGenerator[Item, None]) -> AsyncGenerator[Item, None]:
    """The items of several sources as they come, until one of them ends; all are closed then."""
    items: asyncio.Queue[Item | None] = asyncio.Queue()

    async def pass_on(source: AsyncGenerator[Item, None]) -> None:
        try:
            async with contextlib.aclosing(source):
                async for item in source:
                    items.put_nowait(item)
        finally:
            items.put_nowait(None)

    passing = [asyncio.create_task(pass_on(source)) for source in sources]
    try:
        while (item := await items.get()) is not None:
            yield item
    finally:
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)


def stream(follower: Follower, shown: Shown) -> EventStream:
    """Follow until the client hangs up or the session is deleted. The follower has subscribed already."""
    return EventStream(frames(follower, shown, cursors=False), life_s=SIGN_OF_LIFE_S)


async def frames(follower: Follower, shown: Shown, *, cursors: bool) -> AsyncGenerator[bytes, None]:
    """The frames of one session's stream."""
    try:
        yield OPEN
        async for item in follower:
            if shown(item):
                cursor = item.position if cursors and isinstance(item, Entry) else None
                yield frame(item.event.type, _body(item), cursor)
    finally:
        await follower.aclose()


def _body(item: Entry | Preview) -> str:
    if isinstance(item.event, ToolOutput | WorkProgress):
        return json.dumps(passing_body(item.event))
    return dump_json(item.event)


def preview_body(preview: Preview) -> Json:
    """A preview as the stream tells it."""
    if isinstance(preview.event, ToolOutput | WorkProgress):
        return passing_body(preview.event)
    return dump(preview.event)


def passing_body(passing: ToolOutput | WorkProgress) -> Json:
    """An event of our own, which is no part of the public union."""
    body: Json = {"type": passing.type, "text": passing.text}
    if isinstance(passing, WorkProgress):
        body["since"] = timestamp(passing.since)
        return body if passing.until is None else {**body, "until": timestamp(passing.until)}
    body |= {"tool_use_id": passing.tool_use_id, "lines_before": passing.lines_before}
    return {**body, "command": passing.command, "is_over": passing.is_over} if passing.command else body
