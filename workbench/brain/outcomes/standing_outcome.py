"""The outcome that a log leaves active, with what the grader is given of it. A pure fold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workbench.contracts.outcomes import OutcomeEvaluation, active, evaluations_after
from workbench.contracts.values import Entry


@dataclass(frozen=True)
class StandingOutcome:
    """The outcome that is worked on, its rubric, and where the evaluation that is under way begins in the log (0: none is)."""

    evaluation: OutcomeEvaluation
    rubric: str
    start_seq: int = 0


def standing(entries: Iterable[Entry]) -> StandingOutcome | None:
    """The outcome that a log leaves active."""
    known: tuple[OutcomeEvaluation, ...] = ()
    rubric, start_seq = "", 0
    for entry in entries:
        event = entry.event
        if not known and event.type != "user.define_outcome":
            continue
        known = evaluations_after(known, event)
        if event.type == "user.define_outcome":
            rubric = getattr(event.rubric, "content", "")
        elif event.type == "span.outcome_evaluation_start":
            start_seq = entry.seq or 0
    found = active(known)
    return None if found is None else StandingOutcome(found, rubric, start_seq if found.start_id else 0)
