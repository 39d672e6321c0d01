"""What may become a line of memory: what people ordered to remember, what they said again, and what mended what. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final

from workbench.memory.dreaming.statements import is_near, is_said, says_same, supersedes
from workbench.memory.reading import commands
from workbench.memory.reading.commands import Shown
from workbench.memory.reading.evidence import Evidence
from workbench.memory.reading.language import words_of
from workbench.memory.reading.past import Past, Words
from workbench.memory.reading.sentences import Sentence
from workbench.text.secrets import holds_secret

_PERSONAL: Final = re.compile(r"\b[\w.+-]+@[\w-]+\.\w{2,}|\+?\d[\d ()/-]{8,}\d")
_FACT: Final = re.compile(r"\d{2,}|://|\b[\w-]+\.[a-z]{2,}\b|/[\w.-]+/")
MOST_COMPARED: Final = 2_000
"""So many sentences are compared with each other: the newest."""


@dataclass(frozen=True)
class Candidate:
    """Something that may become a line; `id` is the same as long as it says the same.

    `kind` is convention, fact, or one of commands. `projects` are where it was said. `is_ordered`: a person typed this very text as an
    order to remember. `is_verified`: a model worded it, and the verifier passed it.
    """

    id: str
    kind: str
    text: str
    evidence: tuple[Evidence, ...]
    projects: frozenset[str]
    is_ordered: bool = False
    is_verified: bool = False
    old: tuple[str, ...] = ()
    """Lines that it is to take the place of, as a model named them."""

    @cached_property
    def sentence(self) -> Sentence:
        return Sentence(self.text)

    @property
    def is_said(self) -> bool:
        """Whether somebody said it, and not commands showed it."""
        return self.kind not in commands.KINDS

    @property
    def sessions(self) -> int:
        return len({place.session_id for place in self.evidence})

    @property
    def last_at(self) -> datetime:
        return max(place.said_at for place in self.evidence)

    @property
    def is_personal(self) -> bool:
        return bool(_PERSONAL.search(self.text))

    @property
    def confidence(self) -> str:
        return "high" if self.is_ordered or self.sessions > 2 else "medium"


def found_in(past: Past) -> tuple[list[Candidate], int]:
    """What needs no model: explicit orders, near repetitions as they were said, what commands showed; and how many look like secrets."""
    able = [one for one in past.words if one.sentence.is_candidate and not one.sentence.is_task][-MOST_COMPARED:]
    found = [*newest_of(_said(able)), *map(_shown, past.shown)]
    clean = [one for one in found if not any(map(holds_secret, (one.text, *(place.quote for place in one.evidence))))]
    return clean, len(found) - len(clean)


def _said(able: Sequence[Words]) -> Iterator[Candidate]:
    groups: list[list[Words]] = []
    for one in able:
        homes = (group for group in groups if any(is_near(one.sentence, known.sentence) for known in group))
        if (home := next(homes, None)) is None:
            groups.append(home := [])
        home.append(one)
    for group in groups:
        is_ordered = any(one.sentence.is_order for one in group)
        # Without a model, what was said again must say itself that it lasts, or correct the agent.
        lasts = any(one.sentence.is_lasting or one.sign for one in group)
        if is_ordered or (lasts and _is_again(group)):
            yield candidate_of(_plainest(group).text, group)


def _is_again(group: Sequence[Words]) -> bool:
    """Whether it was said in two sessions, in other words, or in three: the same words once more are one prompt sent again."""
    sessions = {one.place.session_id for one in group}
    wordings = {" ".join(words_of(one.place.quote)) or one.place.quote for one in group}
    return len(sessions) > (1 if len(wordings) > 1 or any(one.sign for one in group) else 2)


def _plainest(group: Sequence[Words]) -> Sentence:
    """The order, if there is one, else the newest of the sentences that say themselves that they last."""
    ordered = [one.sentence for one in group if one.sentence.is_order]
    lasting = [one.sentence for one in group if one.sentence.is_lasting]
    return (ordered or lasting or [one.sentence for one in group])[-1]


def candidate_of(
    text: str, evidence: Sequence[Words], *, kind: str = "", is_verified: bool = False, old: tuple[str, ...] = ()
) -> Candidate:
    """The candidate that these sentences carry."""
    text = " ".join(text.split())
    sentence = Sentence(text)
    return Candidate(
        id=id_of("cand", "said", *sorted({word[:6] for word in sentence.content}), str(sentence.negations)),
        kind=kind or ("fact" if _FACT.search(text) and not sentence.negations else "convention"),
        text=text,
        evidence=tuple(one.place for one in evidence),
        projects=frozenset(one.project for one in evidence if one.project),
        is_ordered=any(one.place.is_order and says_same(one.sentence, sentence) for one in evidence),
        is_verified=is_verified,
        old=old,
    )


def _shown(one: Shown) -> Candidate:
    return Candidate(id_of("cand", "ran", *one.commands), one.kind, one.text, one.evidence, frozenset())


def newest_of(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One line a subject: what a later one makes wrong is left out, and those that say the same are one."""
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda candidate: (candidate.last_at, candidate.text)):
        said = [other for other in kept if one.is_said and other.is_said]
        same = next((other for other in said if is_said(one.sentence, other.sentence)), None)
        if same is not None:
            kept[kept.index(same)] = _joined(same, one)
            continue
        gone = [other for other in said if supersedes(one.sentence, other.sentence)]
        kept = [*(other for other in kept if other not in gone), one]
    return kept


def _joined(one: Candidate, other: Candidate) -> Candidate:
    """One of two that say the same, with the evidence of both; as the person ordered it, if one of them did."""
    kept = one if one.is_ordered or not other.is_ordered else other
    places = {place.key: place for place in (*one.evidence, *other.evidence)}
    return replace(
        kept,
        evidence=tuple(sorted(places.values(), key=lambda place: (place.said_at, place.key))),
        projects=one.projects | other.projects,
        is_verified=one.is_verified or other.is_verified,
        old=(*one.old, *other.old),
    )


def id_of(kind: str, *parts: str) -> str:
    """The id of what is made of these texts alone."""
    return f"{kind}_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
