"""Marks that do not flicker: a session's mark stays for a second before another takes its place, unless a person is needed or
has just answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from workbench.tui.rows import Mark, Row

STAYS_S: Final = 1.0


@dataclass(frozen=True)
class _Shown:
    mark: Mark
    since: float


class Steady:
    """What is shown of each session's mark. `later` is asked to have the rows looked at again after so many seconds."""

    def __init__(self, later: Callable[[float], None], now: Callable[[], float]) -> None:
        self._later = later
        self._now = now
        self._shown: dict[str, _Shown] = {}
        self.is_settled = True
        """Whether every row is shown as it is."""

    def shown(self, rows: Mapping[str, Row]) -> dict[str, Row]:
        """The rows with the marks that are to be seen now. The first mark of a session is no change."""
        now, wait = self._now(), 0.0
        before, self._shown = self._shown, {}
        seen: dict[str, Row] = {}
        for session_id, row in rows.items():
            known = before.get(session_id)
            left = known.since + STAYS_S - now if known is not None and known.mark is not row.mark else 0.0
            if known is None or known.mark is row.mark:
                self._shown[session_id] = known or _Shown(row.mark, now - STAYS_S)
            elif row.mark.needs_you or known.mark.needs_you or left <= 0:
                self._shown[session_id] = _Shown(row.mark, now)
            else:
                self._shown[session_id], wait = known, max(wait, left)
            mark = self._shown[session_id].mark
            seen[session_id] = row if mark is row.mark else replace(row, mark=mark)
        self.is_settled = not wait
        if wait:
            self._later(wait)
        return seen
