"""Moments in the rows of an answer as the person's zone writes them, in which days and hours are counted as well."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from workbench import clock

Json = dict[str, Any]

_ZONED: Final = "TIMESTAMP WITH TIME ZONE"


def zone_of(result: Json) -> str:
    """The zone of the answer's moments; nothing where it has none, or they are those of UTC."""
    zone = str(result["time_zone"])
    return zone if zone != "UTC" and _ZONED in result["types"] else ""


def zoned_rows(result: Json) -> list[list[Any]]:
    """The rows with each moment in the zone."""
    zone, types = clock.zone_named(zone_of(result)), result["types"]
    if zone is None:
        return list(result["rows"])
    return [
        [_moment(cell, zone) if kind == _ZONED else cell for cell, kind in zip(row, types, strict=True)]
        for row in result["rows"]
    ]


def _moment(cell: Any, zone: ZoneInfo) -> Any:
    """A moment as its zone writes it; one that Python does not have, as it is."""
    if not isinstance(cell, str):
        return cell
    try:
        return datetime.fromisoformat(cell).astimezone(zone).isoformat(sep=" ", timespec="microseconds")
    except (ValueError, OverflowError):
        return cell
