"""What an agent is told of outcomes: what is to be reached, and what the grader said of it."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.brain.outcomes import standing_outcome
from workbench.contracts.evaluation_words import ENDS, TERMINAL, feedback_words, task_words
from workbench.contracts.outcomes import DEFAULT_ITERATIONS, GOES_ON
from workbench.contracts.values import Entry
from workbench.events import Event


def told(event: Event) -> list[str]:
    """The texts of an event of an outcome; they stand in the user's turn."""
    match event.type:
        case "user.define_outcome":
            rubric = getattr(event.rubric, "content", "")
            return [task_words(event.description, rubric, event.max_iterations or DEFAULT_ITERATIONS)]
        case "span.outcome_evaluation_end" if event.result in GOES_ON:
            is_last = event.result in TERMINAL
            return [feedback_words(event.explanation, event.iteration, is_last=is_last)]
        case "span.outcome_evaluation_end":
            return [ENDS[event.result]] if event.result in ENDS else []
    return []


def standing(entries: Sequence[Entry]) -> list[str]:
    """The outcome that these entries leave to be reached, as it was told; nothing where none is."""
    found = standing_outcome.standing(entries)
    if found is None:
        return []
    return [task_words(found.evaluation.description, found.rubric, found.evaluation.max_iterations)]
