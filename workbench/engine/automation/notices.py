"""Notices while nobody looks: a session needs somebody, has failed or is done; by the desktop, a push service or a command."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.contracts.log import Log
from workbench.contracts.values import SessionState
from workbench.contracts.vault import VaultRefused
from workbench.contracts.web import Posted
from workbench.text.display import line

NEEDS_YOU: Final = "needs you"
FAILED: Final = "failed"
DONE: Final = "done"
GRACE_S: Final = 3.0
"""What a rule, or somebody who looks, answers in so short a time is told to nobody."""
_COMMAND_S: Final = 20.0
_MOST_TOLD: Final = 2_000

logger = logging.getLogger("workbench.engine")

Post = Callable[[str, dict[str, str], bytes], Awaitable[Posted]]
Link = Callable[[str], Awaitable[str | None]]


@dataclass(frozen=True)
class Channels:
    """Where notices go: `command` is run with the notice as its last arguments, `push` is posted to, as ntfy takes it."""

    when: Sequence[str] = (NEEDS_YOU, FAILED)
    command: Sequence[str] = ()
    push: str | None = None
    desktop: bool = False

    @property
    def is_any(self) -> bool:
        return bool(self.command or self.push or self.desktop)


@dataclass(kw_only=True)
class Notices:
    """Follows all sessions; each question, failure and end is told once, by its event. A notice has a title, never content."""

    log: Log
    channels: Channels
    post: Post
    link: Link | None = None
    """Gives the address at which a session's question can be answered, where there is one."""
    grace_s: float = GRACE_S
    _told: dict[str, str] = field(default_factory=dict)
    _waiting: set[asyncio.Task[None]] = field(default_factory=set)

    async def follow(self) -> None:
        """Until this is cancelled."""
        if not self.channels.is_any:
            return
        changes = self.log.states.changes(lambda state: _key(state) != self._told.get(state.session_id))
        for state in self.log.states.states():
            # What stood so before is no news.
            self._told[state.session_id] = _key(state)
        async for state in changes:
            self._look(state)

    def _look(self, state: SessionState) -> None:
        kind, key = _kind(state), _key(state)
        if key == self._told.get(state.session_id):
            return
        self._told[state.session_id] = key
        if kind is None or kind not in self.channels.when:
            return
        task = asyncio.ensure_future(self._after_grace(state.session_id, key, kind))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _after_grace(self, session_id: str, key: str, kind: str) -> None:
        await asyncio.sleep(self.grace_s)
        if _key(self.log.states.state(session_id)) == key:
            link = await self.link(session_id) if self.link is not None and kind == NEEDS_YOU else None
            await self.tell(f"{await self._title(session_id)} {kind}", session_id, link)

    async def _title(self, session_id: str) -> str:
        document = await self.log.documents.get("session", session_id)
        record = document.body if document else {}
        return line(str(record.get("title") or record.get("agent", {}).get("name") or session_id), 60)

    async def tell(self, text: str, session_id: str, link: str | None = None) -> None:
        """By every channel, the link by those that reach people elsewhere; one that fails is written to the engine's log and stands in no other's way."""
        works = []
        if self.channels.command:
            works.append(_ran([*self.channels.command, text, session_id, *([link] if link else [])]))
        if self.channels.desktop:
            works.append(_on_desktop(text))
        if self.channels.push:
            works.append(self._push(self.channels.push, text, session_id, link))
        for found in await asyncio.gather(*works, return_exceptions=True):
            if isinstance(found, BaseException):
                logger.warning("a notice could not be given: %s", found)

    async def _push(self, url: str, text: str, session_id: str, link: str | None) -> None:
        headers = {"title": "workbench", "tags": session_id[-6:], "content-type": "text/plain; charset=utf-8"}
        headers |= {"click": link} if link else {}
        try:
            posted = await self.post(url, headers, text.encode()[:_MOST_TOLD])
        except VaultRefused as refused:
            raise RuntimeError(f"push: {refused}") from None
        if posted.status is None or posted.status >= 300:
            raise RuntimeError(f"push: {posted.error or posted.status}")


def _kind(state: SessionState) -> str | None:
    if state.waiting_for:
        return NEEDS_YOU
    if state.status != "idle" or state.stop_reason is None or state.queued:
        return None
    return FAILED if state.last_error or state.stop_reason["type"] in ("retries_exhausted", "refusal") else DONE


def _key(state: SessionState) -> str:
    """What is told once: a question by its calls, an end by its moment."""
    kind = _kind(state)
    if kind == NEEDS_YOU:
        return f"{kind} {' '.join(sorted(state.waiting_for))}"
    return f"{kind} {state.rested_at}" if kind else "at work"


async def _on_desktop(text: str) -> None:
    program = shutil.which("notify-send")
    if program is None:
        raise RuntimeError("desktop: there is no notify-send on this machine")
    await _ran([program, "--app-name=workbench", "workbench", text])


async def _ran(command: Sequence[str]) -> None:
    """Run a command of the user's own, as the user; the text is an argument and no part of a shell's line."""
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=null, stdout=null, stderr=null, cwd=os.path.expanduser("~"), start_new_session=True
    )
    try:
        async with asyncio.timeout(_COMMAND_S):
            code = await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise RuntimeError(f"{command[0]}: it did not end within {_COMMAND_S:.0f} s") from None
    if code:
        raise RuntimeError(f"{command[0]}: it ended with {code}")
