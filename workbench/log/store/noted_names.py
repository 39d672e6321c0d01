"""Names of the facts of every session that began in this engine's life: what it never noted is not asked of the store.

A session's first turn asked the store three times for facts that it cannot have, 1.5 to 3 ms of processor time each.
"""

from __future__ import annotations

from collections.abc import Iterable

from workbench.log.journal.records import Erased, Filed, Happening, Noted, Unfiled

_NONE: frozenset[str] = frozenset()


class NotedNames:
    """By session; of one that was there before nothing is known here."""

    def __init__(self, earlier: Iterable[str]) -> None:
        self._earlier = frozenset(earlier)
        self._names: dict[str, frozenset[str]] = {}
        self._begun: set[str] = set()

    def of(self, session_id: str) -> frozenset[str] | None:
        """The names of all its facts; nothing where they are not all known."""
        return self._names.get(session_id, _NONE) if session_id in self._begun else None

    def take(self, happening: Happening) -> None:
        match happening:
            case Noted(fact) if fact.session_id is not None and fact.session_id not in self._earlier:
                known = self._names.get(fact.session_id, _NONE)
                if fact.name not in known:
                    self._names[fact.session_id] = known | {fact.name}
            case Filed(document) if document.kind == "session" and document.id not in self._earlier:
                self._begun.add(document.id)
            case Erased(session_id) | Unfiled("session", session_id):
                self._begun.discard(session_id)
                self._names.pop(session_id, None)
