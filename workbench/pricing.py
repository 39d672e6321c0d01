"""What model requests cost at list price, state of autumn 2026, in exact fractions of a US dollar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from workbench.model_names import claude

OFFLINE_MODEL: Final = "offline"
_MILLION: Final = 1_000_000


@dataclass(frozen=True)
class Price:
    """List price in USD per million tokens."""

    input: Fraction
    output: Fraction
    cache_write_5m: Fraction
    cache_write_1h: Fraction
    cache_read: Fraction

    def times(self, factor: int) -> Price:
        return Price(
            self.input * factor,
            self.output * factor,
            self.cache_write_5m * factor,
            self.cache_write_1h * factor,
            self.cache_read * factor,
        )


def _price(input_usd: str, output_usd: str, *, read_share: str = "0.1") -> Price:
    # Cache writes cost 1.25 (five minutes) and 2 times (one hour) the input of every model.
    base = Fraction(input_usd)
    return Price(base, Fraction(output_usd), base * Fraction(5, 4), base * 2, base * Fraction(read_share))


_FREE: Final = _price("0", "0")

_OLDEST_FIRST: Final[dict[str, tuple[tuple[tuple[int, int], Price], ...]]] = {
    "opus": (
        ((3, 0), _price("15", "75")),
        ((4, 0), _price("15", "75")),
        ((4, 5), _price("5", "25")),
        ((5, 5), _price("4", "20", read_share="0.05")),
    ),
    "sonnet": (
        ((3, 0), _price("3", "15")),
        ((4, 0), _price("3", "15")),
        ((5, 0), _price("2", "10")),
        ((5, 5), _price("2", "10", read_share="0.05")),
    ),
    "haiku": (
        # The first one's cache had prices of its own.
        ((3, 0), Price(*map(Fraction, ("0.25", "1.25", "0.3", "0.5", "0.03")))),
        ((3, 5), _price("0.8", "4")),
        ((4, 5), _price("1", "5")),
        ((5, 5), _price("0.1", "0.5")),
    ),
    "fable": (((5, 0), _price("10", "50")), ((5, 1), _price("10", "50", read_share="0.025"))),
    "mythos": (((5, 0), _price("10", "50")), ((5, 1), _price("10", "50", read_share="0.025"))),
}
"""Per family: the version from which on a price holds."""

LONG_PROMPT_TOKENS: Final = 100_000
_LONG_PROMPT_FACTOR: Final = {("haiku", (5, 5)): 5}
_FAST_FACTOR: Final = {("opus", (5, 5)): 2}


@dataclass(frozen=True)
class Tariff:
    """What a model's requests cost: how many times its price a long prompt costs, and a fast answer, where there is one."""

    price: Price
    long_prompt: int = 1
    fast: int | None = None


def tariff(model: str) -> Tariff | None:
    """A model's prices; nothing for the offline model, None where no list price is known."""
    if model == OFFLINE_MODEL:
        return Tariff(_FREE, fast=1)
    known = claude(model)
    if known is None:
        return None
    family, version = known
    found: Price | None = None
    for since, listed in _OLDEST_FIRST.get(family, ()):
        found = listed if version >= since else found
    return Tariff(found, _LONG_PROMPT_FACTOR.get(known, 1), _FAST_FACTOR.get(known)) if found else None


def price(model: str, *, prompt_tokens: int = 0, fast: bool = False) -> Price | None:
    """The list price of one request; None where no list price is known."""
    return _listed(model, is_long=prompt_tokens > LONG_PROMPT_TOKENS, is_fast=fast)


@lru_cache(maxsize=256)
def _listed(model: str, *, is_long: bool, is_fast: bool) -> Price | None:
    """Kept: at each rest what all requests of a session cost is summed, and reading the price is a third of that."""
    found = tariff(model)
    if found is None or (factor := found.fast if is_fast else 1) is None:
        return None
    return found.price.times(factor * (found.long_prompt if is_long else 1))


def cost(model: str, usage: Mapping[str, object], *, hour_tokens: int = 0) -> Fraction | None:
    """What one request with this `model_usage` cost in USD; None where no list price is known.

    `hour_tokens` of the tokens written to the cache were written for an hour, the others for five minutes.
    """
    spent = {key: value for key, value in usage.items() if isinstance(value, int)}
    read, written = spent.get("cache_read_input_tokens", 0), spent.get("cache_creation_input_tokens", 0)
    fresh, answered = spent.get("input_tokens", 0), spent.get("output_tokens", 0)
    found = price(model, prompt_tokens=fresh + read + written, fast=usage.get("speed") == "fast")
    if found is None:
        return None if fresh + answered + read + written else Fraction(0)
    kept = found.cache_write_1h * hour_tokens + found.cache_write_5m * (written - hour_tokens)
    return (found.input * fresh + found.output * answered + kept + found.cache_read * read) / _MILLION


def total(costs: Iterable[Fraction | None]) -> Fraction | None:
    """The sum; None as soon as one part is unknown."""
    known = Fraction(0)
    for one in costs:
        if one is None:
            return None
        known += one
    return known


def decimal(usd: Fraction) -> str:
    """An amount to the last digit: prices have two of them, for a million tokens."""
    return f"{Decimal(usd.numerator) / Decimal(usd.denominator):f}"


def cents(usd: Fraction) -> dict[str, str]:
    """A wire amount: whole cents, halves rounded up."""
    return {"amount": str(int(usd * 100 + Fraction(1, 2))), "currency": "USD"}
