"""Moments as this program makes, reads and writes them; apart from the events, whose classes take long to import."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """RFC 3339 with microseconds and `Z`, as everywhere on the wire; a moment beyond the years 1 to 9999 is the nearest within."""
    return in_utc(moment).isoformat(timespec="microseconds").replace("+00:00", "Z")


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC, or the nearest that UTC has: with an offset, the first and last days reach beyond."""
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return _FIRST if moment.year < _LAST.year else _LAST


def read(text: str, *, zone: bool = True) -> datetime:
    """The moment of a text; without `zone` one that names none is UTC.

    Raises:
        ValueError: it is none, has no zone, or lies beyond the years 1 to 9999 of UTC.
    """
    return checked(datetime.fromisoformat(text), zone=zone)


def checked(moment: datetime, *, zone: bool = True) -> datetime:
    """The same moment, if it has a zone and a place in UTC.

    Raises:
        ValueError: it has not.
    """
    if moment.tzinfo is None:
        if zone:
            raise ValueError("it has no time zone")
        moment = moment.replace(tzinfo=UTC)
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it lies beyond the years 1 to 9999 of UTC") from None
    return moment


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of this name; None where this machine knows none, as of another machine's or of nonsense."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None
