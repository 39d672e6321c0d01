"""List prices of models of all years, under the names that vendors give them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from workbench.model_names import output_limit
from workbench.pricing import cost


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("claude-3-5-sonnet-20241022", "3"),
        ("claude-3-7-sonnet-20250219", "3"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "3"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "3"),
        ("claude-3-5-sonnet-v2@20241022", "3"),
        ("anthropic/claude-3.5-sonnet", "3"),
        ("claude-opus-4-1@20250805", "15"),
        ("claude-3-opus-20240229", "15"),
        ("claude-3-haiku-20240307", "0.25"),
        ("claude-3-5-haiku-20241022", "0.8"),
        ("anthropic/claude-sonnet-4.5", "3"),
        ("claude-sonnet-4-5-20250929[1m]", "3"),
    ],
)
def test_a_million_tokens_cost_what_the_list_of_the_models_year_says(model: str, usd: str) -> None:
    assert cost(model, {"input_tokens": 1_000_000}) == Fraction(usd)


def test_a_model_of_an_earlier_year_is_asked_for_no_more_than_it_gives() -> None:
    assert [output_limit(model) for model in ("claude-3-5-haiku-20241022", "claude-sonnet-4-5")] == [8_192, 64_000]
