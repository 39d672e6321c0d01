"""Relative dates as absolute ones, counted from the day on which they were said."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes",
            "tuesday dienstag mardi martes",
            "wednesday mittwoch mercredi miércoles",
            "thursday donnerstag jeudi jueves",
            "friday freitag vendredi viernes",
            "saturday samstag samedi sábado",
            "sunday sonntag dimanche domingo",
        )
    )
    for name in names.split()
}
_DAY: Final = "|".join(_WEEKDAYS)
_SHIFTS: Final = {
    "the day before yesterday|vorgestern|avant-hier|anteayer": -2,
    "yesterday|gestern|ayer": -1,
    "today|heute|aujourd'hui|hoy": 0,
    "the day after tomorrow|übermorgen|après-demain|pasado mañana": 2,
    "tomorrow|morgen(?! früh)|demain|mañana": 1,
    "last week|letzte woche|la semaine dernière|la semana pasada": -7,
    "next week|nächste woche|la semaine prochaine|la próxima semana": 7,
}
_UNITS: Final = {"day": 1, "tag": 1, "jour": 1, "día": 1, "week": 7, "woche": 7, "semaine": 7, "semana": 7}
_UNIT: Final = r"(?P<unit>days?|weeks?|tag(?:en|e)?|wochen?|jours?|semaines?|días?|semanas?)"

FramedSentence = Callable[[re.Match[str], date], date]


def _counted(sign: int) -> FramedSentence:
    def moved(match: re.Match[str], day: date) -> date:
        unit = next(days for name, days in _UNITS.items() if match["unit"].lower().startswith(name))
        return day + timedelta(days=sign * unit * int(match["count"]))

    return moved


def _weekday(sign: int) -> FramedSentence:
    def moved(match: re.Match[str], day: date) -> date:
        distance = (_WEEKDAYS[match["day"].lower()] - day.weekday()) % 7
        if sign > 0:
            return day + timedelta(days=distance or 7)
        return day - timedelta(days=(7 - distance) % 7 or 7)

    return moved


def _shifted(days: int) -> FramedSentence:
    return lambda _, day: day + timedelta(days=days)


_RULES: Final[list[tuple[re.Pattern[str], FramedSentence]]] = [
    *((re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), _shifted(days)) for words, days in _SHIFTS.items()),
    (re.compile(rf"\b(?P<count>\d{{1,3}}) {_UNIT} ago\b", re.IGNORECASE), _counted(-1)),
    (re.compile(rf"\b(?:vor|il y a|hace) (?P<count>\d{{1,3}}) {_UNIT}\b", re.IGNORECASE), _counted(-1)),
    (re.compile(rf"\b(?:in|dans|en) (?P<count>\d{{1,3}}) {_UNIT}\b", re.IGNORECASE), _counted(1)),
    (re.compile(rf"\b(?:last|letzten|am letzten|el pasado) (?P<day>{_DAY})\b", re.IGNORECASE), _weekday(-1)),
    (re.compile(rf"\b(?P<day>{_DAY}) (?:dernier|pasado)\b", re.IGNORECASE), _weekday(-1)),
    (re.compile(rf"\b(?:next|nächsten|am nächsten|el próximo) (?P<day>{_DAY})\b", re.IGNORECASE), _weekday(1)),
    (re.compile(rf"\b(?P<day>{_DAY}) (?:prochain|próximo)\b", re.IGNORECASE), _weekday(1)),
]


_HIER: Final = re.compile(r"(?<!\w)hier(?!\w)", re.IGNORECASE)
_FRENCH: Final = re.compile(r"\b(?:le|la|les|on|nous|je|tu|est|était|avons|sur|avec|dans)\b|\bj'ai\b", re.IGNORECASE)


def absolute(text: str, said_on: date) -> str:
    """The text with every relative date as 2026-01-31."""
    if _FRENCH.search(text):
        # In German the same word means here.
        text = _HIER.sub((said_on - timedelta(days=1)).isoformat(), text)
    for pattern, moved in _RULES:
        text = pattern.sub(lambda match, moved=moved: moved(match, said_on).isoformat(), text)  # type: ignore[misc]
    return text
