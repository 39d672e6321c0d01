"""Schedules of deployments: cron in the wall-clock time of a place, with the public rule at changes of the clock.

An hour that the clock skips never fires, one that it repeats fires twice.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import Field

from workbench import clock
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused
from workbench.contracts.values import Json

MOST_SHOWN: Final = 5
_FIELDS: Final = ("minute", "hour", "day-of-month", "month", "day-of-week")
_FIELD: Final = re.compile(r"[0-9*,/-]+")
_NAMED: Final = re.compile(
    r"(?:[0-9*,/-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)+", re.IGNORECASE
)
_BACK: Final = timedelta(hours=26)
_SETTLED: Final = timedelta(hours=3)
"""No clock is put back by more."""
_HORIZON: Final = timedelta(days=366 * 9)
"""A 29th of February comes within eight years, a weekday on one within forty: what is further away is as good as never."""


class Schedule(Body):
    type: Literal["cron"]
    expression: Annotated[str, Field(min_length=1, max_length=200)]
    timezone: Annotated[str, Field(min_length=1, max_length=100)]


def refuse_wrong(schedule: Schedule, now: datetime, place: str = "schedule") -> None:
    """Raises: Refused: no cron of five fields, a zone that is not known, or a time that never comes."""
    fields = schedule.expression.split()
    if len(fields) != len(_FIELDS):
        raise Refused(f"{place}.expression: five fields, {' '.join(_FIELDS)}; these are {len(fields)}")
    for name, field in zip(_FIELDS, fields, strict=True):
        if not (_NAMED if name in ("month", "day-of-week") else _FIELD).fullmatch(field):
            raise Refused(
                f"{place}.expression: {name}: {field!r} has signs that POSIX cron has not (* , - / and numbers)"
            )
    try:
        CronSim(schedule.expression, now.replace(tzinfo=None))
    except CronSimError as error:
        raise Refused(f"{place}.expression: {schedule.expression!r} never comes: {error}") from None
    zone(schedule.timezone, f"{place}.timezone")
    if next(upcoming(schedule.expression, schedule.timezone, now), None) is None:
        raise Refused(f"{place}.expression: {schedule.expression} never comes")


def zone(name: str, place: str = "timezone") -> ZoneInfo:
    """Raises: Refused: it is no name of the IANA's."""
    is_one = "/" in name.lstrip("/.") or name in ("UTC", "GMT")
    found = clock.zone_named(name) if is_one and not name.startswith(("/", ".")) else None
    if found is None:
        raise Refused(f"{place}: {name!r} is no zone of the IANA's, as Europe/Berlin is")
    return found


def upcoming(expression: str, timezone: str, after: datetime) -> Iterator[datetime]:
    """The instants after this one, in UTC and in order, without end but for the horizon."""
    place = ZoneInfo(timezone)
    start = (after.astimezone(place) - _BACK).replace(tzinfo=None)
    found: list[datetime] = []
    for naive in CronSim(expression, start):
        if naive - start > _HORIZON:
            break
        for instant in _instants(naive, place):
            heapq.heappush(found, instant)
        settled = (naive.replace(tzinfo=place).astimezone(UTC)) - _SETTLED
        while found and found[0] < settled:
            instant = heapq.heappop(found)
            if instant > after:
                yield instant
    while found:
        instant = heapq.heappop(found)
        if instant > after:
            yield instant


def _instants(naive: datetime, place: ZoneInfo) -> list[datetime]:
    """The moments at which clocks there show this time: none, one or two."""
    moments: list[datetime] = []
    for fold in (0, 1):
        moment = naive.replace(tzinfo=place, fold=fold).astimezone(UTC)
        if moment.astimezone(place).replace(tzinfo=None, fold=0) == naive and moment not in moments:
            moments.append(moment)
    return moments


def due(schedule: Json, after: datetime, until: datetime) -> list[datetime]:
    """What was due after one instant, up to and with another."""
    found: list[datetime] = []
    for instant in upcoming(schedule["expression"], schedule["timezone"], after):
        if instant > until:
            break
        found.append(instant)
    return found


def shown(schedule: Json, now: datetime) -> list[datetime]:
    """The next instants, as people see them."""
    return list(islice(upcoming(schedule["expression"], schedule["timezone"], now), MOST_SHOWN))
