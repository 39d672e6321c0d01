"""Which changes are worth a notice: three classes, each of which can be turned off, and never what is on the screen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from workbench.text.display import line
from workbench.tui.state.rows import BUDGET, DONE, FAILED, WAITING, Row

Kind = Literal["blocked", "failed", "done"]
GATHERED_S: Final = 10.0
LONGEST: Final = 120
_KINDS: Final[dict[str, Kind]] = {
    WAITING.word: "blocked",
    BUDGET.word: "blocked",
    FAILED.word: "failed",
    DONE.word: "done",
}


@dataclass(frozen=True)
class Notice:
    """One session that has something to say."""

    kind: Kind
    session_id: str
    name: str


@dataclass(frozen=True)
class Attention:
    """What the person looks at: the sessions on the screen, whether the terminal has the focus, and what they want to hear."""

    visible: Collection[str]
    focused: bool
    muted: Collection[str]
    wanted: Mapping[str, bool]


def noticed(before: Mapping[str, Row], after: Mapping[str, Row], attention: Attention) -> list[Notice]:
    """The sessions that have come to wait, fail or end since the picture before."""
    found: list[Notice] = []
    for session_id, row in after.items():
        kind, known = _KINDS.get(row.mark.word), before.get(session_id)
        if kind is None or (known is not None and _same(known, row)):
            continue
        seen = attention.focused and (session_id in attention.visible or kind == "done")
        if not seen and session_id not in attention.muted and attention.wanted.get(kind, True):
            found.append(Notice(kind, session_id, row.name))
    return found


def _same(one: Row, other: Row) -> bool:
    return (one.mark.word, one.waiting_for, one.rested_at) == (other.mark.word, other.waiting_for, other.rested_at)


def notice_text(notices: Sequence[Notice], rows: Mapping[str, Row], question: Callable[[Row], str]) -> tuple[str, str]:
    """Title and text for one notice, or for several at once."""
    words = {"blocked": "needs you", "failed": "failed", "done": "done"}
    if len(notices) == 1:
        [one] = notices
        row = rows.get(one.session_id)
        return f"{one.name} {words[one.kind]}", line(question(row) if row else "", LONGEST)
    needing = sum(one.kind == "blocked" for one in notices)
    title = f"{needing} sessions need you" if needing == len(notices) else f"{len(notices)} sessions have news"
    return title, line(", ".join(f"{one.name} {words[one.kind]}" for one in notices), LONGEST)


class Gathering:
    """Notices that come close together are told together. `later` calls something back after so many seconds."""

    def __init__(
        self, tell: Callable[[Sequence[Notice]], None], later: Callable[[float], None], now: Callable[[], float]
    ) -> None:
        self._tell = tell
        self._later = later
        self._now = now
        self._waiting: list[Notice] = []
        self._told_at = -GATHERED_S

    def add(self, notices: Sequence[Notice]) -> None:
        if not notices:
            return
        was_waiting = bool(self._waiting)
        self._waiting += notices
        left = self._told_at + GATHERED_S - self._now()
        if left <= 0:
            self.flush()
        elif not was_waiting:
            self._later(left)

    def flush(self) -> None:
        """Tell what waits, each session once, as it stood last."""
        if self._waiting:
            last = {one.session_id: one for one in self._waiting}
            self._waiting, self._told_at = [], self._now()
            self._tell(list(last.values()))
