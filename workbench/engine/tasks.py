"""One task for each thread at work: woken, interrupted, recovered after a restart, stopped when it fails again and again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType

from workbench.contracts.brain import INPUT, Brain
from workbench.contracts.log import Inbox, States
from workbench.engine.surprises import survived
from workbench.events import primary_thread_id

MOST_TRIES = 3
"""How often a session whose brain failed by surprise is woken again before it is stopped with an error."""

logger = logging.getLogger("workbench.engine")


@dataclass
class _Live:
    """A thread at work: its task, whether to look again when it ends, and the flag that cuts its step short."""

    interrupted: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    again: bool = False
    tries: int = 0


class SessionTasks:
    """The tasks of the sessions' threads; without a `thread_id` the primary one is meant. Use as an async context manager: leaving it ends them all."""

    def __init__(
        self,
        brain: Brain,
        *,
        give_up: Callable[[str, str], Awaitable[None]],
        is_elsewhere: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """What `is_elsewhere` is mirrored of another service, and works there."""
        self._brain = brain
        self._is_elsewhere = is_elsewhere
        self._give_up = give_up
        self._live: dict[str, dict[str, _Live]] = {}
        self._changing: dict[str, asyncio.Lock] = {}
        self._tasks = asyncio.TaskGroup()
        self._stopping = False

    async def __aenter__(self) -> SessionTasks:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.halt()
        await self._tasks.__aexit__(None, None, None)

    def halt(self) -> None:
        """End every task where it stands; the next engine goes on from the log."""
        self._stopping = True
        for session_id in self._live:
            self.end(session_id)

    def changing(self, session_id: str) -> asyncio.Lock:
        """Held while a session's record or inbox is checked and changed."""
        return self._changing.setdefault(session_id, asyncio.Lock())

    def wake(self, session_id: str, thread_id: str | None = None) -> None:
        """Have the brain look at the thread; one that is at work looks once more when it ends."""
        if self._stopping or self._is_elsewhere(session_id):
            return
        thread_id = thread_id or primary_thread_id(session_id)
        live = self._thread(session_id, thread_id)
        if live.task is not None and not live.task.done():
            live.again = True
            return
        live.task = self._tasks.create_task(
            self._work(session_id, thread_id, live), name=f"session {session_id} thread {thread_id}"
        )

    def interrupt(self, session_id: str, thread_id: str | None = None) -> None:
        """Cut the running step short; the interrupt itself waits in the inbox."""
        self._thread(session_id, thread_id or primary_thread_id(session_id)).interrupted.set()

    def end(self, session_id: str, thread_id: str | None = None) -> None:
        """Cancel the task of one thread of the session, or of all."""
        for own, live in self._live.get(session_id, {}).items():
            if live.task is not None and thread_id in (None, own):
                live.task.cancel()

    def forget(self, session_id: str) -> None:
        self._live.pop(session_id, None)
        self._changing.pop(session_id, None)

    def recover(self, states: States, inbox: Inbox) -> None:
        """Go on with everything that was not at rest when the last engine ended.

        That may have been between a message taken and the word that its thread works: it is then the last of that thread.
        """
        for state in states.states():
            if state.deleted or state.status == "terminated":
                continue
            at_rest = state.status == "idle" and state.primary == "idle" and not state.waiting_for
            at_rest = at_rest and not state.is_outcome_new and state.last_event_type not in INPUT
            self._recover(inbox, state.session_id, primary_thread_id(state.session_id), at_rest=at_rest)
            for thread in state.threads:
                at_rest = thread.status == "idle" and thread.last_event_at == thread.rested_at
                at_rest = at_rest and not thread.waiting_for
                self._recover(inbox, state.session_id, thread.thread_id, at_rest=at_rest)

    def _recover(self, inbox: Inbox, session_id: str, thread_id: str, *, at_rest: bool) -> None:
        queued = inbox.queued(session_id, thread_id=thread_id)
        if at_rest and not queued:
            return
        if any(entry.event.type == "user.interrupt" for entry in queued):
            self.interrupt(session_id, thread_id)
        self.wake(session_id, thread_id)

    async def _work(self, session_id: str, thread_id: str, live: _Live) -> None:
        while True:
            live.again = False
            try:
                await self._brain.wake(session_id, thread_id, live.interrupted)
                live.tries = 0
            except Exception:
                logger.exception("session %s failed by surprise", session_id)
                live.tries += 1
                live.again = live.tries < MOST_TRIES
            if not live.again:
                break
        if live.tries:
            live.tries = 0
            await self._stop(session_id, thread_id)

    async def _stop(self, session_id: str, thread_id: str) -> None:
        with survived("session %s could not be stopped with an error either", session_id):
            await self._give_up(session_id, thread_id)

    def _thread(self, session_id: str, thread_id: str) -> _Live:
        return self._live.setdefault(session_id, {}).setdefault(thread_id, _Live())
