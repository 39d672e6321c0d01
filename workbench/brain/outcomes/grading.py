"""One evaluation of an outcome, from its start to its end: the commands, the grader, and what follows from the verdict."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.outcomes.criteria_checks import checked
from workbench.brain.outcomes.grader import Grader, GraderFault, GraderLimits
from workbench.brain.outcomes.grader_requests import Seen
from workbench.brain.outcomes.standing_outcome import StandingOutcome
from workbench.brain.outcomes.verdicts import Verdict, verdict_of
from workbench.brain.retry import Retries
from workbench.brain.turn import Turn
from workbench.contracts.brain import Model
from workbench.contracts.facts import OUTCOME_JUDGED
from workbench.contracts.forks import Fork, ForkRefused, Forks
from workbench.contracts.rubrics import criteria_of
from workbench.contracts.values import Fact, Json, SessionState
from workbench.events import Event

NO_PROGRESS: Final = (
    "No progress: the same criteria failed as in the round before, and neither the outputs nor the project changed."
    " No further round is made."
)
LAST_ROUND: Final = "This was round {most} of {most}."
_INTERRUPTED: Final = "It was interrupted."
_COULD_NOT: Final = "The work could not be graded: {reason}"


async def always_at_rest(_: str) -> bool:
    return True


_GRADED_AFTER: Final = frozenset({"budget_reached", "end_turn"})
"""Rests of an agent with an outcome: at its budget, and while others worked for it."""


def others_have_work(state: SessionState) -> bool:
    """Whether another thread works or waits for somebody, or a workflow run is open."""
    return bool(state.runs) or any(
        one.status != "idle" or (one.stop_reason or {}).get("type") in ("requires_action", "budget_reached")
        for one in state.threads
    )


@dataclass(frozen=True)
class Grading:
    """What the loop does with an outcome whose agent has come to rest; each step of it is durable before the next."""

    writer: EventWriter
    history: ThreadHistory
    model: Callable[[], Model]
    forks: Forks
    limits: GraderLimits
    patience: Retries
    interrupted: asyncio.Event
    is_over_budget: Callable[[], Awaitable[bool]]

    def wanted(self, turn: Turn, state: SessionState) -> StandingOutcome | None:
        """The outcome whose work is done, where it is to be graded now: not after an error, nor while other threads or runs have
        something to do, whose end begins another turn of this one."""
        is_over = turn.status == "idle" and (turn.stop or {}).get("type") not in _GRADED_AFTER
        if is_over or self.history.is_child or others_have_work(state):
            return None
        return self.history.outcome()

    async def interrupt(self, outcome_id: str) -> None:
        """End it at the user's word."""
        outcome = self.history.outcome()
        if outcome is None or outcome.evaluation.outcome_id != outcome_id:
            raise AssertionError(f"{outcome_id} is interrupted and not active")
        await self.history.append([self._end(outcome, "interrupted", _INTERRUPTED)])

    async def go_on(self, outcome: StandingOutcome) -> None:
        """Grade the work as it is; one that an earlier process began goes on under its start, with a fresh grader.

        Without an end it was interrupted, or the budget is reached.
        """
        if not outcome.evaluation.start_id:
            await self.history.append([self.writer.evaluation("start", outcome.evaluation)])
            await self.history.turn()
            begun = self.history.outcome()
            assert begun is not None
            outcome = begun
        async with self._signs_of_life(outcome):
            judged = await self._judged(outcome)
        await self.history.turn()
        match judged:
            case GraderFault():
                explanation = _COULD_NOT.format(reason=judged.message)
                error = self.writer.error(judged.kind, explanation, "exhausted")
                await self.history.append([self._end(outcome, "interrupted", explanation), error])
            case Verdict():
                raise AssertionError("a verdict without its evidence")
            case (verdict, digest):
                await self._close(outcome, verdict, digest)

    async def _close(self, outcome: StandingOutcome, verdict: Verdict, digest: str) -> None:
        """Write verdict and round down together."""
        evaluation, result, reason = outcome.evaluation, verdict.result, ""
        if result == "needs_revision":
            if evaluation.iteration + 1 >= evaluation.max_iterations:
                reason = LAST_ROUND.format(most=evaluation.max_iterations)
            elif await self._stands_still(evaluation.outcome_id, verdict, digest):
                reason = NO_PROGRESS
            result = "max_iterations_reached" if reason else result
        explained = replace(verdict, said=" ".join(filter(None, (verdict.said, reason)))).explanation
        end = self._end(outcome, result, explained)
        await self.history.append([end], [self._fact(end, outcome, verdict, digest, reason)])

    def _fact(self, end: Event, outcome: StandingOutcome, verdict: Verdict, digest: str, reason: str) -> Fact:
        evaluation = outcome.evaluation
        return self.writer.fact(
            OUTCOME_JUDGED,
            event_id=end.id,
            outcome_id=evaluation.outcome_id,
            iteration=evaluation.iteration,
            criteria=[
                {"number": one.number, "criterion": one.text, "passed": one.passed, "gap": one.gap}
                for one in verdict.judged
            ],
            digest=digest,
            reason=reason,
        )

    async def _stands_still(self, outcome_id: str, verdict: Verdict, digest: str) -> bool:
        facts = await self.history.facts.facts(self.writer.session.id, OUTCOME_JUDGED.name)
        before = [fact.body for fact in facts if fact.body["outcome_id"] == outcome_id]
        if not before:
            return False
        failed = [one["number"] for one in before[-1]["criteria"] if not one["passed"]]
        return failed == verdict.failed and before[-1]["digest"] == digest

    def _end(self, outcome: StandingOutcome, result: str, explanation: str) -> Event:
        used: Json = dict.fromkeys(("input_tokens", "output_tokens"), 0)
        used |= dict.fromkeys(("cache_creation_input_tokens", "cache_read_input_tokens"), 0)
        for entry in self.history.entries:
            if (
                outcome.start_seq
                and (entry.seq or 0) > outcome.start_seq
                and entry.event.type == "span.model_request_end"
            ):
                # While it is graded, nothing else of the session asks a model.
                for key in used:
                    used[key] += getattr(entry.event.model_usage, key)
        told = {"result": result, "explanation": explanation, "usage": used}
        return self.writer.evaluation("end", outcome.evaluation, **told)

    # ── the evaluation ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _judged(self, outcome: StandingOutcome) -> tuple[Verdict, str] | GraderFault | None:
        """The verdict and the digest of what it is about."""
        try:
            async with self.forks.fork(self.writer.session, outcome.start_seq) as fork:
                verdict = await self._verdict(outcome, fork)
                return (verdict, fork.evidence.digest) if isinstance(verdict, Verdict) else verdict
        except ForkRefused as refused:
            return GraderFault("unknown_error", str(refused))

    async def _verdict(self, outcome: StandingOutcome, fork: Fork) -> Verdict | GraderFault | None:
        criteria, limits = criteria_of(outcome.rubric), self.limits
        ran = await checked(fork, criteria, self.interrupted, command_s=limits.command_s, all_s=limits.commands_s)
        if ran is None:
            return None
        asked = [one for one in criteria if not one.is_decided and one.number not in ran.broken]
        if not asked:
            return verdict_of(criteria, ran.broken, None)
        before = outcome.evaluation.explanation or ""
        seen = Seen(outcome, criteria, asked, fork.evidence, await self.history.whole(), ran.told, before)
        opinion = await self._grader(fork).opinion(seen)
        if opinion is None or isinstance(opinion, GraderFault):
            return opinion
        return verdict_of(criteria, ran.broken, opinion)

    def _grader(self, fork: Fork) -> Grader:
        return Grader(
            writer=self.writer,
            history=self.history,
            model=self.model(),
            fork=fork,
            limits=self.limits,
            patience=self.patience,
            interrupted=self.interrupted,
            is_over_budget=self.is_over_budget,
        )

    @contextlib.asynccontextmanager
    async def _signs_of_life(self, outcome: StandingOutcome) -> AsyncIterator[None]:
        done = asyncio.Event()
        telling = asyncio.create_task(self._tell(outcome, done))
        try:
            yield
        finally:
            # None is cut off on its way into the log.
            done.set()
            await telling

    async def _tell(self, outcome: StandingOutcome, done: asyncio.Event) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.limits.ongoing_s):
                    await done.wait()
            if done.is_set():
                return
            await self.history.append([self.writer.evaluation("ongoing", outcome.evaluation)])
