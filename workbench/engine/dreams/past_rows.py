"""Reads the past of sessions out of the log, as a dream needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from workbench.contracts.questions import QueryLimits, Questions
from workbench.memory.reading.commands import Ran, Shown, is_changed, is_short, shown_by
from workbench.memory.reading.evidence import QUOTE_LENGTH, Evidence, place_of
from workbench.memory.reading.language import phrases
from workbench.memory.reading.past import BY_HAND, Changed, Past, Words, is_order, replacement, words_in
from workbench.text.secrets import holds_secret

LIMITS: Final = QueryLimits(rows=500_000, seconds=120)
SESSIONS_AT_ONCE: Final = 10
"""Of so many sessions the rows of one query stay far below what a result may hold."""
MOST_QUARANTINED: Final = 2_000

_SAID: Final = """
SELECT m.session_id, m.seq, m.event_id, m.processed_at, left(m.text, 20000), coalesce(s.project, ''), CASE WHEN s.deployment_id IS NOT NULL
    THEN 'program' WHEN e.rewound_at > coalesce(e.said_at, '-infinity') THEN 'undone' WHEN e.before = 'user.interrupt' THEN 'interrupted' ELSE '' END, e.doing
FROM messages AS m JOIN sessions AS s USING (session_id) JOIN (
    SELECT session_id, seq, lag(type) OVER same AS before, last_value(tool IGNORE NULLS) OVER (same ROWS UNBOUNDED PRECEDING) AS doing,
        max(processed_at) FILTER (type = 'user.message') OVER (same ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS said_at,
        (SELECT max(b.made_at) FROM by_hand AS b WHERE b.session_id = k.session_id AND b.what = 'rewound' AND b.made_at <= k.processed_at) AS rewound_at
    FROM (SELECT session_id, seq, type, processed_at, CASE WHEN type LIKE 'agent.%tool_use' THEN coalesce(json_extract_string(body, '$.name'), '') || ' '
        || left(coalesce(json_extract_string(body, '$.input.command'), json_extract_string(body, '$.input.file_path'), ''), 120) END AS tool
        FROM events WHERE session_id IN ({ids}) AND type IN ('user.message', 'user.interrupt', 'agent.message', 'agent.tool_use', 'agent.mcp_tool_use')) AS k
    WINDOW same AS (PARTITION BY session_id ORDER BY seq)
) AS e USING (session_id, seq)
WHERE m.sender = 'user' AND m.thread_id IS NULL AND coalesce(s.agent_id, '') <> 'agent_dream' ORDER BY m.session_id, m.seq
"""
_DENIED: Final = """
SELECT a.session_id, a.seq, a.tool_use_id, a.answered_at, a.deny_message, coalesce(s.project, ''), 'denied', a.tool || ' ' || left(coalesce(
    json_extract_string(a.input, '$.command'), ''), 120), coalesce(json_extract_string(a.input, '$.command'), '')
FROM approvals AS a JOIN sessions AS s USING (session_id)
WHERE a.answer = 'deny' AND a.deny_message <> '' AND coalesce(s.agent_id, '') <> 'agent_dream' AND s.session_id IN ({ids}) ORDER BY a.session_id, a.seq
"""
_RAN: Final = """
SELECT session_id, seq, tool_use_id, started_at, coalesce(json_extract_string(input, '$.command'), ''), is_error
FROM tool_calls WHERE lower(tool) = 'bash' AND is_error IS NOT NULL AND session_id IN ({ids}) ORDER BY session_id, seq
"""
_BY_HAND: Final = (
    "SELECT session_id, command, made_at FROM by_hand WHERE what = 'ran' AND session_id IN ({ids}) ORDER BY made_at"
)
_RESULTS: Final = "'agent.tool_result', 'agent.mcp_tool_result', 'user.tool_result', 'agent.thread_message_received', 'user.custom_tool_result'"
_HEARD: Final = f"""
SELECT session_id, seq, id, processed_at, type, CAST(body AS VARCHAR) FROM events WHERE session_id IN ({{ids}})
AND type IN ('agent.message', 'agent.thread_message_sent', {_RESULTS}) AND length(CAST(body AS VARCHAR)) < 2000000
AND regexp_matches(CAST(body AS VARCHAR), '(?i){{pattern}}') ORDER BY session_id, seq
"""
_TOLD: Final = f"SELECT count(*) FROM events WHERE session_id IN ({{ids}}) AND contains(CAST(body AS VARCHAR), {{command}}) AND type IN ({_RESULTS})"
_SIZE: Final = "SELECT coalesce(sum(length(CAST(body AS VARCHAR))), 0) FROM events WHERE session_id IN ({ids})"
_SESSION_ID: Final = re.compile(r"[\w-]+")


async def read_past(questions: Questions, session_ids: Sequence[str], changed: Sequence[Changed] = ()) -> Past:
    """What these sessions hold, in an order that does not depend on that of the ids."""
    said: list[Words] = []
    ran: list[Ran] = []
    quarantined: list[Evidence] = []
    characters = 0
    seen: set[tuple[datetime, str]] = set()
    every = sorted(session_ids)
    for start in range(0, len(every), SESSIONS_AT_ONCE):
        ids = every[start : start + SESSIONS_AT_ONCE]
        messages, denied = await _rows(questions, _SAID, ids), await _rows(questions, _DENIED, ids)
        typed = [(row[0], row[4].removeprefix(BY_HAND), row[3]) for row in messages if row[4].startswith(BY_HAND)]
        for row in (*messages, *denied):
            said += words_in(row, seen)
        agents = [_ran(row) for row in await _rows(questions, _RAN, ids)]
        ran += [*agents, *edited(denied), *by_hand([*await _rows(questions, _BY_HAND, ids), *typed], agents)]
        heard = await _rows(questions, _HEARD, ids, pattern=_order_pattern())
        quarantined += [place for row in heard for place in _heard(row) if is_order(place.quote)]
        [[size]] = await _rows(questions, _SIZE, ids)
        characters += int(size)
    said.sort(key=lambda one: (one.place.session_id, one.place.seq))
    ran += edited_lines(changed)
    shown = [one for one in shown_by(ran) if not await _is_told(questions, one, every)]
    return Past(tuple(said), tuple(shown), tuple(quarantined[:MOST_QUARANTINED]), characters, tuple(changed))


async def _is_told(questions: Questions, shown: Shown, ids: Sequence[str]) -> bool:
    """Whether what worked stood in a text of a tool: following it is no proof that a person wants it."""
    for command in shown.commands if shown.kind == "steps" else shown.commands[1:]:
        spelt = json.dumps(command, ensure_ascii=False)[1:-1].replace("'", "''")
        [[times]] = await _rows(questions, _TOLD, ids, command=f"'{spelt}'")
        if int(times) > 0:
            return True
    return False


async def _rows(questions: Questions, sql: str, ids: Sequence[str], **more: str) -> Sequence[Sequence[Any]]:
    quoted = ", ".join(f"'{session_id}'" for session_id in ids if _SESSION_ID.fullmatch(session_id))
    return (await questions.ask(sql.format(ids=quoted or "''", **more), LIMITS)).rows


def _order_pattern() -> str:
    """Finds texts that may have an order: every word that orders begin with, in any language."""
    lists = [phrases("remember"), phrases("lasting")]
    found = [part for one in lists for part in (*one.parts, *(words[0] for words in one.words))]
    return "|".join(sorted({re.escape(one) for one in found})).replace("'", "''")


# ── commands ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _ran(row: Sequence[Any]) -> Ran:
    *_, command, is_error = row
    told = f"{command[:250]} — {'failed' if is_error else 'worked'}"
    return Ran(place_of(row, "tool", told), command, not is_error)


def edited(denied: Sequence[Sequence[Any]]) -> Iterator[Ran]:
    """Calls that a person edited before they ran."""
    for row in denied:
        old, new = row[8], replacement(row[4])
        if new is not None and old != new and is_short(old) and is_short(new):
            yield Ran(place_of(row, "user", f"{old[:140]} — run as: {new}"), new, worked=True, instead_of=old)


def by_hand(typed: Sequence[Sequence[Any]], agents: Sequence[Ran]) -> Iterator[Ran]:
    """Commands that people typed themselves after the agent's, which they are with a change; the evidence is the agent's call."""
    for session_id, command, moment in typed:
        at = datetime.fromisoformat(moment)
        before = [one for one in agents if one.place.session_id == session_id and one.place.said_at <= at]
        if before and is_changed(before[-1].command, command):
            old = before[-1]
            place = replace(old.place, channel="user", quote=f"{old.command[:140]} — then by hand: {command}")
            yield Ran(place, command, worked=True, instead_of=old.command)


def edited_lines(changed: Sequence[Changed]) -> Iterator[Ran]:
    """Single lines that people changed after they were applied: what stands there now, instead of the agent's."""
    for one in changed:
        old, new = one.before.strip(), one.after.strip()
        if is_short(old) and is_short(new):
            place = replace(one.place, quote=f"{one.path}: {old[:120]} — made by hand to: {new}"[:QUOTE_LENGTH])
            yield Ran(place, new, worked=True, instead_of=old)


# ── orders that nobody gave ──────────────────────────────────────────────────────────────────────────────────────────


def _heard(row: Sequence[Any]) -> Iterator[Evidence]:
    """The lines of one result, report or answer."""
    channel = "agent" if row[4] in ("agent.message", "agent.thread_message_sent") else "tool"
    for text in _texts(json.loads(row[5]).get("content")):
        for line in re.split(r"\n+|(?<=[.!?])\s+(?=\S)", text):
            if line.strip():
                yield place_of(row, channel, "(looks like a secret)" if holds_secret(line) else " ".join(line.split()))


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
