"""From the calls of an answer to their events: each under its verdict, those that may not run answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from workbench.brain import gate, judgement
from workbench.brain.gate import Permission, Verdict
from workbench.brain.logbook import Logbook
from workbench.brain.notes import FAULT, Made
from workbench.brain.record import Pen
from workbench.brain.requests import JUDGEMENT, Aside
from workbench.brain.rules import Rules
from workbench.brain.servers import Listed
from workbench.contracts import Model, Outcome, Reply, text_outcome
from workbench.contracts.facts import CALLS_DECIDED
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


def verdicts(pen: Pen, made: Sequence[Made], rules: Rules, listed: Listed) -> list[Verdict | None]:
    """What agent and rules say of each call; None for one that was cut off or has a fault, which never comes before the gate."""
    agent, session_id = pen.session.agent, pen.session.id
    return [
        gate.judge(agent, one.call["name"], one.call["input"], rules, session_id=session_id, listed=listed)
        if one.is_whole and FAULT not in one.call
        else None
        for one in made
    ]


def written(pen: Pen, made: Sequence[Made], found: Sequence[Verdict | None]) -> tuple[list[Event], list[Event]]:
    """The calls, and the results of those that do not run."""
    uses: list[Event] = []
    refusals: list[Event] = []
    for one, verdict in zip(made, found, strict=True):
        use = pen.tool_use(one.call, verdict)
        uses.append(use)
        if verdict is None:
            refusals.append(pen.tool_result(use, _unreadable(one.call[FAULT]) if FAULT in one.call else CUT_CALL))
        elif verdict.refusal:
            refusals.append(pen.tool_result(use, text_outcome(verdict.refusal, is_error=True)))
    return uses, refusals


@dataclass(frozen=True)
class Deciding:
    """Settles the calls of an answer that were held for a judgement."""

    pen: Pen
    logbook: Logbook
    model: Model
    interrupted: asyncio.Event
    rules: Rules

    async def settle(self, start_id: str, made: Sequence[Made], *, may_ask: bool) -> None:
        """Write them down under what the judgement says; a person is asked where there is none, or where it may not be."""
        found = verdicts(self.pen, made, self.rules, self.logbook.notes.listed)
        at = [index for index, one in enumerate(found) if one is not None and one.is_open]
        denials = judgement.denials_in_a_row(self.logbook.entries)
        asked = [index for index in at if may_ask and judgement.can_be_shown(made[index].call["input"])]
        decided = self.pen.fact(CALLS_DECIDED, model_request_start_id=start_id)
        if not asked or denials >= judgement.MOST_DENIALS:
            await self.logbook.append(self._events(made, found), [decided])
            return
        request = judgement.request(self.pen.session, self.logbook.entries, [made[index].call for index in asked])
        aside = Aside(self.pen, self.logbook, self.model, self.interrupted, JUDGEMENT)
        question_id, outcome = await aside.ask(request)
        if outcome is None:
            await aside.close(question_id, outcome)
            return
        said: list[Permission] = ["ask"] * len(asked)
        if isinstance(outcome, Reply) and outcome.stop_reason == "end_turn":
            said = judgement.answers(text_of([one for one in outcome.content if one["type"] == "text"]), len(asked))
        for index, permission in zip(asked, said, strict=True):
            may_deny = denials < judgement.MOST_DENIALS
            denials = denials + 1 if permission == "deny" else 0
            judged = gate.auto(permission if may_deny else "ask", made[index].call["name"])
            before = found[index]
            found[index] = replace(judged, server_tool=before.server_tool if before else None)
        await aside.close(question_id, outcome, self._events(made, found), [decided])

    def _events(self, made: Sequence[Made], found: Sequence[Verdict | None]) -> list[Event]:
        uses, refusals = written(self.pen, made, found)
        return [*uses, *refusals]
