"""What one thread has to do with others: whom it starts and asks, and what it tells when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.interruption import unless
from workbench.brain.parts import Parts
from workbench.brain.teams.advising import Advising
from workbench.brain.teams.delegation import Delegating, report_of
from workbench.brain.teams.planned import Planned
from workbench.brain.teams.thread_sessions import WORKFLOW
from workbench.brain.turn import Turn
from workbench.contracts import threads
from workbench.contracts.log import Post
from workbench.contracts.outcomes import active
from workbench.contracts.values import Fact, Json
from workbench.events import primary_thread_id

_ENDS_A_CHILD: Final = frozenset({"tool_use_limit_reached_error", "compaction_limit_reached_error"})


@dataclass(frozen=True)
class Others:
    """Of one step of one thread; `making` is what is known of a child since it was made."""

    brain: Parts
    writer: EventWriter
    history: ThreadHistory
    interrupted: asyncio.Event
    making: Json | None

    def delegating(self) -> Delegating:
        brain = self.brain
        return Delegating(
            self.writer,
            self.history,
            brain.facts,
            brain.inbox,
            brain.states,
            brain.standing,
            self.advising(),
            brain.runs,
            brain.talk,
            brain.wake_thread,
        )

    def advising(self) -> Advising:
        brain = self.brain
        return Advising(self.writer, self.history, brain.facts, brain.states, brain.models, self.interrupted)

    async def delegate(self, turn: Turn) -> bool:
        """Do the first call for others that is open; True, as there is more to do.

        One that waits is left open where a person interrupts it.
        """
        delegating, call = self.delegating(), turn.delegated[0]
        if call.block["name"] == threads.WAIT:
            await unless(self.interrupted, delegating.until_heard(call.block["input"]))
            if self.interrupted.is_set():
                return True
        await delegating.answer(call)
        return True

    def hear_advice(self) -> Coroutine[Any, Any, bool] | None:
        """Have the advisor answer that was asked, before anything else is asked of the model."""
        advising = self.advising()
        consulted = None if self.history.is_child else advising.open
        return advising.finish(consulted) if consulted else None

    async def is_mended(self) -> bool:
        """Whether an agent of a run, which came to its end, was told to answer again."""
        return self._is_planned and await self._planned().is_mended()

    def ending(self, turn: Turn, stop: Json) -> tuple[list[Post], list[Fact], bool]:
        """What a child tells with its end, and whether it ends for good; nothing of a turn that was interrupted or that waits for
        somebody."""
        if turn.is_interrupted or stop["type"] not in ("end_turn", "retries_exhausted", "refusal"):
            return [], [], False
        kind, words = "", None
        if stop["type"] == "retries_exhausted":
            kind, words = self.history.last_error()
        elif stop["type"] == "refusal":
            words = "the model refused"
        if self._is_planned:
            return [], [self._planned().result(words)], True
        posts, fact = self.delegating().told_primary(report_of(self.history, words), is_report=True)
        return posts, [fact], kind in _ENDS_A_CHILD

    def ended(self, said: Sequence[Post], *, is_over: bool) -> None:
        """Have those look who are told of the end."""
        if is_over and self._is_planned:
            self.brain.runs.answered(self.writer.session.id, self.history.thread_id)
        elif said or (self.history.is_child and self._is_awaited()):
            self.brain.wake_thread(self.writer.session.id, primary_thread_id(self.writer.session.id))

    def _is_awaited(self) -> bool:
        """Whether an outcome is to be graded when the last child rests, also one that rests without a word."""
        return active(self.brain.states.state(self.writer.session.id).outcomes) is not None

    @property
    def _is_planned(self) -> bool:
        """Whether this is an agent of a workflow run."""
        return self.making is not None and self.making["role"] == WORKFLOW

    def _planned(self) -> Planned:
        assert self.making is not None
        return Planned(self.writer, self.history, self.brain.runs, self.making)
