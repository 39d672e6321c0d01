"""Paraphrases: matches unparsed sentences to statements of other sessions by the rare words in them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from workbench.memory.mining import words
from workbench.memory.mining.agreement import oppose
from workbench.memory.mining.beliefs import FramedSentence, unconfirmed
from workbench.memory.mining.evidence import Evidence
from workbench.memory.mining.hedges import is_idle
from workbench.memory.mining.statement import Statement
from workbench.memory.mining.tokens import is_hard, tokens

RARE_SHARE: Final = 0.1
"""A name is in the talk of at most this share of the sessions."""
RARE_SESSIONS: Final = 4
"""Or of so few."""


def common_words(places: Iterable[Evidence]) -> frozenset[str]:
    """The tokens that are in the talk of many sessions, and so name nothing."""
    seen = {(place.session_id, token) for place in places for token in tokens(place.quote)}
    sessions = Counter(token for _, token in seen)
    most = max(RARE_SESSIONS, RARE_SHARE * len({session_id for session_id, _ in seen}))
    return frozenset(token for token, count in sessions.items() if count > most)


@dataclass(frozen=True)
class SaidTokens:
    """What was said in which session, by the tokens in it."""

    by_token: dict[str, list[tuple[str, frozenset[str]]]]
    common: frozenset[str]

    def beside(self, session_id: str, one: frozenset[str], other: frozenset[str]) -> list[frozenset[str]]:
        """The sentences of other sessions that name something of both."""
        near = {id(said): (place, said) for name in one - self.common for place, said in self.by_token.get(name, ())}
        return [said for place, said in near.values() if place != session_id and (other - self.common) & said]


def talk_of(places: Iterable[Evidence], common: frozenset[str]) -> SaidTokens:
    by_token: dict[str, list[tuple[str, frozenset[str]]]] = defaultdict(list)
    for place in places:
        said = tokens(place.quote)
        for token in said:
            by_token[token].append((place.session_id, said))
    return SaidTokens(by_token, common)


def without_asides(said: FramedSentence, talk: SaidTokens) -> FramedSentence:
    """A choice between the names alone, where another session speaks of both: what else stands beside them, nobody says again."""
    statement, place = said
    if statement.kind != "choice" or statement.is_explicit or not statement.avoid:
        return said
    value, avoid, topic = statement.value, statement.avoid, statement.topic
    again = talk.beside(place.session_id, value, avoid)
    if not again and (again := talk.beside(place.session_id, topic, avoid)):
        # What looked like a scope is what is wanted.
        value, topic = topic, frozenset()
    if not again:
        return said
    heard = frozenset[str]().union(*again)
    return replace(statement, value=value & heard, avoid=avoid & heard, topic=topic), place


def echoed(read: Sequence[FramedSentence], unread: Sequence[Evidence], common: frozenset[str]) -> list[FramedSentence]:
    """What was read, with each sentence that names all that a read one of another session names as that statement said again.

    Looked at are the unread sentences, and the read ones that nothing confirms. An echo counts as evidence, never as an order to
    remember and never as a change.
    """
    by_name: dict[str, list[FramedSentence]] = defaultdict(list)
    for one in read:
        for name in one[0].all - common:
            by_name[name].append(one)
    lonely = unconfirmed(read, common)
    alone = {place.key: statement for statement, place in lonely}
    echoes: dict[tuple[str, str], FramedSentence] = {}
    confirmed: set[tuple[str, str]] = set()
    for place in [*unread, *(place for _, place in lonely)]:
        if place.key in confirmed or not _may_say(place.quote):
            continue
        said = tokens(place.quote)
        near = (one for one in _near(by_name, said) if one[1].key not in echoes)
        found = next((one for one in near if _says_again(one, place, said, common)), None)
        if found is None and (mine := alone.get(place.key)) is not None:
            near = (one for one in _near(by_name, said) if one[1].key not in echoes)
            found = next(
                (one for one in near if one[1].session_id != place.session_id and _forbid(one[0], mine, common)), None
            )
        if found is not None and not (place.key in alone and oppose(alone[place.key], found[0])):
            echoes[place.key] = (replace(found[0], is_explicit=False, is_change=False), place)
            confirmed.add(found[1].key)
    return [*(one for one in read if one[1].key not in echoes), *echoes.values()]


def _near(by_name: dict[str, list[FramedSentence]], said: frozenset[str]) -> Iterator[FramedSentence]:
    for token in sorted(said):
        yield from by_name.get(token, ())


def _says_again(one: FramedSentence, place: Evidence, said: frozenset[str], common: frozenset[str]) -> bool:
    statement, origin = one
    if origin.session_id == place.session_id:
        return False
    if statement.kind == "choice":
        sides = (statement.value - common, statement.avoid - common)
        return all(side & said for side in sides)
    if statement.kind == "fact":
        named = {token for token in statement.value if is_hard(token)}
        return bool(named) and named <= said and bool(statement.topic & said)
    shared = statement.all & said
    hard = {token for token in statement.all if is_hard(token)}
    if hard:
        return hard <= said and len(shared) > len(hard)
    return len(shared) > 1 and bool(shared - common) and bool(shared & common)


def _forbid(one: Statement, other: Statement, common: frozenset[str]) -> bool:
    """Whether both are against the same, of which one says nothing that is wanted instead."""
    if one.kind == other.kind == "choice" or "fact" in (one.kind, other.kind):
        return False
    bans = [statement for statement in (one, other) if statement.avoid and not statement.value]
    return bool(bans) and bool((one.avoid & other.avoid) - common)


def _may_say(sentence: str) -> bool:
    """Neither a question nor a task nor for this once."""
    if sentence.endswith("?") or words.ONCE.search(sentence) or words.TASK.match(sentence) or is_idle(sentence):
        return False
    return bool(words.LASTING.search(sentence)) or not (
        words.TRANSIENT.search(sentence) or words.AT_HAND.search(sentence)
    )
