"""What a turn has to do with an outcome: whether one is new, and which one an interrupt ends."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.contracts.evaluation_words import TERMINAL
from workbench.contracts.outcomes import GOES_ON
from workbench.events import OutcomeEvaluationEnd, UserDefineOutcome


@dataclass
class OutcomeTurn:
    """`outcome_id` is the active one, "" where none is; `is_new` says that no request has carried it, `interrupted` is one that an
    interrupt ends and whose end is not written yet."""

    outcome_id: str = ""
    is_new: bool = False
    interrupted: str = ""

    def add(self, event: UserDefineOutcome | OutcomeEvaluationEnd) -> bool:
        """Whether the agent has something to answer."""
        if event.type == "user.define_outcome":
            self.outcome_id, self.is_new = event.outcome_id, True
            return True
        if event.result in TERMINAL:
            self.outcome_id = self.interrupted = ""
            self.is_new = False
        return event.result in GOES_ON

    def interrupt(self) -> None:
        self.interrupted, self.is_new = self.outcome_id, False
