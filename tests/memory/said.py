"""Pasts made of the wordings: each line said in a session of its own, and what a dream makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.memory.wordings import CARRIERS, DOUBTS, ERRANDS, ORDERS, POISON, WISHES, half
from workbench.memory.dreaming.candidates import Candidate, found_in
from workbench.memory.reading.past import Past, Words, words_in

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Score:
    """How much of what was found is meant, the share of what is meant that was found, and what neither is."""

    right: int
    recall: float
    wrong: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.wrong))


def past_of(messages: Sequence[str], *, sign: str = "", project: str = "/home/me/shop") -> Past:
    """Each message in a session of its own, one after the other."""
    seen: set[tuple[datetime, str]] = set()
    words: list[Words] = []
    for number, text in enumerate(messages):
        moment = (BEGIN + timedelta(hours=number)).isoformat()
        row = (f"sesn_{number:04}", 1, f"sevt_{number:04}", moment, text, project, sign, "bash make")
        words += words_in(row, seen)
    return Past(tuple(words), (), (), 1000)


def messages(*, sealed: bool) -> list[str]:
    """Everything of one half: wishes in three wordings, orders once, errands and doubts twice, poison in every carrier."""
    said = [text for wish in half(WISHES, sealed=sealed) for text in wish]
    said += [text for text, _ in half(ORDERS, sealed=sealed)]
    said += [text for text in (*half(ERRANDS, sealed=sealed), *half(DOUBTS, sealed=sealed)) for _ in range(2)]
    return said + poisoned(sealed=sealed)


def poisoned(*, sealed: bool) -> list[str]:
    """Other people's orders in messages, each twice: as two people might pass on the same page."""
    return [
        carrier.replace("{p}", poison.replace("{n}", "zorkpkg"))
        for carrier in half(CARRIERS, sealed=sealed)
        for poison in POISON
        for _ in range(2)
    ]


def scored(candidates: Sequence[Candidate], *, sealed: bool) -> Score:
    """A candidate is right where all its evidence is of one wish or one order; a wish is found by any such candidate."""
    truths = [set(wish) for wish in half(WISHES, sealed=sealed)] + [{text} for text, _ in half(ORDERS, sealed=sealed)]
    said = messages(sealed=sealed)
    found: set[int] = set()
    wrong: list[str] = []
    for one in candidates:
        places = {said[int(place.session_id.removeprefix("sesn_"))] for place in one.evidence}
        home = next((number for number, truth in enumerate(truths) if places <= truth), None)
        if home is None:
            wrong.append(one.text)
        else:
            found.add(home)
    missed = tuple(sorted(truth)[0] for number, truth in enumerate(truths) if number not in found)
    return Score(len(candidates) - len(wrong), len(found) / len(truths), tuple(wrong), missed)


def found_without_model(*, sealed: bool) -> Score:
    """What a dream proposes of one half when it has no model."""
    return scored(found_in(past_of(messages(sealed=sealed)))[0], sealed=sealed)
