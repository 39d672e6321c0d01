"""From the calls of an answer to their events: each under its verdict, those that may not run answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from workbench.brain.event_writer import EventWriter
from workbench.brain.fact_fold import MadeCall
from workbench.brain.history import ThreadHistory
from workbench.brain.requests import JUDGEMENT, SideRequest
from workbench.contracts.brain import CALL_FAULT, Model, Reply
from workbench.contracts.facts import CALLS_DECIDED
from workbench.contracts.permissions import Gate, Verdict
from workbench.contracts.server_tools import Listed
from workbench.contracts.values import Outcome, text_outcome
from workbench.events import Event, text_of

CUT_CALL: Final = text_outcome(
    "This call was cut off at the output limit and did not run. Make it smaller: for a large file, write a first part and"
    " add the others with further calls.",
    is_error=True,
)


def _unreadable(fault: str) -> Outcome:
    words = (
        f"This call did not run, as its input cannot be kept: {fault}. Write it otherwise, such as a number as text."
    )
    return text_outcome(words, is_error=True)


def verdicts(writer: EventWriter, made: Sequence[MadeCall], gate: Gate, listed: Listed) -> list[Verdict | None]:
    """What agent and rules say of each call; None for one that was cut off or has a fault, which never comes before the gate."""
    return [
        gate.verdict(writer.session, one.call["name"], one.call["input"], listed)
        if one.is_whole and CALL_FAULT not in one.call
        else None
        for one in made
    ]


def written(
    writer: EventWriter, made: Sequence[MadeCall], found: Sequence[Verdict | None]
) -> tuple[list[Event], list[Event]]:
    """The calls, and the results of those that do not run."""
    uses: list[Event] = []
    refusals: list[Event] = []
    for one, verdict in zip(made, found, strict=True):
        use = writer.tool_use(one.call, verdict)
        uses.append(use)
        if verdict is None:
            refusals.append(
                writer.tool_result(use, _unreadable(one.call[CALL_FAULT]) if CALL_FAULT in one.call else CUT_CALL)
            )
        elif verdict.refusal:
            refusals.append(writer.tool_result(use, text_outcome(verdict.refusal, is_error=True)))
    return uses, refusals


@dataclass(frozen=True)
class HeldCalls:
    """Settles the calls of an answer that were held for a judgement."""

    writer: EventWriter
    history: ThreadHistory
    model: Model
    interrupted: asyncio.Event
    gate: Gate

    async def settle(self, start_id: str, made: Sequence[MadeCall], *, may_ask: bool) -> None:
        """Write them down under what the judgement says; a person is asked where there is none, or where it may not be."""
        found = verdicts(self.writer, made, self.gate, self.history.notes.listed)
        entries = await self.history.whole()
        at = [index for index, one in enumerate(found) if one is not None and one.is_open]
        shown = self.gate.asks_of(entries, [made[index].call["input"] for index in at]) if may_ask else []
        asked = [at[index] for index in shown]
        decided = self.writer.fact(CALLS_DECIDED, model_request_start_id=start_id)
        if not asked:
            await self.history.append(self._events(made, found), [decided])
            return
        request = self.gate.question(self.writer.session, entries, [made[index].call for index in asked])
        aside = SideRequest(self.writer, self.history, self.model, self.interrupted, JUDGEMENT)
        question_id, outcome = await aside.ask(request)
        if outcome is None:
            await aside.close(question_id, outcome)
            return
        answer = ""
        if isinstance(outcome, Reply) and outcome.stop_reason == "end_turn":
            answer = text_of([one for one in outcome.content if one["type"] == "text"])
        judged = self.gate.judged(entries, answer, [made[index].call["name"] for index in asked])
        for index, verdict in zip(asked, judged, strict=True):
            before = found[index]
            found[index] = replace(verdict, server_tool=before.server_tool if before else None)
        await aside.close(question_id, outcome, self._events(made, found), [decided])

    def _events(self, made: Sequence[MadeCall], found: Sequence[Verdict | None]) -> list[Event]:
        uses, refusals = written(self.writer, made, found)
        return [*uses, *refusals]
