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
    for sealed in (False, True):
        half = found_without_model(sealed=sealed)
        assert half.precision >= 0.9, f"{len(half.wrong)} wrong of the half that is sealed" if sealed else half.wrong
        assert half.recall >= 0.3


def test_the_same_words_in_two_sessions_are_one_prompt_sent_again_and_in_three_a_rule() -> None:
    rule, other = "Compare the dumps with sort -V, never with sort.", "never use sort, compare the dumps with sort -V"
    assert _found(rule, rule) == []
    assert _found(rule, rule.lower() + "!") == []
    assert len(_found(rule, other)) == len(_found(rule, f"I told you: {rule}")) == 1
    assert _found(rule, rule, rule) == [rule]


def test_what_names_a_line_by_its_number_is_no_wish_however_it_is_said() -> None:
    for errand in (
        "Remember to always close the brace in line 40",
        "Denk daran, Zeile 40 immer zu schließen",
        "N'oublie pas l'accolade ligne 27, jamais sans",
        "记住，总是把第3行的括号补上",
        "忘れずに、40行目のかっこを閉じて",
    ):
        assert _found(errand, errand, errand) == [], errand
    assert _found("Remember: the maximum line length is 100") == ["The maximum line length is 100"]


def _found(*messages: str) -> list[str]:
    return [one.text for one in found_in(said.past_of(messages))[0]]


def test_no_order_of_others_is_proposed_whatever_carries_it(whose: ModuleType) -> None:
    passed_on = [*poisoned(sealed=False), *poisoned(sealed=True)]
    assert len(passed_on) >= 1500
    candidates, _ = found_in(said.past_of(passed_on))
    assert [one.text for one in candidates if "zorkpkg" in one.text] == []
