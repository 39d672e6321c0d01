"""The past as a dream reads it: own words of people with what stood before them, commands that ran, and orders that nobody gave."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from workbench.contracts.questions import QueryLimits, Questions
from workbench.memory.reading.evidence import QUOTE_LENGTH, Evidence
from workbench.memory.reading.fixes import Fix, Ran, fixes_of
from workbench.memory.reading.language import phrases, words_of
from workbench.memory.reading.procedures import Procedure, procedures_of
from workbench.memory.reading.sentences import Sentence, is_plain_order, sentences
from workbench.memory.stores.secrets import holds_secret

LIMITS: Final = QueryLimits(rows=500_000, seconds=120)
SESSIONS_AT_ONCE: Final = 10
"""Of so many sessions the rows of one query stay far below what a result may hold."""
MOST_QUARANTINED: Final = 2_000

_OURS: Final = "coalesce(s.agent_id, '') <> 'agent_dream' AND s.session_id IN ({ids})"
_SAID: Final = f"""
SELECT m.session_id, m.seq, m.event_id, m.processed_at, coalesce(s.project, ''), left(m.text, 20000),
    CASE WHEN s.deployment_id IS NOT NULL THEN 'program' WHEN e.before = 'user.interrupt' THEN 'interrupted' ELSE '' END, e.doing
FROM messages AS m JOIN sessions AS s USING (session_id) JOIN (
    SELECT session_id, seq, lag(type) OVER same AS before, last_value(tool IGNORE NULLS) OVER (same ROWS UNBOUNDED PRECEDING) AS doing
    FROM (SELECT session_id, seq, type, CASE WHEN type LIKE 'agent.%tool_use' THEN coalesce(json_extract_string(body, '$.name'), '') || ' '
        || left(coalesce(json_extract_string(body, '$.input.command'), json_extract_string(body, '$.input.file_path'), ''), 120) END AS tool
        FROM events WHERE session_id IN ({{ids}}) AND type IN ('user.message', 'user.interrupt', 'agent.message', 'agent.tool_use', 'agent.mcp_tool_use'))
    WINDOW same AS (PARTITION BY session_id ORDER BY seq)
) AS e USING (session_id, seq)
WHERE m.sender = 'user' AND m.thread_id IS NULL AND {_OURS} ORDER BY m.session_id, m.seq
"""
_DENIED: Final = f"""
SELECT a.session_id, a.seq, a.tool_use_id, a.answered_at, coalesce(s.project, ''), a.deny_message, 'denied',
    a.tool || ' ' || left(coalesce(json_extract_string(a.input, '$.command'), ''), 120)
FROM approvals AS a JOIN sessions AS s USING (session_id)
WHERE a.answer = 'deny' AND a.deny_message <> '' AND {_OURS} ORDER BY a.session_id, a.seq
"""
_RAN: Final = """
SELECT session_id, seq, tool_use_id, started_at, coalesce(json_extract_string(input, '$.command'), ''), is_error
FROM tool_calls WHERE lower(tool) = 'bash' AND is_error IS NOT NULL AND session_id IN ({ids}) ORDER BY session_id, seq
"""
_HEARD: Final = """
SELECT session_id, seq, id, type, processed_at, CAST(body AS VARCHAR) FROM events
WHERE type IN ('agent.message', 'agent.tool_result', 'agent.mcp_tool_result', 'user.tool_result', 'user.custom_tool_result',
               'agent.thread_message_received', 'agent.thread_message_sent')
