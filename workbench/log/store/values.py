"""Arrow values as JSON values: moments as RFC 3339, decimals and intervals as text, bytes in hexadecimal."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pyarrow

from workbench import events

_LARGEST_EXACT = 2**53


def json_rows(batch: pyarrow.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch."""
    return zip(*(_column(column) for column in batch.columns), strict=True)


def _column(column: pyarrow.Array) -> list[Any]:
    try:
        return [_value(value) for value in column.to_pylist()]
    except (ValueError, OverflowError):
        # Nanoseconds and moments far away are none of Python's.
        return list(column.cast(pyarrow.string()).to_pylist())


def _value(value: Any) -> Any:  # noqa: PLR0911 - one return a kind
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _LARGEST_EXACT else str(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) <= _LARGEST_EXACT else str(value)
        case datetime():
            return events.timestamp(value) if value.tzinfo else value.isoformat()
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case pyarrow.MonthDayNano():
            return _interval(value)
        case dict():
            return {str(key): _value(part) for key, part in value.items()}
        case list() | tuple():
            return [_value(part) for part in value]
    return str(value)


def _interval(value: Any) -> str:
    seconds = value.nanoseconds / 1_000_000_000
    return " ".join(
        part
        for part in (
            f"{value.months} months" if value.months else "",
            f"{value.days} days" if value.days else "",
            f"{seconds:g} s" if seconds or not (value.months or value.days) else "",
        )
        if part
    )
