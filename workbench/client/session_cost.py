"""What a session cost, asked of the engine: by model, by turn and by tool."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from workbench.client import paths

Json = dict[str, Any]
Get = Callable[[str], Awaitable[Json]]
Post = Callable[[str, Mapping[str, Any]], Awaitable[Json]]

MOST_TURNS: Final = 50
_TOKENS: Final = """count(r.seq), coalesce(sum(r.input_tokens + r.cache_read_tokens + r.cache_creation_tokens), 0),
    coalesce(sum(r.cache_read_tokens), 0), coalesce(sum(r.output_tokens), 0), sum(r.usd)"""
_MODELS: Final = """SELECT r.model, r.purpose, {tokens}
FROM model_requests AS r WHERE r.session_id = '{session}' GROUP BY ALL ORDER BY sum(r.usd) DESC NULLS LAST, r.model"""
_TURNS: Final = """WITH marks AS (
    SELECT seq, processed_at, count(*) FILTER (WHERE type = 'session.status_idle'
        AND json_extract_string(body, '$.stop_reason.type') <> 'requires_action')
        OVER (ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS turn
    FROM events WHERE session_id = '{session}'
    AND type IN ('user.message', 'session.status_idle', 'span.model_request_start')
)
SELECT min(m.processed_at), left(arg_min(g.text, g.seq), 300), {tokens}
FROM marks AS m
LEFT JOIN model_requests AS r ON r.session_id = '{session}' AND r.seq = m.seq
LEFT JOIN messages AS g ON g.session_id = '{session}' AND g.seq = m.seq AND g.sender = 'user'
GROUP BY m.turn HAVING count(r.seq) > 0 ORDER BY m.turn DESC LIMIT {most}"""
_TOOLS: Final = """SELECT tool, count(*), count(*) FILTER (WHERE is_error), coalesce(sum(duration_ms), 0) / 1000,
    coalesce(max(duration_ms), 0) / 1000
FROM tool_calls WHERE session_id = '{session}' GROUP BY tool ORDER BY sum(duration_ms) DESC NULLS LAST, tool"""


@dataclass(frozen=True)
class Spent:
    """What some requests took: tokens in, those of them that the cache had, tokens out; dollars where prices are known."""

    name: str
    about: str
    requests: int
    tokens_in: int
    cached: int
    tokens_out: int
    usd: float | None


@dataclass(frozen=True)
class ToolTime:
    """How often a tool was called, and how long that took in seconds."""

    name: str
    calls: int
    failed: int
    total_s: float
    longest_s: float


@dataclass(frozen=True)
class SessionCost:
    """`models` have a name and a purpose, `turns` a moment and what was asked, the last one first."""

    session: Json
    models: tuple[Spent, ...]
    turns: tuple[Spent, ...]
    tools: tuple[ToolTime, ...]
    more_turns: bool = False


async def cost_of(get: Get, post: Post, session_id: str) -> SessionCost:
    """Everything at once; the questions stand in nobody's history."""
    named = {"session": session_id.replace("'", "''"), "tokens": _TOKENS, "most": MOST_TURNS + 1}

    async def rows(statement: str) -> list[list[Any]]:
        answer = await post(paths.SQL, {"sql": statement.format(**named), "unlisted": True, "rows": 1000})
        return list(answer["rows"])

    session, models, turns, tools = await asyncio.gather(
        get(paths.session(session_id)), rows(_MODELS), rows(_TURNS), rows(_TOOLS)
    )
    return SessionCost(
        session,
        tuple(Spent(*row) for row in models),
        tuple(Spent(*row) for row in turns[:MOST_TURNS]),
        tuple(ToolTime(*row) for row in tools),
        more_turns=len(turns) > MOST_TURNS,
    )
