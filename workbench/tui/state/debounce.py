"""Marks that do not flicker: one that has just changed stays for a moment, unless a person is needed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from workbench.tui.state.rows import Mark, Row

STAYS_S: Final = 1.0


@dataclass(frozen=True)
class _Shown:
    mark: Mark
    since: float


class Debounce:
    """What is shown of the rows; a `stays_s` of zero shows everything at once."""

    def __init__(self, stays_s: float = STAYS_S, now: Callable[[], float] = time.monotonic) -> None:
        self._stays_s = stays_s
        self._now = now
        self._shown: dict[str, _Shown] = {}
        self._due_at: float | None = None

    @property
    def is_due(self) -> bool:
        """Whether a mark that was held back can be shown now."""
        return self._due_at is not None and self._now() >= self._due_at

    def shown(self, rows: Mapping[str, Row]) -> dict[str, Row]:
        """The rows with the marks that are shown of them now."""
        now = self._now()
        self._shown = {
            session_id: self._next(self._shown.get(session_id), row.mark, now) for session_id, row in rows.items()
        }
        held = [
            self._shown[key].since + self._stays_s for key, row in rows.items() if self._shown[key].mark != row.mark
        ]
        self._due_at = min(held, default=None)
        return {
            key: row if self._shown[key].mark == row.mark else replace(row, mark=self._shown[key].mark)
            for key, row in rows.items()
        }

    def _next(self, known: _Shown | None, mark: Mark, now: float) -> _Shown:
        """Blocked and failed are never shown as anything else, not even for a moment."""
        if known is None or known.mark == mark:
            return known or _Shown(mark, now - self._stays_s)
        waits = now < known.since + self._stays_s and not mark.needs_you
        # Who was needed and is not any more is not called waiting: that would be as wrong as the other way round.
        return known if waits and not known.mark.needs_you else _Shown(mark, now)
