"""A thread that a limit of the model's has stopped: until when, and that it goes on by itself only where its owner said so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.retry import Retries
from workbench.brain.standing import Standing
from workbench.contracts.brain import ModelFault
from workbench.contracts.facts import MODEL_PARKED
from workbench.contracts.values import Session, WorkProgress
from workbench.events import timestamp

_LONGEST_LOOK_S: Final = 30.0
"""Clocks jump and machines sleep: the time is looked at again after so long at most."""
_GOES_ON: Final = "goes on at {clock}, when the model's limit has passed…"
_STOPS: Final = (
    "{said} The limit passes at {clock}: send a message after that to go on; with `[nights] resume = true` in settings.toml sessions do"
    " it by themselves."
)


@dataclass(frozen=True)
class Parked:
    """One thread before its next request."""

    writer: EventWriter
    history: ThreadHistory
    standing: Standing
    patience: Retries
    held: Callable[[Session], str | None]
    interrupted: asyncio.Event

    async def park(self, fault: ModelFault, seconds: float) -> bool:
        """Note until when, and say so; True, as there is more to do."""
        until = self.writer.clock() + timedelta(seconds=seconds)
        if not self.patience.resumes:
            said = _STOPS.format(said=fault.message, clock=_clock(until))
            await self.history.append([self.writer.error(fault.kind, said, "exhausted")])
            return True
        error = self.writer.error(fault.kind, fault.message, "retrying")
        await self.standing.reschedule(self.writer, error)
        await self.history.append([], [self.writer.fact(MODEL_PARKED, event_id=error.id, until=timestamp(until))])
        return True

    async def waits(self, working: Callable[[], Awaitable[None]] | None = None) -> bool:
        """Wait until a limit that is noted has passed, and nothing else holds requests back; True where somebody cut that short.

        Before it waits, `working` has the thread say that it works.
        """
        since, shown = self.writer.clock(), ""
        while (why := self._why()) is not None and not self.interrupted.is_set():
            words, until, seconds = why
            if working is not None and not shown:
                await working()
            if words != shown:
                self.history.preview(WorkProgress(words, since, until))
                shown = words
            await unless(self.interrupted, slept(self.patience, seconds))
        if shown:
            self.history.preview(WorkProgress("", since))
        return bool(shown) and self.interrupted.is_set()

    def _why(self) -> tuple[str, datetime | None, float] | None:
        """Why it waits, until when where that is known, and how long until it looks again."""
        until = self.history.notes.parked_until
        left = (until - self.writer.clock()).total_seconds() if until is not None else 0.0
        if until is not None and left > 0:
            return _GOES_ON.format(clock=_clock(until)), until, min(left, _LONGEST_LOOK_S)
        held = self.held(self.writer.session)
        return (held, None, _LONGEST_LOOK_S) if held is not None else None


async def slept(patience: Retries, seconds: float) -> None:
    """A pause that can be cut short."""
    await patience.sleep(seconds)


def _clock(moment: datetime) -> str:
    """As people read it where they are."""
    return moment.astimezone().strftime("%H:%M")
