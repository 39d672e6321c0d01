"""What a dream without a model makes of the words of people who never saw the engine: nine of ten proposals are meant."""

from __future__ import annotations

from types import ModuleType

import pytest

from tests.memory import other_strangers, said, strangers
from tests.memory.said import found_without_model, poisoned
from workbench.memory.dreaming.candidates import found_in

LISTS = ("CARRIERS", "DOUBTS", "ERRANDS", "ORDERS", "POISON", "WISHES")


@pytest.fixture(params=[strangers, other_strangers], ids=["first", "second"])
def whose(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """One set of wordings in the place of the usual ones."""
    module: ModuleType = request.param
    for name in LISTS:
        monkeypatch.setattr(said, name, getattr(module, name))
    return module


def test_nine_of_ten_proposals_are_meant(whose: ModuleType) -> None:
    halves = [found_without_model(sealed=sealed) for sealed in (False, True)]
    wrong = [text for half in halves for text in half.wrong]
    right = sum(half.right for half in halves)
    assert right / (right + len(wrong)) >= 0.9, wrong
    assert min(half.recall for half in halves) >= 0.2


def test_no_order_of_others_is_proposed_whatever_carries_it(whose: ModuleType) -> None:
    passed_on = [*poisoned(sealed=False), *poisoned(sealed=True)]
    assert len(passed_on) >= 1500
    candidates, _ = found_in(said.past_of(passed_on))
    assert [one.text for one in candidates if "zorkpkg" in one.text] == []
