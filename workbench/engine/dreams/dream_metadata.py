"""When the next dream is due, by what its owner wrote into the metadata of a store, or of an agent. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

AFTER_SESSIONS: Final = "workbench.dream_after_sessions"
AFTER_QUIET_HOURS: Final = "workbench.dream_after_quiet_hours"
EVERY_HOURS: Final = "workbench.dream_every_hours"
LANDS: Final = "workbench.dream_lands"
MODEL: Final = "workbench.dream_model"
BUDGET: Final = "workbench.dream_budget_cents"
LEAST_SESSIONS: Final = "workbench.dream_least_sessions"
"""What lands by itself was ordered in so many sessions at least."""
STORE: Final = "workbench.dream_store"
"""In an agent's metadata: the store for which dreams read the sessions of that agent alone, attached or not."""
KEYS: Final = (AFTER_SESSIONS, AFTER_QUIET_HOURS, EVERY_HOURS, LANDS, MODEL, BUDGET, LEAST_SESSIONS)


@dataclass(frozen=True)
class Landing:
    """What lands without a review: nothing; or what a person ordered to remember, in `least_sessions` sessions or more, and what a
    model worded from two sessions of own words and the verifier passed.

    Replacements, merges and removals always wait, and so does what looks personal.
    """

    is_allowed: bool = False
    least_sessions: int = 1

    def wire(self) -> dict[str, bool | int]:
        return {"is_allowed": self.is_allowed, "least_sessions": self.least_sessions}


@dataclass(frozen=True)
class Rested:
    """A session that has something to dream of: when its last event was."""

    session_id: str
    last_at: datetime


def due(
    metadata: Mapping[str, str], last_dream_at: datetime | None, sessions: Sequence[Rested], now: datetime
) -> list[str]:
    """The sessions that a dream should read now; none when none is due.

    Counted are sessions with events since the last dream: enough of them, a day of quiet after them, or the time is over. Read
    are all of them, as what was said once before the last dream may have been said again since.
    """
    fresh = [one for one in sessions if last_dream_at is None or one.last_at > last_dream_at]
    if not fresh:
        return []
    after, quiet, every = (_number(metadata, key) for key in (AFTER_SESSIONS, AFTER_QUIET_HOURS, EVERY_HOURS))
    is_enough = after is not None and len(fresh) >= after
    is_quiet = quiet is not None and now - max(one.last_at for one in fresh) >= timedelta(hours=quiet)
    since = last_dream_at or min(one.last_at for one in fresh)
    is_time = every is not None and now - since >= timedelta(hours=every)
    return [one.session_id for one in sessions] if is_enough or is_quiet or is_time else []


def _number(metadata: Mapping[str, str], key: str) -> float | None:
    """A positive number; None where there is none, as a slip of the pen must not start a dream every minute."""
    try:
        value = float(metadata.get(key, ""))
    except ValueError:
        return None
    return value if value > 0 else None


def landing_of(metadata: Mapping[str, str]) -> Landing:
    """What the owner allowed; a number that is none allows nothing, as a slip of the pen must not open the store."""
    least = _number(metadata, LEAST_SESSIONS) if LEAST_SESSIONS in metadata else 1
    return Landing(metadata.get(LANDS) == "high" and least is not None, math.ceil(least or 1))


def budget_cents(metadata: Mapping[str, str], otherwise: int) -> int:
    text = metadata.get(BUDGET, "")
    return int(text) if text.isascii() and text.isdigit() else otherwise
