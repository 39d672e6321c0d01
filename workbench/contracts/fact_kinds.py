"""What a kind of fact is: its name, its fields, and what a fork and a rewind make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from workbench.contracts.values import Fact, Json

_OF_EVENTS: Final = frozenset({"tool_use_id", "model_request_start_id", "event_id"})


@dataclass(frozen=True, kw_only=True)
class FactKind:
    """One fact: `name` is its word on disk, `about` the field that names what it is about ("" where it is the session).

    A fact about an event is copied by a fork with its event, any other one when it was true at the moment of the fork.
    `undone_by_rewind` says that a rewind to a moment before it makes it untrue, as the files then are without it.
    """

    name: str
    fields: tuple[str, ...]
    meaning: str
    about: str = ""
    copied_by_fork: bool = False
    undone_by_rewind: bool = False

    @property
    def is_of_event(self) -> bool:
        return self.about in _OF_EVENTS

    def made(self, session_id: str | None, made_at: datetime, body: Json, *, thread_id: str | None = None) -> Fact:
        """A fact of this kind, of a child thread where one is named.

        Raises:
            ValueError: a field that is not declared, which would be a fault of this program.
        """
        if unknown := body.keys() - set(self.fields):
            raise ValueError(f"{self.name} has no field {', '.join(sorted(unknown))}")
        return Fact(self.name, session_id, made_at, body, thread_id)