AND session_id IN ({ids}) AND length(CAST(body AS VARCHAR)) < 2000000
AND regexp_matches(CAST(body AS VARCHAR), '(?i){pattern}') ORDER BY session_id, seq
"""
_TOLD: Final = """
SELECT count(*) FROM events WHERE session_id IN ({ids}) AND contains(CAST(body AS VARCHAR), {command})
AND type IN ('agent.tool_result', 'agent.mcp_tool_result', 'user.tool_result', 'user.custom_tool_result', 'agent.thread_message_received')
"""
_SIZE: Final = "SELECT coalesce(sum(length(CAST(body AS VARCHAR))), 0) FROM events WHERE session_id IN ({ids})"
_SESSION_ID: Final = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Words:
    """One sentence of a person's own words: where it stands, in which project, and what came before it.

    `sign` is denied (said with a no to a call), interrupted (said after stopping the agent) or nothing; `doing` the last call before.
    """

    place: Evidence
    sentence: Sentence
    project: str
    sign: str
    doing: str


@dataclass(frozen=True)
class Past:
    """What was read: own words, what mended what, orders that nobody gave, and the size of the transcripts."""

    words: tuple[Words, ...]
    fixes: tuple[Fix, ...]
    procedures: tuple[Procedure, ...]
    quarantined: tuple[Evidence, ...]
    characters: int


async def read_past(questions: Questions, session_ids: Sequence[str]) -> Past:
    """What these sessions hold, in an order that does not depend on that of the ids."""
    said: list[Words] = []
    ran: list[Ran] = []
    quarantined: list[Evidence] = []
    characters = 0
    seen: set[tuple[datetime, str]] = set()
    every = sorted(session_ids)
    for start in range(0, len(every), SESSIONS_AT_ONCE):
        ids = every[start : start + SESSIONS_AT_ONCE]
        for sql in (_SAID, _DENIED):
            for row in await _rows(questions, sql, ids):
                said += words_in(row, seen)
        ran += [_ran(row) for row in await _rows(questions, _RAN, ids)]
        heard = await _rows(questions, _HEARD, ids, pattern=_order_pattern())
        quarantined += [place for row in heard for place in _heard(row) if is_order(place.quote)]
        [[size]] = await _rows(questions, _SIZE, ids)
        characters += int(size)
    said.sort(key=lambda one: (one.place.session_id, one.place.seq))
    fixes = [fix for fix in fixes_of(ran) if not await _is_told(questions, [fix.worked], every)]
    procedures = [one for one in procedures_of(ran) if not await _is_told(questions, one.commands, every)]
    return Past(tuple(said), tuple(fixes), tuple(procedures), tuple(quarantined[:MOST_QUARANTINED]), characters)


async def _is_told(questions: Questions, commands: Sequence[str], ids: Sequence[str]) -> bool:
    """Whether one of the commands stood in a text of a tool: following it is no proof that a person wants it."""
    for command in commands:
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
    found = [*phrases("remember").parts, *phrases("lasting").parts]
    found += [words[0] for name in ("remember", "lasting") for words in phrases(name).words]
    return "|".join(sorted({re.escape(one) for one in found})).replace("'", "''")


def words_in(row: Sequence[Any], seen: set[tuple[datetime, str]]) -> Iterator[Words]:
    """The sentences of one message. A fork repeats what its parent heard, at the same moment: that is said once."""
    session_id, seq, event_id, moment, project, text, sign, doing = row
    said_at = datetime.fromisoformat(moment)
    if sign == "program" or (said_at, text) in seen:
        return
    seen.add((said_at, text))
    is_plain = is_plain_order(text)
    for sentence in sentences(text):
        place = Evidence(
            session_id,
            int(seq),
            event_id,
            said_at,
            "user",
            sentence.said[:QUOTE_LENGTH],
            is_plain and sentence.is_order,
        )
        is_plain = False
        yield Words(place, sentence, project, sign, (doing or "").strip())


def _ran(row: Sequence[Any]) -> Ran:
    session_id, seq, event_id, moment, command, is_error = row
    told = f"{command[:QUOTE_LENGTH]} — {'failed' if is_error else 'worked'}"
    return Ran(
        Evidence(session_id, int(seq), event_id, datetime.fromisoformat(moment), "tool", told), command, not is_error
    )


def _heard(row: Sequence[Any]) -> Iterator[Evidence]:
    """The lines of one result, report or answer."""
    session_id, seq, event_id, kind, moment, body = row
    channel = "agent" if kind in ("agent.message", "agent.thread_message_sent") else "tool"
    for text in _texts(json.loads(body).get("content")):
        for line in re.split(r"\n+|(?<=[.!?])\s+(?=\S)", text):
            if line.strip():
                quote = "(looks like a secret)" if holds_secret(line) else " ".join(line.split())[:QUOTE_LENGTH]
                yield Evidence(session_id, int(seq), event_id, datetime.fromisoformat(moment), channel, quote)


def is_order(line: str) -> bool:
    """Whether a line that no user said orders something to be remembered, or to be done for longer."""
    words = words_of(line)
    remembered = phrases("remember")
    if any(remembered.at(words, place) for place in range(min(len(words), 12))) or any(
        part in line for part in remembered.parts
    ):
        return True
    lasting = phrases("lasting")
    is_begun = any(lasting.at(words, place) for place in range(min(len(words), 5)))
    return (is_begun or any(part in line for part in lasting.parts)) and len(words) <= 40


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
