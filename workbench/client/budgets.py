"""Amounts in dollars as people write them, and as the wire has them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any


def budget(dollars: str) -> dict[str, Any] | None:
    """The wire object of a budget in dollars; `none` is none.

    Raises:
        ValueError: it is no amount above zero in whole cents; the text says what to write.
    """
    if dollars == "none":
        return None
    try:
        # Decimal takes the digits of every script, and underscores between them.
        plain = dollars.removeprefix("$")
        cents = Decimal(plain if plain.isascii() and "_" not in plain else "") * 100
    except InvalidOperation:
        cents = Decimal(0)
    if not cents.is_finite() or cents <= 0 or cents != cents.to_integral_value():
        raise ValueError(f"{dollars!r} is no amount in dollars; write 5, 0.50 or none")
    return {"type": "limit", "max_list_cost": {"amount": str(int(cents)), "currency": "USD"}}
