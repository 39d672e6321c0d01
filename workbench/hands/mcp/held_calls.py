"""Calls in flight on one connection, and the questions that its server puts to a person meanwhile."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.contracts.elicitation import CANCELLED, Question
from workbench.contracts.servers import Asked
from workbench.contracts.values import Json

if TYPE_CHECKING:
    from mcp_types import CallToolResult


@dataclass
class _Held:
    """One call: its work, and what the server wants to know before that goes on."""

    work: asyncio.Task[CallToolResult | Asked]
    waiting: dict[str, tuple[Question, asyncio.Future[Json]]] = field(default_factory=dict)


class HeldCalls:
    """A call that asks is held until it is answered, with the others of its connection: they may be the ones that asked.

    Servers of the older protocol do not say which call a question belongs to; it goes to the oldest one.
    """

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}
        self._numbers = itertools.count(1)
        self._news = asyncio.Event()

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._held

    @property
    def is_asking(self) -> bool:
        """Whether a question waits for its answer."""
        return any(held.waiting for held in self._held.values())

    async def begin(self, call_id: str, work: Coroutine[Any, Any, CallToolResult | Asked]) -> CallToolResult | Asked:
        """Run a call until it has ended, or something is asked."""
        task = asyncio.create_task(work)
        # What becomes of a call that was given up is nobody's to hear.
        task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
        self._held[call_id] = _Held(task)
        return await self._until_told(call_id)

    async def go_on(self, call_id: str, replies: Mapping[str, Json]) -> CallToolResult | Asked:
        """The same for a call that is held, with replies by the keys of its questions."""
        for key, reply in replies.items():
            _, answered = self._held[call_id].waiting.pop(key, (None, None))
            if answered is not None and not answered.done():
                answered.set_result(reply)
        return await self._until_told(call_id)

    async def ask(self, message: str, schema: Json | None = None, url: str | None = None) -> Json:
        """Put a question to the oldest call, and wait; without any call nobody would hear it."""
        held = next((one for one in self._held.values() if not one.work.done()), None)
        if held is None:
            return CANCELLED
        key = str(next(self._numbers))
        answered: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        held.waiting[key] = Question(key, message, schema, url), answered
        self._tell()
        try:
            return await answered
        finally:
            held.waiting.pop(key, None)
            self._tell()

    def abandon(self, call_id: str) -> None:
        """End a call; its server is told."""
        if (held := self._held.pop(call_id, None)) is not None:
            held.work.cancel()
            self._tell()

    def abandon_all(self) -> None:
        for call_id in list(self._held):
            self.abandon(call_id)

    async def _until_told(self, call_id: str) -> CallToolResult | Asked:
        held = self._held[call_id]
        try:
            while not held.work.done() and not self.is_asking:
                news = asyncio.create_task(self._news.wait())
                await asyncio.wait({held.work, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        except asyncio.CancelledError:
            self.abandon(call_id)
            raise
        if not held.work.done():
            return Asked(tuple(question for question, _ in held.waiting.values()))
        self._held.pop(call_id, None)
        return held.work.result()

    def _tell(self) -> None:
        """Wake those that wait; each looks for itself at what has changed."""
        news, self._news = self._news, asyncio.Event()
        news.set()
