"""List prices and usage snapshots, exact to the fraction of a cent."""

from __future__ import annotations

from fractions import Fraction

import pytest

from workbench import pricing
from workbench.brain import usage
from workbench.brain.fact_fold import NotedFacts
from workbench.contracts.values import Entry, Json
from workbench.events import Event, new_id, now, parse, timestamp

MILLION = 1_000_000
SESSION = "sesn_01AAAAAAAAAAAAAAAAAAAAAA"
KINDS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def request_end(request_id: str, used: dict[str, int]) -> Event:
    body: Json = {"id": new_id("sevt"), "processed_at": timestamp(now()), "type": "span.model_request_end"}
    counts = {**dict.fromkeys(KINDS, 0), **used}
    return parse(body | {"is_error": False, "model_request_start_id": request_id, "model_usage": counts})


def spent(**tokens: int) -> Json:
    return {f"{name}_tokens": count for name, count in tokens.items()}


@pytest.mark.parametrize(
    ("model", "usd"),
    [
        ("claude-opus-5-5", "24"),
        ("claude-opus-4-5-20251101", "30"),
        ("claude-opus-4-20250514", "90"),
        ("claude-sonnet-5", "12"),
        ("claude-sonnet-4-6", "18"),
        ("claude-haiku-4-5", "6"),
        ("claude-fable-5-2", "60"),
        ("anthropic.claude-mythos-5-1", "60"),
        ("offline", "0"),
    ],
)
def test_a_million_tokens_in_and_out_cost_the_list_price(model: str, usd: str) -> None:
    assert pricing.cost(model, spent(input=MILLION, output=MILLION)) == Fraction(usd)


def test_cache_writes_cost_more_and_reads_less_than_input() -> None:
    assert pricing.cost("claude-sonnet-5", spent(cache_creation_input=MILLION)) == Fraction("2.5")
    assert pricing.cost("claude-sonnet-5", spent(cache_read_input=MILLION)) == Fraction("0.2")
    assert pricing.cost("claude-sonnet-5-5", spent(cache_read_input=MILLION)) == Fraction("0.1")


def test_what_is_cached_for_an_hour_costs_twice_the_input() -> None:
    written = spent(cache_creation_input=MILLION)
    assert pricing.cost("claude-sonnet-5", written, hour_tokens=MILLION) == Fraction(4)
    assert pricing.cost("claude-sonnet-5", written, hour_tokens=MILLION // 2) == Fraction("3.25")


def test_a_long_prompt_of_haiku_is_dearer_in_every_part() -> None:
    short = pricing.cost("claude-haiku-5-5", spent(input=100_000, output=1_000))
    long = pricing.cost("claude-haiku-5-5", spent(input=100_001, output=1_000))
    assert (short, long) == (Fraction("0.0105"), Fraction("0.0525005"))


def test_a_model_without_a_list_price_has_no_cost_unless_it_did_nothing() -> None:
    assert pricing.cost("qwen3", spent(input=5)) is None
    assert pricing.cost("qwen3", spent(input=0)) == 0
    assert pricing.cost("claude-sonnet-5", {**spent(input=5), "speed": "fast"}) is None
    assert pricing.cost("claude-opus-5-5", {**spent(input=MILLION), "speed": "fast"}) == 8
    assert pricing.total([Fraction(1), None]) is None


def test_amounts_are_whole_cents_and_sums_are_exact() -> None:
    assert pricing.cents(Fraction("0.005")) == {"amount": "1", "currency": "USD"}
    assert pricing.cents(Fraction("0.00499")) == {"amount": "0", "currency": "USD"}
    assert pricing.cents(Fraction("25")) == {"amount": "2500", "currency": "USD"}


def test_a_cap_is_reached_at_the_cent_and_by_what_cannot_be_priced() -> None:
    cap: Json = {"type": "limit", "max_list_cost": {"amount": "50", "currency": "USD"}}
    assert not usage.is_over_budget(cap, Fraction("0.4999"))
    assert usage.is_over_budget(cap, Fraction("0.50"))
    assert usage.is_over_budget(cap, None)
    assert not usage.is_over_budget(None, None)


@pytest.mark.parametrize("copied_through", [0, 9])
def test_what_is_added_up_as_it_comes_is_what_the_whole_log_says(copied_through: int) -> None:
    models = ("claude-sonnet-5", "claude-haiku-4-5", "offline")
    entries = [
        Entry(seq, SESSION, seq, request_end(f"sevt_{seq}", {"input_tokens": seq, "output_tokens": 7}))
        for seq in range(1, 31)
    ]
    notes = NotedFacts(models={f"sevt_{seq}": models[seq % 3] for seq in range(1, 31)}, hour_tokens={"sevt_4": 2})
    fold = usage.UsageFold(copied_through)
    for count in (0, 1, 1, 8, 20, 30):
        fold = fold.after(entries[:count], notes)
        whole = usage.UsageFold(copied_through).after(entries[:count], notes)
        assert (fold.used(notes), fold.own) == (whole.used(notes), whole.own)
        assert fold.cost == usage.list_cost(entries[:count], notes)
        assert fold.own == usage.list_cost(entries[:count][copied_through:], notes)


def test_a_cost_that_is_told_later_counts_at_the_next_look() -> None:
    entries = [Entry(1, SESSION, 1, request_end("sevt_1", {"input_tokens": 5}))]
    fold = usage.UsageFold().after(entries, NotedFacts(models={"sevt_1": "unknown"}))
    assert fold.cost is None
    told = NotedFacts(models={"sevt_1": "unknown"}, told_costs={"sevt_1": Fraction("0.25")})
    assert fold.after(entries, told).cost == Fraction("0.25")
