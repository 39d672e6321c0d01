"""Watches on commands in the background: what matches becomes a message of the session, which wakes it; bounded in pace, number and time."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Final

from workbench import events
from workbench.catalog.sessions import SessionRecords
from workbench.contracts import facts
from workbench.contracts.background_notices import Notice
from workbench.contracts.hands import Hands
from workbench.contracts.log import Log
from workbench.contracts.tools import BACKGROUND
from workbench.contracts.values import Call, Clock, Fact, Json, Outcome, Session

EVERY_S: Final = 1.0
"""Pause between two messages of one watch: what matches meanwhile is counted."""
MOST_NOTICES: Final = 20
MOST_LINES: Final = 10
MOST_CHARACTERS: Final = 2_000
ASKED_S: Final = 20.0
"""How long the sandbox is asked to wait for news at once."""
_MOST_MATCHES: Final = 1 << 53
_NAMES: Final = tuple(
    kind.name
    for kind in (
        facts.BACKGROUND_STARTED,
        facts.BACKGROUND_WATCHED,
        facts.BACKGROUND_NOTICED,
        facts.BACKGROUND_UNWATCHED,
        facts.SANDBOX_ENDED,
    )
)


logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class Watch:
    """One that is not over, as the facts tell: how many lines and messages were told, and how its sandbox ended, if it did."""

    id: str
    call_id: str
    command: str
    pattern: str
    until: datetime
    taken: int = 0
    notices: int = 0
    last_notice: str = ""
    released: bool = False


@dataclass(frozen=True)
class Report:
    """What the sandbox says of a watch: lines and how many more, and why it is over."""

    matched: int
    lines: tuple[str, ...] = ()
    over: str = ""


def standing(known: Sequence[Fact]) -> dict[str, Watch]:
    """The watches of a session that are not over, by the id of their command."""
    commands: dict[str, str] = {}
    found: dict[str, Watch] = {}
    for fact in known:
        body, name = fact.body, fact.body.get("id", "")
        match fact.name:
            case facts.BACKGROUND_STARTED.name:
                commands[name] = body["command"]
            case facts.BACKGROUND_WATCHED.name:
                until = datetime.fromisoformat(body["until"])
                found[name] = Watch(name, body["tool_use_id"], commands.get(name, ""), body["pattern"], until)
            case facts.BACKGROUND_NOTICED.name if name in found:
                watch = found[name]
                told = {"taken": body["taken"], "notices": watch.notices + 1, "last_notice": body["event_id"]}
                found[name] = replace(watch, **told)
                if body["is_last"]:
                    del found[name]
            case facts.BACKGROUND_UNWATCHED.name:
                found.pop(name, None)
            case facts.SANDBOX_ENDED.name if body["reason"] == "released":
                found = {key: replace(watch, released=True) for key, watch in found.items()}
    return found


class Watches:
    """A task for each watch. Use as an async context manager: entering goes on with those of an earlier engine."""

    def __init__(
        self,
        log: Log,
        hands: Hands,
        records: SessionRecords,
        *,
        wake: Callable[[str], None],
        changing: Callable[[str], asyncio.Lock],
        clock: Clock,
    ) -> None:
        """`wake` has the brain look at a session; `changing` is the lock that every change of one takes."""
        self._log, self._hands, self._records, self._clock = log, hands, records, clock
        self._wake, self._changing = wake, changing
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._finding: asyncio.Task[None] | None = None
        self._is_halted = False

    async def __aenter__(self) -> Watches:
        self._finding = asyncio.create_task(self._find())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.halt()
        await asyncio.gather(*self._held(), return_exceptions=True)

    def halt(self) -> None:
        """End every task where it stands; the next engine goes on from the facts."""
        self._is_halted = True
        for task in self._held():
            task.cancel()

    def _held(self) -> list[asyncio.Task[None]]:
        return [*self._running.values(), *([self._finding] if self._finding else [])]

    async def _find(self) -> None:
        for session_id in await self._log.facts.sessions_with(facts.BACKGROUND_WATCHED.name):
            session = await self._records.session(session_id)
            if session is not None and session.archived_at is None:
                for name in await self._standing(session_id):
                    self.begin(session_id, name)

    def begin(self, session_id: str, name: str) -> None:
        """Follow the watch on this command that was recorded last."""
        self.pause(session_id, name)
        if not self._is_halted:
            task = self._running[session_id, name] = asyncio.create_task(self._follow(session_id, name))
            task.add_done_callback(lambda ended: self._forget(session_id, name, ended))

    def pause(self, session_id: str, name: str) -> None:
        """Follow it no more, until it begins again."""
        if (task := self._running.pop((session_id, name), None)) is not None:
            task.cancel()

    def _forget(self, session_id: str, name: str, ended: asyncio.Task[None]) -> None:
        if self._running.get((session_id, name)) is ended:
            del self._running[session_id, name]
        if not ended.cancelled() and (fault := ended.exception()) is not None:
            # One watch that fails by surprise is no end of the others; the next engine tries it again.
            logger.error("the watch on %s of session %s failed by surprise", name, session_id, exc_info=fault)

    async def end_all(self, session_id: str, reason: str) -> None:
        """End the session's watches without a word to the agent; the caller holds the lock of its changes."""
        for watch in (await self._standing(session_id)).values():
            self.pause(session_id, watch.id)
            await self._unwatch(session_id, watch, reason)

    async def is_watching(self, session_id: str) -> bool:
        """Whether the agent still is to hear of something; the last end of a watch wakes the session in any case."""
        return bool(await self._standing(session_id))

    async def _standing(self, session_id: str) -> dict[str, Watch]:
        return standing(await self._log.facts.facts(session_id, *_NAMES))

    async def _follow(self, session_id: str, name: str) -> None:
        while (watch := (await self._standing(session_id)).get(name)) is not None:
            session = await self._records.session(session_id)
            if session is None or session.archived_at is not None:
                return
            if any(entry.event.id == watch.last_notice for entry in self._log.inbox.queued(session_id)):
                # The agent has not taken the last one yet: what matches meanwhile is told with the next.
                await asyncio.sleep(EVERY_S)
                continue
            report = await self._asked(session, watch)
            if report.over or report.matched > watch.taken:
                await self._tell(session_id, watch, report)
                await asyncio.sleep(EVERY_S)

    async def _asked(self, session: Session, watch: Watch) -> Report:
        left = (watch.until - self._clock()).total_seconds()
        given: Json = {
            "action": "matches",
            "id": watch.id,
            "taken": watch.taken,
            "wait_s": max(0.0, min(ASKED_S, left)),
        }
        outcome = await self._hands.inspect(session, Call(events.new_id("sevt"), BACKGROUND.name, given))
        if outcome is None:
            return Report(watch.taken, over=f"{watch.id} ended with its sandbox")
        report = report_of(outcome, watch)
        if left <= 0 and not report.over:
            nothing = "nothing matched until its deadline" if report.matched == 0 else "its deadline has passed"
            return replace(report, over=nothing)
        return report

    async def _tell(self, session_id: str, watch: Watch, report: Report) -> None:
        more = max(0, report.matched - watch.taken - len(report.lines))
        is_told = bool(report.lines or more)
        over = report.over
        if not over and watch.notices + 1 >= MOST_NOTICES:
            over = f"it has told {MOST_NOTICES} times"
        said_all = not is_told and watch.taken > 0 and over == "its deadline has passed"
        if said_all or (not is_told and (await self._standing(session_id)).get(watch.id, watch).released):
            await self._unwatch(session_id, watch, over)
            return
        notice = Notice(watch.id, watch.command, watch.pattern, report.lines, more, over)
        content = [{"type": "text", "text": notice.message()}]
        event = events.parse({"type": "system.message", "id": events.new_id("sevt"), "content": content})
        body = {"event_id": event.id, "id": watch.id, "taken": report.matched, "is_last": bool(over)}
        async with self._changing(session_id):
            session = await self._records.session(session_id)
            still = (await self._standing(session_id)).get(watch.id)
            if session is None or session.archived_at is not None or still is None or still.call_id != watch.call_id:
                return
            fact = facts.BACKGROUND_NOTICED.made(session_id, self._clock(), body)
            await self._log.inbox.send(session_id, [event], facts=[fact])
        self._wake(session_id)

    async def _unwatch(self, session_id: str, watch: Watch, reason: str) -> None:
        body = {"id": watch.id, "reason": reason, "event_id": watch.last_notice}
        await self._log.facts.record(facts.BACKGROUND_UNWATCHED.made(session_id, self._clock(), body))
        self._wake(session_id)


def report_of(outcome: Outcome, watch: Watch) -> Report:
    """What a sandbox says, as far as it can be believed."""
    texts = [str(block.get("text", "")) for block in outcome.content]
    try:
        head = json.loads(texts[0])
    except (ValueError, RecursionError, IndexError):
        head = None
    matched = head.get("matched") if isinstance(head, dict) else None
    if not isinstance(head, dict) or type(matched) is not int or not watch.taken <= matched < _MOST_MATCHES:
        return Report(watch.taken, over=f"its sandbox does not watch {watch.id} any more")
    new = min(MOST_LINES, matched - watch.taken)
    lines = tuple(one[:MOST_CHARACTERS].replace("\n", " ").strip() for one in texts[1 : 1 + new])
    over, code, broken = "", head.get("exit_code"), head.get("broken")
    if isinstance(broken, str):
        over = f"it cannot go on: {broken[:200]}"
    elif type(code) is int:
        without = " without a line that matches" if matched == 0 else ""
        over = f"{watch.id} ended (exit code {code}){without}"
    return Report(matched, lines, over)
