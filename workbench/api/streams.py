"""Server-sent events: the frames, the headers that go out first, and the sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.responses import StreamingResponse

from workbench.contracts import Entry, Follower, Preview
from workbench.events import dump_json

SIGN_OF_LIFE_S = 15.0
_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}

Shown = Callable[[Entry | Preview], bool]


def frame(name: str, body: str, cursor: int | None = None) -> bytes:
    """One frame: its `event:` line, one `data:` line, the blank line; `id:` where the stream can be resumed."""
    head = f"id: {cursor}\n" if cursor is not None else ""
    return f"{head}event: {name}\ndata: {body}\n\n".encode()


def stream(follower: Follower, shown: Shown, *, cursors: bool = False) -> StreamingResponse:
    """Follow until the client hangs up or the session is deleted. The follower has subscribed already."""
    return StreamingResponse(_frames(follower, shown, cursors), media_type="text/event-stream", headers=_HEADERS)


async def _frames(follower: Follower, shown: Shown, cursors: bool) -> AsyncIterator[bytes]:
    pending: asyncio.Task[Entry | Preview] | None = None
    try:
        yield b": open\n\n"
        while True:
            pending = pending or asyncio.ensure_future(anext(follower))
            done, _ = await asyncio.wait([pending], timeout=SIGN_OF_LIFE_S)
            if not done:
                yield b"event: ping\ndata: {}\n\n"
                continue
            try:
                item = pending.result()
            except StopAsyncIteration:
                return
            finally:
                pending = None
            if shown(item):
                cursor = item.position if cursors and isinstance(item, Entry) else None
                yield frame(item.event.type, dump_json(item.event), cursor)
    finally:
        if pending is not None:
            pending.cancel()
            await asyncio.gather(pending, return_exceptions=True)
        await follower.aclose()
