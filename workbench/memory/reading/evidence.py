"""Where something was said or done: the session, the event, the words, and how far that channel is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from workbench.contracts.values import Json
from workbench.events import timestamp

QUOTE_LENGTH = 300


@dataclass(frozen=True)
class Evidence:
    """One place in the log; `is_order` says that a person typed it as an order to remember and wrote nothing else with it.

    `channel` is user for what users said, tool for what tools verifiably did, and agent for what agents claimed.
    """

    session_id: str
    seq: int
    event_id: str
    said_at: datetime
    channel: str
    quote: str
    is_order: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """The sentence, which is one of several of its event."""
        return self.event_id, self.quote

    def wire(self) -> Json:
        return asdict(self) | {"said_at": timestamp(self.said_at)}


def evidence_of(wire: Json) -> Evidence:
    """The evidence that `wire` gave."""
    return Evidence(**{**wire, "said_at": datetime.fromisoformat(wire["said_at"])})


def place_of(row: Sequence[Any], channel: str, quote: str) -> Evidence:
    """The place that the first columns of a row name: its session, number, event and moment."""
    return Evidence(row[0], int(row[1]), row[2], datetime.fromisoformat(row[3]), channel, quote[:QUOTE_LENGTH])
