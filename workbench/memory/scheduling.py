"""When a store's next dream is due, by what its owner wrote into its metadata. Pure."""

from __future__ import annotations

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
KEYS: Final = (AFTER_SESSIONS, AFTER_QUIET_HOURS, EVERY_HOURS, LANDS, MODEL, BUDGET)
LANDS_VALUES: Final = ("nothing", "high", "medium")
"""What lands by itself: nothing, or adds and merges of at least this confidence. Replacements and removals always wait."""


@dataclass(frozen=True)
class Rested:
    """A session that has something to dream of: when its last event was."""

    session_id: str
    last_at: datetime


def due(
    metadata: Mapping[str, str], last_dream_at: datetime | None, sessions: Sequence[Rested], now: datetime
) -> list[str]:
    """The sessions that a dream should read now; none when none is due.

    Counted are sessions with events since the last dream: enough of them, a day of quiet after them, or the time is over.
    """
    fresh = [one for one in sessions if last_dream_at is None or one.last_at > last_dream_at]
    if not fresh:
        return []
    after, quiet, every = (_number(metadata, key) for key in (AFTER_SESSIONS, AFTER_QUIET_HOURS, EVERY_HOURS))
    is_enough = after is not None and len(fresh) >= after
    is_quiet = quiet is not None and now - max(one.last_at for one in fresh) >= timedelta(hours=quiet)
    since = last_dream_at or min(one.last_at for one in fresh)
    is_time = every is not None and now - since >= timedelta(hours=every)
    return [one.session_id for one in fresh] if is_enough or is_quiet or is_time else []


def _number(metadata: Mapping[str, str], key: str) -> float | None:
    """A positive number; None where there is none, as a slip of the pen must not start a dream every minute."""
    try:
        value = float(metadata.get(key, ""))
    except ValueError:
        return None
    return value if value > 0 else None


def lands_by_itself(metadata: Mapping[str, str]) -> tuple[str, ...]:
    """The confidences whose adds and merges land without a review."""
    return {"high": ("high",), "medium": ("high", "medium")}.get(metadata.get(LANDS, ""), ())
