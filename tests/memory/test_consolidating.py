"""A model's wording of a line is taken only where it says the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from workbench.memory.dreaming.consolidating import consolidated
from workbench.memory.dreaming.proposals import Proposal
from workbench.memory.mining.evidence import Evidence


def _worded(text: str, wording: str) -> tuple[str, bool]:
    """What comes of a proposal that a person ordered when a model words it so."""
    place = Evidence("sesn_1", 1, "sevt_1", datetime(2026, 1, 2, tzinfo=UTC), "user", text, is_order=True)
    line = Proposal(
        "prop_1", "add", "/conventions.md", (), text, "convention", (place,), "high", is_personal=False, is_ordered=True
    )
    [found], _ = consolidated([line], [line], json.dumps({"text": wording, "from": ["prop_1"]}, ensure_ascii=False))
    return found.text, found.is_ordered


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("Use pnpm, not npm.", "Use npm, not pnpm."),
        ("Use pnpm instead of npm.", "Use npm instead of pnpm."),
        ("Prefer uv over pip.", "Prefer pip over uv."),
        ("Never use make, use just.", "Use make, never use just."),
        ("Always run `make lint`.", "Never run `make lint`."),
        ("Never push to main.", "Push to main."),
        ("Never push to main.", "Always push to main."),
        ("Run the tests with pytest.", "Don't run the tests with pytest."),
        ("Run the tests with pytest.", "Don’t run the tests with pytest."),
        ("Run the tests with pytest.", "Refrain from running the tests with pytest."),
        ("Kein npm verwenden.", "npm verwenden."),
        ("Ne lance pas make.", "Lance make."),
        ("The port is 5432.", "The port is no longer 5432."),
    ],
)
def test_a_wording_that_turns_a_line_round_leaves_it_as_it_was(text: str, wording: str) -> None:
    assert _worded(text, wording) == (text, True)


def test_another_wording_is_taken_and_is_no_longer_what_the_person_ordered() -> None:
    assert _worded("The api is at https://a.example/x.", "The API is at https://a.example/x.") == (
        "The API is at https://a.example/x.",
        False,
    )
