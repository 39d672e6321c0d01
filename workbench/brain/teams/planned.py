"""An agent of a workflow run: its last message is a result, which a schema may have to fit, and which is written down once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workbench.brain.event_writer import EventWriter
from workbench.brain.history import ThreadHistory
from workbench.brain.teams.delegation import report_of
from workbench.contracts.thread_facts import WORKFLOW_ANSWERED
from workbench.contracts.values import Fact, Json
from workbench.contracts.workflows import MOST_REPAIRS, Runs
from workbench.events import primary_thread_id

_AGAIN: Final = "Your answer does not fit the JSON schema: {faults}. Answer again with the whole corrected JSON value and nothing else."
_NEVER: Final = f"its answer did not fit the schema after {MOST_REPAIRS} corrections: {{faults}}"


@dataclass(frozen=True)
class Planned:
    """The end of one; `making` is what is known of it since it was made."""

    writer: EventWriter
    history: ThreadHistory
    runs: Runs
    making: Json

    async def is_mended(self) -> bool:
        """Whether it was told to answer again, as its answer does not fit."""
        faults = self._value()[1]
        asked = [one for one in self.history.entries if one.event.type == "agent.thread_message_received"]
        if not faults or len(asked) > MOST_REPAIRS:
            return False
        primary = primary_thread_id(self.writer.session.id)
        await self.history.append([self.writer.thread_message_received(primary, None, _AGAIN.format(faults=faults))])
        return True

    def result(self, error: str | None) -> Fact:
        """What it gave, or why it gave nothing."""
        value, faults = (None, "") if error is not None else self._value()
        told = error if error is not None else _NEVER.format(faults=faults) if faults else None
        body: Json = {
            "session_thread_id": self.history.thread_id,
            "workflow_run_id": self.making["workflow_run_id"],
            "place": self.making["call_id"],
            "value": None if told else value,
            "error": told,
        }
        return WORKFLOW_ANSWERED.made(self.writer.session.id, self.writer.clock(), body)

    def _value(self) -> tuple[Any, str]:
        said, schema = report_of(self.history, None), self.making.get("schema")
        return (said, "") if schema is None else self.runs.fitting(said, schema)
