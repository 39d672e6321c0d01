"""Saved questions: what people ask of the log first, for the SQL screen and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Saved:
    """One question: its name, what it tells, and its statement."""

    name: str
    title: str
    sql: str


SAVED: Final = (
    Saved(
        "spend",
        "what did I spend this week, by day",
        "SELECT day, round(sum(usd), 2) AS usd, sum(requests) AS requests\n"
        "FROM usage_by_day WHERE day > today() - 7 GROUP BY day ORDER BY day",
    ),
    Saved(
        "dearest",
        "the sessions that cost most",
        "SELECT session_id, title, agent, round(cost_cents / 100, 2) AS usd, events, last_event_at\n"
        "FROM sessions ORDER BY cost_cents DESC NULLS LAST LIMIT 20",
    ),
    Saved(
        "slowest",
        "the slowest tools",
        "SELECT tool, count(*) AS calls, round(median(duration_ms)) AS p50_ms, round(quantile_cont(duration_ms, 0.99)) AS p99_ms\n"
        "FROM tool_calls WHERE ended_at IS NOT NULL GROUP BY tool ORDER BY p99_ms DESC",
    ),
    Saved(
        "latency",
        "how long tool calls take, as a histogram",
        "SELECT CAST(power(10, floor(log10(greatest(duration_ms, 1)))) AS BIGINT) AS from_ms, count(*) AS calls\n"
        "FROM tool_calls WHERE ended_at IS NOT NULL GROUP BY from_ms ORDER BY from_ms",
    ),
    Saved(
        "approved",
        "what I approve most: candidates for rules",
        "SELECT tool, split_part(input ->> '$.command', ' ', 1) AS program, count(*) AS times, round(median(waited_ms) / 1000) AS wait_s\n"
        "FROM approvals WHERE answer = 'allow' GROUP BY ALL ORDER BY times DESC",
    ),
    Saved(
        "touched",
        "who touched FILE (write its name in)",
        "SELECT f.session_id, f.seq, s.title, f.path, f.reads, f.writes, f.edits, f.last_at\n"
        "FROM files_touched AS f JOIN sessions AS s USING (session_id) WHERE f.path LIKE '%FILE%' ORDER BY f.last_at DESC",
    ),
    Saved(
        "failing",
        "commands that fail most",
        "SELECT split_part(input ->> '$.command', ' ', 1) AS program, count(*) AS calls, count(*) FILTER (is_error) AS failed,\n"
        "  round(100.0 * count(*) FILTER (is_error) / count(*)) AS percent\n"
        "FROM tool_calls WHERE tool = 'bash' GROUP BY program HAVING failed > 0 ORDER BY failed DESC LIMIT 20",
    ),
    Saved(
        "tokens",
        "cost and tokens by day and model",
        "SELECT day, model, requests, round(usd, 2) AS usd, input_tokens, cache_read_tokens, output_tokens\n"
        "FROM usage_by_day ORDER BY day DESC, model",
    ),
    Saved(
        "errors",
        "what went wrong this week",
        "SELECT session_id, seq, happened_at, error_type, message FROM errors\n"
        "WHERE happened_at > now() - INTERVAL 7 DAY ORDER BY happened_at DESC",
    ),
    Saved(
        "said",
        "where something was said (write the words in)",
        "SELECT session_id, seq, processed_at, type, score, snippet FROM search('WORDS') LIMIT 50",
    ),
    Saved(
        "learnt",
        "what memory says, and who wrote it",
        "SELECT store, path, actor, session_id, updated_at, content FROM memories ORDER BY updated_at DESC",
    ),
    Saved(
        "history",
        "what I asked before",
        "SELECT asked_at, round(seconds, 3) AS seconds, rows, error, sql FROM asked ORDER BY asked_at DESC LIMIT 50",
    ),
)
