"""Questions to full text as they are typed: words, "phrases", prefixes*, -without, and filters such as `tool:bash` or `t:7d`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workbench.text.full_text.terms import EASTERN, composed, is_function_word, pairs

MOST_CHARACTERS: Final = 2_000
MOST_TERMS: Final = 40
FILTERS: Final = {"p": "project", "a": "agent", "s": "session", "tag": "tag", "tool": "tool", "by": "by", "t": "time"}
"""The keys of filters, and what each narrows."""
SENDERS: Final = ("user", "agent", "tool", "system")

_PART: Final = re.compile(r'-?"[^"]*"?|\S+')
_KEYED: Final = re.compile(rf"({'|'.join(FILTERS)}):(\S.*)")
_WORD: Final = re.compile(r"[^\W_]+(?:[-_./:@+#][^\W_]+)*\*?")
"""A name with marks inside, as a path or a host has them, is looked for as it stands."""
_AGE: Final = re.compile(r"([<>]?)(\d{1,6})([mhdw])")
_DAY: Final = re.compile(r"([<>])(\d{4}-\d\d-\d\d)")
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


class BadQuestion(ValueError):
    """A filter that says nothing that can be looked for; the text says what to write."""


@dataclass(frozen=True)
class Filters:
    """What narrows a question: texts that a session's project, agent or tags contain, a tool, a sender, and moments."""

    projects: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def of_records(self) -> bool:
        """Whether sessions are asked for by what only their records know."""
        return bool(self.projects or self.agents or self.tags)


@dataclass(frozen=True)
class Question:
    """What is looked for: terms in FTS5's syntax, any of which may stand in a text, those that must and must not, and filters."""

    terms: tuple[str, ...]
    needed: tuple[str, ...]
    excluded: tuple[str, ...]
    filters: Filters

    @property
    def has_words(self) -> bool:
        return bool(self.terms or self.needed)

    def expression(self, terms: Sequence[str] | None = None) -> str:
        """The question in FTS5's syntax, of all of its terms or of these."""
        wanted = " OR ".join(self.terms if terms is None else terms)
        parts = [f"({wanted})"] * bool(wanted) + list(self.needed)
        found = " AND ".join(parts)
        return f"({found}) NOT ({' OR '.join(self.excluded)})" if self.excluded else found


def read(text: str, now: datetime) -> Question:
    """The question that a person or an agent typed at this moment.

    Raises:
        BadQuestion: a filter that cannot be read.
    """
    words: list[str] = []
    needed: list[str] = []
    excluded: list[str] = []
    filters: dict[str, list[str]] = {}
    for part in _PART.findall(composed(text)[:MOST_CHARACTERS]):
        bare = part.lstrip("-")
        if keyed := _KEYED.fullmatch(part):
            filters.setdefault(FILTERS[keyed[1]], []).append(keyed[2].strip('"'))
        elif bare.startswith('"'):
            (excluded if part.startswith("-") else needed).extend(_phrase(bare))
        elif part.startswith("-") and (found := _terms(bare)):
            excluded.extend(found)
        else:
            words.extend(_WORD.findall(part))
    saying = [word for word in words if not is_function_word(word)] or words
    terms = [term for word in saying for term in _terms(word)]
    return Question(
        tuple(dict.fromkeys(terms))[:MOST_TERMS],
        tuple(dict.fromkeys(needed))[:MOST_TERMS],
        tuple(dict.fromkeys(excluded))[:MOST_TERMS],
        _filters(filters, now),
    )


def _terms(word: str) -> list[str]:
    """The terms of a word: itself, or the pairs of characters of an eastern run, each for itself."""
    found = []
    for part in _scripts(word):
        if EASTERN.fullmatch(part):
            found += [_quoted(pair) if len(pair) > 1 else f"{_quoted(pair)} *" for pair in pairs(part)]
        elif stem := part.rstrip("*").strip("-_./:@+#"):
            found.append(f"{_quoted(stem)} *" if part.endswith("*") else _quoted(stem))
    return found


def _phrase(quoted: str) -> list[str]:
    """The phrase as one term; nothing where no word stands in it."""
    parts = []
    for part in _scripts(quoted.strip('"')):
        parts += pairs(part) if EASTERN.fullmatch(part) else [part]
    phrase = " ".join(" ".join(parts).split())
    return [_quoted(phrase)] if re.search(r"[^\W_]", phrase) else []


def _scripts(text: str) -> list[str]:
    """The text in runs of eastern and of other characters."""
    return [part for part in re.split(f"({EASTERN.pattern})", text) if part]


def _quoted(term: str) -> str:
    return '"' + term.replace('"', "") + '"'


def _filters(given: dict[str, list[str]], now: datetime) -> Filters:
    since = until = None
    for wanted in given.get("time", ()):
        after, before = _moments(wanted, now)
        since, until = after or since, before or until
    for sender in given.get("by", ()):
        if sender not in SENDERS:
            raise BadQuestion(f"by:{sender}: write by:{', by:'.join(SENDERS)}.")
    return Filters(
        projects=tuple(given.get("project", ())),
        agents=tuple(given.get("agent", ())),
        tags=tuple(given.get("tag", ())),
        sessions=tuple(given.get("session", ())),
        tools=tuple(given.get("tool", ())),
        senders=tuple(given.get("by", ())),
        since=since,
        until=until,
    )


def _moments(wanted: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The moments after and before which a text must have been said: an age is younger or older, a day is before or after."""
    if age := _AGE.fullmatch(wanted):
        try:
            moment = now - int(age[2]) * _UNITS[age[3]]
        except OverflowError:
            raise BadQuestion(f"t:{wanted}: that is before there were dates.") from None
        return (None, moment) if age[1] == ">" else (moment, None)
    if day := _DAY.fullmatch(wanted):
        try:
            moment = datetime.fromisoformat(day[2]).replace(tzinfo=now.tzinfo)
        except ValueError:
            raise BadQuestion(f"t:{wanted}: there is no such day.") from None
        return (moment, None) if day[1] == ">" else (None, moment)
    raise BadQuestion(
        f"t:{wanted}: write an age, t:7d for the last seven days (m, h, d, w) and t:>7d for before, or a day, t:>2026-11-01."
    )
