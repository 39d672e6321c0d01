"""Mines the log without a model: SQL fetches what users said, what tools did and what gives orders, rules make candidates of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from workbench.contracts.questions import QueryLimits, Questions
from workbench.contracts.values import Json
from workbench.memory.mining.beliefs import FramedSentence, beliefs_of
from workbench.memory.mining.dates import absolute
from workbench.memory.mining.evidence import QUOTE_LENGTH, Evidence
from workbench.memory.mining.fixes import Ran, lessons_of
from workbench.memory.mining.injection_cues import INJECTION, INJECTION_ANYWHERE, ORDERS, SUSPICIOUS
from workbench.memory.mining.own_words import is_all_own
from workbench.memory.mining.paraphrases import common_words, echoed, talk_of, without_asides
from workbench.memory.mining.sentences import sentences
from workbench.memory.mining.statement import Statement
from workbench.memory.mining.statements import read
from workbench.memory.mining.wrappers import EXPLICIT
from workbench.memory.stores.secrets import holds_secret

LIMITS: Final = QueryLimits(rows=500_000, seconds=120)
SESSIONS_AT_ONCE: Final = 10
"""Of so many sessions the rows of one query stay far below what a result may hold."""
MOST_QUARANTINED: Final = 2_000

_SAID: Final = """
SELECT m.session_id, m.seq, m.event_id, left(m.text, 20000), m.processed_at FROM messages AS m JOIN sessions AS s USING (session_id)
WHERE m.sender = 'user' AND coalesce(s.agent_id, '') <> 'agent_dream' AND m.session_id IN ({ids}) ORDER BY m.session_id, m.seq
"""
_RAN: Final = """
SELECT session_id, seq, tool_use_id, lower(tool), coalesce(json_extract_string(input, '$.command'), ''), is_error, started_at
FROM tool_calls WHERE lower(tool) IN ('bash', 'write', 'edit') AND is_error IS NOT NULL AND session_id IN ({ids})
ORDER BY session_id, seq
"""
_HEARD: Final = """
SELECT session_id, seq, id, type, processed_at, CAST(body AS VARCHAR) FROM events
WHERE type IN ('agent.message', 'agent.tool_result', 'agent.mcp_tool_result', 'user.tool_result', 'user.custom_tool_result',
               'agent.thread_message_received', 'agent.thread_message_sent')
