"""What follows from many statements: those that agree are one belief, the later of two that oppose each other wins. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from workbench.memory.mining.agreement import agree, oppose
from workbench.memory.mining.evidence import Evidence
from workbench.memory.mining.statement import Statement
from workbench.memory.mining.words import COMPLAINT

FramedSentence = tuple[Statement, Evidence]
SESSIONS_NEEDED = 2
"""In how many sessions somebody must have said something that they did not ask to be remembered."""


@dataclass
class Belief:
    """Statements that agree. `statement` is the latest wording; `before` are the beliefs that it took the place of."""

    statement: Statement
    evidence: list[Evidence] = field(default_factory=list)
    is_explicit: bool = False
    before: list[Belief] = field(default_factory=list)
    is_superseded: bool = False

    @property
    def sessions(self) -> set[str]:
        return {place.session_id for place in self.evidence}

    @property
    def holds(self) -> bool:
        """Two sessions, one explicit order to remember, or a change of something that held."""
        if self.is_explicit or len(self.sessions) >= SESSIONS_NEEDED:
            return True
        return self.statement.is_change and any(belief.held for belief in self.before)

    @property
    def held(self) -> bool:
        return self.holds or any(belief.held for belief in self.before)


@dataclass
class Beliefs:
    """All beliefs so far, of statements in the order in which they were said."""

    common: frozenset[str] = frozenset()
    all: list[Belief] = field(default_factory=list)
    _by_token: dict[str, list[Belief]] = field(default_factory=dict)

    def add(self, statement: Statement, place: Evidence) -> None:
        near = self._near(statement)
        for belief in near:
            if agree(statement, belief.statement, self.common):
                self._confirm(belief, statement, place)
                return
        fresh = Belief(statement, [place], statement.is_explicit)
        fresh.before = [belief for belief in near if oppose(statement, belief.statement)]
        self._enter(fresh)
        self._settle(fresh)

    def _confirm(self, belief: Belief, statement: Statement, place: Evidence) -> None:
        belief.evidence.append(place)
        belief.is_explicit |= statement.is_explicit
        belief.statement = _merged(belief.statement, statement)
        if belief.is_superseded:
            # FramedSentence again after something else was: it is the later one now, if it opposes what came between.
            between = [other for other in self._near(statement) if belief in other.before and not other.is_superseded]
            belief.before += between
            belief.is_superseded = False
            for other in between:
                other.before.remove(belief)
        self._index(belief)
        self._settle(belief)

    def _settle(self, belief: Belief) -> None:
        if belief.holds:
            for old in belief.before:
                old.is_superseded = True

    def _enter(self, belief: Belief) -> None:
        self.all.append(belief)
        self._index(belief)

    def _index(self, belief: Belief) -> None:
        for token in belief.statement.all:
            known = self._by_token.setdefault(token, [])
            if belief not in known:
                known.append(belief)

    def _near(self, statement: Statement) -> list[Belief]:
        """The beliefs that share a token, the latest first."""
        found = {id(belief): belief for token in statement.all for belief in self._by_token.get(token, ())}
        return sorted(found.values(), key=lambda belief: belief.evidence[-1].said_at, reverse=True)


def _merged(old: Statement, new: Statement) -> Statement:
    """The later wording, unless the earlier one says more: what stays must still say all that both said. An order stays rather than
    a complaint that it was not followed."""
    if _is_complaint(old) != _is_complaint(new):
        return new if _is_complaint(old) else old
    return new if len(new.all) >= len(old.all) or new.is_explicit else old


def _is_complaint(statement: Statement) -> bool:
    return bool(re.search(r"[;?!] ", statement.text)) or bool(COMPLAINT.match(statement.text))


def beliefs_of(said: Iterable[FramedSentence], common: frozenset[str] = frozenset()) -> list[Belief]:
    """Those that hold and were not superseded, in the order of their first evidence."""
    return [belief for belief in _all(said, common) if belief.holds and not belief.is_superseded]


def unconfirmed(said: Iterable[FramedSentence], common: frozenset[str] = frozenset()) -> list[FramedSentence]:
    """The statements that nobody said again."""
    alone = (belief for belief in _all(said, common) if not belief.holds and len(belief.evidence) == 1)
    return [(belief.statement, belief.evidence[0]) for belief in alone]


def _all(said: Iterable[FramedSentence], common: frozenset[str]) -> list[Belief]:
    beliefs = Beliefs(common)
    for statement, place in sorted(said, key=lambda one: (one[1].said_at, one[1].session_id, one[1].seq)):
        beliefs.add(statement, place)
    return beliefs.all
