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
        "SELECT session_id, title, agent, round(usd, 4) AS usd, events, last_event_at\n"
        "FROM sessions ORDER BY usd DESC NULLS LAST LIMIT 20",
    ),
    Saved(
        "projects",
        "what each project cost, and in how many sessions",
        "SELECT coalesce(project, 'no folder') AS project, count(*) AS sessions, round(sum(usd), 4) AS usd, max(last_event_at) AS last\n"
        "FROM sessions GROUP BY ALL ORDER BY usd DESC",
    ),
    Saved(
        "tags",
        "what was spent by tag",
        "SELECT tag, count(*) AS sessions, round(sum(usd), 4) AS usd\n"
        "FROM (SELECT unnest(tags) AS tag, usd FROM sessions) GROUP BY tag ORDER BY usd DESC",
    ),
    Saved(
        "groups",
        "groups and budgets: what is spent of what may be",
        'SELECT coalesce("group", session_id) AS budget_of, round(sum(usd), 4) AS usd, max(budget_usd) AS budget_usd\n'
        'FROM sessions WHERE "group" IS NOT NULL OR budget_usd IS NOT NULL GROUP BY ALL ORDER BY usd DESC',
    ),
    Saved(
        "models",
        "cost by model and program it was run by",
        "SELECT m.model, coalesce(s.imported_from, 'workbench') AS program, count(*) AS requests, round(sum(m.usd), 4) AS usd\n"
        "FROM model_requests AS m JOIN sessions AS s USING (session_id) GROUP BY ALL ORDER BY usd DESC",
    ),
    Saved(
        "forks",
        "what forks cost beside the session that they came from",
        "SELECT f.session_id, f.title, round(f.usd, 4) AS usd, p.session_id AS parent, round(p.usd, 4) AS parent_usd\n"
        "FROM sessions AS f JOIN sessions AS p ON p.session_id = f.forked_from ORDER BY f.usd DESC",
    ),
    Saved(
        "subagents",
        "what sub-agents cost, by session",
        "SELECT session_id, count(DISTINCT thread_id) AS threads, count(*) AS requests, round(sum(usd), 4) AS usd\n"
        "FROM model_requests WHERE thread_id IS NOT NULL GROUP BY session_id ORDER BY usd DESC",
    ),
    Saved(
        "turns",
        "the longest turns, without the time they waited for me",
        "SELECT session_id, turn, seq, round(seconds, 1) AS seconds, round(waited_seconds, 1) AS waited, requests, tool_calls, said\n"
        "FROM turns ORDER BY turns.seconds DESC LIMIT 20",
    ),
    Saved(
        "waiting",
        "how long agents waited for me, by day",
        "SELECT CAST(answered_at AS DATE) AS day, count(*) AS answers, round(sum(waited_ms) / 60000, 1) AS minutes\n"
        "FROM approvals WHERE answered_at IS NOT NULL GROUP BY day ORDER BY day DESC",
    ),
    Saved(
        "denied",
        "what I said no to, and why",
        "SELECT session_id, seq, tool, input ->> '$.command' AS command, deny_message, answered_at\n"
        "FROM approvals WHERE answer = 'deny' ORDER BY answered_at DESC",
    ),
    Saved(
        "interrupted",
        "turns in which I stopped the agent",
        "SELECT session_id, turn, seq, said, interrupts, started_at FROM turns WHERE interrupts > 0 ORDER BY started_at DESC",
    ),
    Saved(
        "cache",
        "how much of what was read came from the cache, by day",
        "SELECT day, round(100.0 * sum(cache_read_tokens) / nullif(sum(cache_read_tokens + input_tokens + cache_creation_tokens), 0)) AS percent\n"
        "FROM usage_by_day GROUP BY day ORDER BY day DESC",
    ),
    Saved(
        "speed",
        "how long models take to answer",
        "SELECT model, count(*) AS requests, round(median(duration_ms)) AS p50_ms, round(quantile_cont(duration_ms, 0.95)) AS p95_ms\n"
        "FROM model_requests WHERE duration_ms IS NOT NULL GROUP BY model ORDER BY requests DESC",
    ),
    Saved(
        "together",
        "files that several sessions wrote",
        "SELECT path, count(DISTINCT session_id) AS sessions, max(last_at) AS last_at FROM files_touched\n"
        "WHERE writes + edits > 0 GROUP BY path HAVING sessions > 1 ORDER BY sessions DESC",
    ),
    Saved(
        "remembered",
        "which memories agents open, and how often",
        "SELECT store, path, count(DISTINCT session_id) AS sessions, max(processed_at) AS last_at\n"
        "FROM memory_reads GROUP BY ALL ORDER BY sessions DESC",
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
