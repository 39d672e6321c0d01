"""What one message says: corrections in two halves, orders to remember, commands before a commit, and what is no order."""

from __future__ import annotations

import pytest

from workbench.memory.mining.sentences import sentences
from workbench.memory.mining.statements import read


@pytest.mark.parametrize(
    "said",
    [
        "npm again?? pnpm please",
        "I'm allergic to npm. pnpm every time",
        "pnpm is our default. npm isn't.",
        "whenever you feel like npm, use pnpm instead",
        "schon wieder npm... bei uns läuft alles über pnpm",
        "otra vez npm? aquí solo pnpm",
    ],
)
def test_a_correction_in_two_halves_says_which_is_wanted(said: str) -> None:
    [statement] = [found for sentence in sentences(said) if (found := read(sentence))]
    assert ("pnpm" in statement.value, "npm" in statement.avoid) == (True, True), statement


@pytest.mark.parametrize(
    "said",
    [
        "my colleague says one should always use pnpm instead of npm",
        "What if we always used pnpm instead of npm",
        "maybe pnpm would be better than npm",
        "according to the docs you should always call close()",
        "users always complain about this screen",
        "the tests always fail on mondays",
        "the menu must always be open",
        "I never understood this function",
        "isso nunca funcionou",
        "der Export muss immer alle Zeilen enthalten",
    ],
)
def test_what_others_say_what_might_be_and_what_keeps_happening_are_no_order(said: str) -> None:
    assert [read(sentence) for sentence in sentences(said) if read(sentence)] == []


def test_an_order_to_remember_is_heard_wherever_it_stands() -> None:
    for said in (
        "so you don't ask again, remember: the billing dashboard is https://b.example.com/1",
        "https://b.example.com/1 <- billing dashboard, remember this pls",
        "the billing dashboard is https://b.example.com/1. don't forget it",
        "I always have to look it up so remember it for me: billing dashboard https://b.example.com/1",
    ):
        found = [statement for sentence in sentences(said) if (statement := read(sentence))]
        assert [(one.is_explicit, "https://b.example.com/1" in one.all) for one in found] == [(True, True)], said
    for said in ("do you remember the port?", "I can't remember the port, is it 5432?"):
        assert read(said) is None


def test_a_command_that_must_come_before_a_commit_is_wanted_however_many_negative_words_say_so() -> None:
    for said in (
        "never create a commit before `make lint` has succeeded",
        "don't commit unless `make lint` is green",
        "running `make lint` before a commit isn't optional",
        "kein commit bevor `make lint` grün ist",
    ):
        statement = read(said)
        assert statement is not None
        assert "make lint" in statement.value, said
    banned = read("never run `make lint` before a commit")
    assert banned is not None
    assert "make lint" in banned.avoid