AND session_id IN ({ids}) AND length(CAST(body AS VARCHAR)) < 2000000
AND regexp_matches(CAST(body AS VARCHAR), '(?i){pattern}') ORDER BY session_id, seq
"""
_SIZE: Final = "SELECT coalesce(sum(length(CAST(body AS VARCHAR))), 0) FROM events WHERE session_id IN ({ids})"
_ASKS: Final = re.compile("[?？]")
_SESSION_ID: Final = re.compile(r"[\w-]+")
_PERSONAL: Final = re.compile(
    r"\b[\w.+-]+@[\w-]+\.\w{2,}|\+?\d[\d ()/-]{8,}\d|\b(?:birthday|wife|husband|kids?|doctor|salary|religion|pregnan\w*|"
    r"geburtstag|frau|mann|kinder|arzt|gehalt|anniversaire|femme|mari|enfants|médecin|salaire|cumpleaños|esposa|marido|hijos|"
    r"sueldo)\b|^[A-Z][a-z]+ (?:prefers|likes|hates|mag|préfère|prefiere)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Candidate:
    """Something that may become a line of memory; `id` is the same as long as it says the same."""

    id: str
    kind: str
    text: str
    evidence: tuple[Evidence, ...]
    confidence: str
    is_personal: bool
    statement: Statement | None = None
    is_ordered: bool = False
    """A person typed this very text as an order to remember."""

    @property
    def sessions(self) -> int:
        return len({place.session_id for place in self.evidence})

    @property
    def last_at(self) -> datetime:
        return max(place.said_at for place in self.evidence)


@dataclass(frozen=True)
class Quarantined:
    """An order that no user gave: shown, and proposed nowhere."""

    place: Evidence

    def wire(self) -> Json:
        return self.place.wire()


@dataclass(frozen=True)
class Mined:
    """What the log shows; `left_out` counts what looked like a secret, `characters` is the size of what was read."""

    candidates: tuple[Candidate, ...]
    quarantined: tuple[Quarantined, ...]
    left_out: int
    characters: int


async def mine(questions: Questions, session_ids: Sequence[str]) -> Mined:
    """Candidates and quarantined orders of these sessions, in an order that does not depend on that of the ids."""
    said: list[Evidence] = []
    ran: list[Ran] = []
    heard: list[Evidence] = []
    characters = 0
    every = sorted(session_ids)
    for start in range(0, len(every), SESSIONS_AT_ONCE):
        ids = every[start : start + SESSIONS_AT_ONCE]
        said += [_place(row, "user", text) for *row, text in _reordered(await _rows(questions, _SAID, ids))]
        ran += [_call(row) for row in await _rows(questions, _RAN, ids)]
        # Without word boundaries: in JSON text the letter n of an escaped line break would be a part of the next word.
        pattern = f"(?:{ORDERS})|{INJECTION}".replace("'", "''")
        heard += [place for row in await _rows(questions, _HEARD, ids, pattern=pattern) for place in _orders(row)]
        [[size]] = await _rows(questions, _SIZE, ids)
        characters += int(size)
    return assembled(said, ran, heard, characters)


def assembled(said: Sequence[Evidence], ran: Sequence[Ran], heard: Sequence[Evidence], characters: int) -> Mined:
    """What these messages, calls and orders show: pure."""
    quarantined = tuple(Quarantined(place) for place in heard[:MOST_QUARANTINED])
    read_ones, unread = _statements(said)
    places = [*(place for _, place in read_ones), *unread]
    common = common_words(places)
    talk = talk_of(places, common)
    named = [without_asides(one, talk) for one in read_ones]
    found = [*_believed(echoed(named, unread, common), common), *_learnt(ran, heard)]
    clean = [candidate for candidate in found if not _is_secret(candidate)]
    return Mined(tuple(clean), quarantined, len(found) - len(clean), characters)


def _is_secret(candidate: Candidate) -> bool:
    return holds_secret(candidate.text) or any(holds_secret(place.quote) for place in candidate.evidence)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _rows(questions: Questions, sql: str, ids: Sequence[str], **more: str) -> Sequence[Sequence[Any]]:
    quoted = ", ".join(f"'{session_id}'" for session_id in ids if _SESSION_ID.fullmatch(session_id))
    return (await questions.ask(sql.format(ids=quoted or "''", **more), LIMITS)).rows


def _reordered(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    for session_id, seq, event_id, text, moment in rows:
        yield session_id, seq, event_id, moment, text


def _place(row: Sequence[Any], channel: str, quote: str) -> Evidence:
    session_id, seq, event_id, moment = row
    return Evidence(session_id, int(seq), event_id, datetime.fromisoformat(moment), channel, quote)


def _call(row: Sequence[Any]) -> Ran:
    session_id, seq, event_id, tool, command, is_error, moment = row
    outcome = "failed" if is_error else "worked"
    place = _place((session_id, seq, event_id, moment), "tool", f"{command[:QUOTE_LENGTH]} — {outcome}")
    return Ran(place, tool, command, not is_error)


def _orders(row: Sequence[Any]) -> Iterator[Evidence]:
    """The sentences of one result, report or answer that give an order for longer."""
    session_id, seq, event_id, kind, moment, body = row
    channel = "agent" if kind in ("agent.message", "agent.thread_message_sent") else "tool"
    for text in _texts(json.loads(body).get("content")):
        for line in re.split(r"\n+|(?<=[.!?])\s+(?=\S)", text):
            if SUSPICIOUS.search(line):
                quote = "(looks like a secret)" if holds_secret(line) else " ".join(line.split())[:QUOTE_LENGTH]
                yield _place((session_id, seq, event_id, moment), channel, quote)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for part in value:
                yield from _texts(part)
        case dict():
            for name, part in value.items():
                if name not in ("type", "data", "media_type", "id"):
                    yield from _texts(part)


# ── candidates ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _statements(said: Iterable[Evidence]) -> tuple[list[FramedSentence], list[Evidence]]:
    """The sentences that can be read, and the others. A forked session repeats what its parent heard, with the same moments: that
    is said once. What carries an order to run something unseen is no statement, whoever pasted it."""
    seen: set[tuple[datetime, str]] = set()
    found: list[FramedSentence] = []
    unread: list[Evidence] = []
    for place in said:
        if (place.said_at, place.quote) in seen:
            continue
        seen.add((place.said_at, place.quote))
        is_order = _is_order(place.quote)
        for sentence in sentences(place.quote):
            if INJECTION_ANYWHERE.search(sentence):
                continue
            here = replace(place, channel="user", quote=sentence[:QUOTE_LENGTH], is_order=is_order)
            # Of what stands behind the order in its message, nobody knows that it belongs to it.
            is_order = False
            statement = read(sentence)
            if statement is None:
                unread.append(here)
            else:
                found.append((statement, here))
    return found, unread


def _is_order(message: str) -> bool:
    """Whether a message begins with an order to remember, and is one line in which nothing is quoted or asked."""
    message = message.strip("\n")
    return (
        len(message) <= QUOTE_LENGTH
        and not _ASKS.search(message)
        and is_all_own(message)
        and bool(EXPLICIT.match(message))
    )


def _believed(said: Iterable[FramedSentence], common: frozenset[str]) -> Iterator[Candidate]:
    for belief in beliefs_of(said, common):
        statement, places = belief.statement, belief.evidence
        said_on = next((p.said_at for p in reversed(places) if _says(p, statement)), places[-1].said_at).date()
        confidence = "high" if belief.is_explicit or len(belief.sessions) > 2 else "medium"
        text = absolute(statement.text, said_on)
        yield Candidate(
            id=_id("said", *sorted(statement.value), "/", *sorted(statement.avoid), "/", *sorted(statement.topic)),
            kind="fact" if statement.kind == "fact" else "convention",
            text=text,
            evidence=tuple(places),
            confidence=confidence,
            is_personal=bool(_PERSONAL.search(text)),
            statement=statement,
            is_ordered=any(_orders_it(place, text) for place in places),
        )


def _orders_it(place: Evidence, text: str) -> bool:
    found = read(place.quote) if place.is_order else None
    return found is not None and absolute(found.text, place.said_at.date()) == text


def _says(place: Evidence, statement: Statement) -> bool:
    return statement.text.rstrip(".").lower() in place.quote.lower()


def _learnt(ran: Sequence[Ran], heard: Sequence[Evidence]) -> Iterator[Candidate]:
    """Lessons of tools; what an order that no user gave names is none, whether or not an agent followed it."""
    ordered = " \n ".join(place.quote for place in heard)
    for lesson in lessons_of(ran):
        commands = re.findall(r"`([^`]+)`", lesson.text)
        suggested = commands[1:] if lesson.kind == "fix" else commands
        if any(command in ordered for command in suggested):
            continue
        yield Candidate(
            id=_id("ran", *lesson.key),
            kind=lesson.kind,
            text=lesson.text,
            evidence=lesson.evidence,
            confidence="high" if len(lesson.sessions) > 2 else "medium",
            is_personal=False,
        )


def _id(*parts: str) -> str:
    return "cand_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
