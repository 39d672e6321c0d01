"""Outcomes of a session as its events tell them: what is to be reached, how far it is, how it ended. A pure fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from workbench.clock import timestamp
from workbench.contracts.evaluation_words import TERMINAL

if TYPE_CHECKING:
    from workbench.events import Event

Json = dict[str, Any]

DEFAULT_ITERATIONS: Final = 3
MOST_ITERATIONS: Final = 20
MOST_RUBRIC: Final = 262_144
"""Characters."""
GOES_ON: Final = frozenset({"needs_revision", "max_iterations_reached"})
"""Results after which the agent has a turn with what the grader said."""


@dataclass(frozen=True)
class OutcomeEvaluation:
    """One outcome: `result` is pending, running, evaluating or a terminal one, `iteration` the cycle that it is in, from 0.

    `explanation` is the last verdict's text, `completed_at` a timestamp once the result is terminal, `start_id` the evaluation
    that is under way ("" where none is).
    """

    outcome_id: str
    description: str
    max_iterations: int = DEFAULT_ITERATIONS
    iteration: int = 0
    result: str = "pending"
    explanation: str | None = None
    completed_at: str | None = None
    start_id: str = ""

    @property
    def is_active(self) -> bool:
        return self.result not in TERMINAL

    def wire(self) -> Json:
        """As a session's `outcome_evaluations` has it."""
        return {
            "type": "outcome_evaluation",
            "outcome_id": self.outcome_id,
            "description": self.description,
            "iteration": self.iteration,
            "result": self.result,
            "explanation": self.explanation,
            "completed_at": self.completed_at,
        }


_FIELDS: Final = tuple(field.name for field in fields(OutcomeEvaluation))


def evaluation_of(kept: Mapping[str, Any]) -> OutcomeEvaluation:
    """What `vars` of one gave, which may have been kept by another version."""
    return OutcomeEvaluation(**{name: kept[name] for name in _FIELDS if name in kept})


def evaluations_after(known: tuple[OutcomeEvaluation, ...], event: Event) -> tuple[OutcomeEvaluation, ...]:
    """All outcomes, oldest first, after one more event of the primary thread."""
    match event.type:
        case "user.define_outcome":
            most = event.max_iterations or DEFAULT_ITERATIONS
            return (*known, OutcomeEvaluation(event.outcome_id, event.description, most))
        case "session.status_running" | "span.model_request_start":
            return (*known[:-1], replace(known[-1], result="running")) if _is(known, "pending") else known
        case "span.outcome_evaluation_start":
            began = {"result": "evaluating", "iteration": event.iteration, "start_id": event.id}
            return _changed(known, event.outcome_id, began)
        case "span.outcome_evaluation_end":
            ended: Json = {"explanation": event.explanation, "start_id": ""}
            if event.result in TERMINAL:
                ended |= {"result": event.result, "iteration": event.iteration}
                ended |= {"completed_at": timestamp(event.processed_at)}
            else:
                ended |= {"result": "running", "iteration": event.iteration + 1}
            return _changed(known, event.outcome_id, ended)
    return known


def _is(known: Sequence[OutcomeEvaluation], result: str) -> bool:
    return bool(known) and known[-1].result == result


def _changed(known: tuple[OutcomeEvaluation, ...], outcome_id: str, change: Json) -> tuple[OutcomeEvaluation, ...]:
    return tuple(replace(one, **change) if one.outcome_id == outcome_id else one for one in known)


def active(known: Sequence[OutcomeEvaluation]) -> OutcomeEvaluation | None:
    """The one that is worked on; there is at most one."""
    return known[-1] if known and known[-1].is_active else None
