"""People's SQL reads the views, nothing else, and never stands in anybody's way."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.log.making import SESSION, WAIT_S, event, run, said
from workbench import events
from workbench.contracts.questions import QueryLimits, QueryRefused, QueryResult
from workbench.contracts.values import Document, Fact
from workbench.log import Log, open_log
from workbench.log.asking.memory_guard import MOST_BYTES, resident_bytes

HOSTILE = [
    "INSERT INTO events VALUES (1)",
    "DELETE FROM kept.events",
    "UPDATE kept.carried SET position = 0",
    "WITH gone AS (DELETE FROM kept.events RETURNING *) SELECT * FROM gone",
    "DROP VIEW events",
    "DROP SCHEMA kept CASCADE",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW events AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "CREATE SECRET (TYPE s3)",
    "ALTER TABLE kept.events DROP COLUMN body",
    "COMMENT ON VIEW events IS 'mine'",
    "ATTACH ':memory:' AS other",
    "ATTACH '/tmp/other.duckdb'",
    "DETACH log",
    "USE kept",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "BEGIN",
    "COMMIT",
    "SET threads = 8",
    "SET VARIABLE x = 1",
    "RESET memory_limit",
    "PRAGMA database_list",
    "PRAGMA disable_profiling",
    "CALL pragma_version()",
    "EXECUTE p",
    "PREPARE p AS SELECT 1",
    "LOAD httpfs",
    "INSTALL httpfs",
    "COPY events TO '/tmp/stolen.csv'",
    "COPY (SELECT 1) TO '/tmp/stolen.parquet'",
    "COPY kept.events FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/stolen'",
    "IMPORT DATABASE '/tmp/stolen'",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW events",
    "",
    "-- nothing",
    "SELECT",
    "SELECT * FROM no_such_view",
    "SELECT * FROM kept.events",
    'SELECT * FROM "KEPT".events',
    "SELECT * FROM log.kept.events",
    "SELECT (SELECT count(*) FROM kept.events)",
    "SELECT * FROM events WHERE EXISTS (FROM kept.facts)",
    "WITH a AS (FROM kept.events) SELECT * FROM a",
    "SELECT 1 UNION ALL SELECT count(*) FROM kept.events",
    "FROM events JOIN kept.facts USING (session_id)",
    "FROM events, LATERAL (FROM kept.facts)",
    "DESCRIBE kept.events",
    "SUMMARIZE kept.events",
    "SHOW kept.events",
    "DESCRIBE FROM kept.events",
    "EXPLAIN SELECT * FROM kept.events",
    "EXPLAIN ANALYZE SELECT * FROM kept.events",
    "EXPLAIN (FORMAT json) SELECT * FROM kept.events",
    "EXPLAIN DELETE FROM kept.events",
    "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
    "/* x */ EXPLAIN ANALYZE SELECT * FROM kept.events",
    "FROM query('SELECT * FROM kept.events')",
    "FROM query('SELECT * FROM ke' || 'pt.events')",
    "FROM query_table('kept.events')",
    "FROM query_table(['kept.events'])",
    "FROM histogram('kept.events', seq)",
    "FROM histogram_values('kept.events', seq)",
    "FROM pragma_storage_info('kept.events')",
    "FROM pragma_table_info('kept.events')",
    "FROM sql_auto_complete('SELECT')",
    "FROM read_csv('/etc/passwd')",
    "FROM read_text('/etc/passwd')",
    "FROM read_blob('log.duckdb')",
    "FROM read_json('/etc/passwd')",
    "FROM read_parquet('https://example.com/x.parquet')",
    "FROM '/etc/passwd'",
    "FROM 'x.parquet'",
    "FROM glob('/*')",
    "FROM sniff_csv('/etc/passwd')",
    "FROM duckdb_secrets()",
    "FROM duckdb_logs()",
    "FROM parquet_metadata('x.parquet')",
    "SELECT getenv('HOME')",
    "SELECT repeat('x', 4000000000)",
    "SELECT repeat(repeat('x', 60000), 60000)",
    "SELECT system.main.repeat('x', 3)",
    "SELECT length(lpad('x', 2000000000, 'y'))",
    "SELECT length(rpad('x', 2000000000, 'y'))",
    "SELECT replace(repeat('a', 60000), 'a', repeat('b', 60000))",
    "SELECT printf('%2000000000d', 1)",
    "SELECT printf('%*d', 2000000000, 1)",
    "SELECT format('{:>2000000000}', 1)",
    "SELECT format('{:>{}}', 1, 2000000000)",
    "SELECT format('{' || ':>2000000000}', 1)",
    f"SELECT format('{'{0}' * 100}', 'x')",
    f"SELECT printf('{'%1$s' * 100}', 'x')",
    "SELECT repeat([1], 4000000000)",
    "SELECT repeat(repeat('x', 4000), 4000)",
    "SELECT regexp_replace(repeat('a', 4000), 'a', repeat('b', 4000), 'g')",
    "SELECT regexp_replace(repeat('a', 4000), '(.+)', repeat('\\1', 2000))",
    "SELECT range(1000000000)",
    "SELECT range(-1000000000, 1000000000)",
    "SELECT range(0, 10000000000, 40000)",
    "SELECT range(1000000000, 0, -1)",
    "SELECT main.range(1000000000)",
    "SELECT (1000000000).range()",
    "SELECT sum(len(range(0, seq + 1000000000))) FROM events",
    "SELECT generate_series(1, 1000000000)",
    "SELECT generate_series(DATE '0001-01-01', DATE '9999-01-01', INTERVAL 1 SECOND)",
    "SELECT range(TIMESTAMP '0001-01-01', TIMESTAMP '9999-01-01', INTERVAL 1 MICROSECOND)",
    "SELECT list_resize([1], 1000000000)",
    "SELECT array_resize([1], 4000000000, 7)",
    "SELECT list_resize(['x'], 10000, repeat('x', 4000))",
    "SELECT bitstring('1', 2000000000)",
    "SELECT levenshtein(repeat('a', 4000), repeat('b', 4000))",
    "SELECT editdist3(repeat('a', 4000), repeat('b', 4000))",
    "SELECT damerau_levenshtein(repeat('a', 4000), repeat('b', 4000))",
    f"SELECT concat({', '.join(['id'] * 101)}) FROM events",
    f"SELECT list_concat({', '.join(['[seq]'] * 11)}) FROM events",
    f"SELECT {' || '.join(['id'] * 21)} FROM events",
    f"SELECT count(*) FROM {', '.join(f'events AS e{number}' for number in range(200))}",
    "SELECT count(*) FROM (SELECT * FROM events AS a, events AS b USING SAMPLE 10000000 ROWS)",
    "SELECT count(*) FROM events TABLESAMPLE reservoir(10000000 ROWS)",
    f"SELECT {'hex(' * 20}id{')' * 20} FROM events",
    "SELECT TO_JSON(hex(bin(url_encode(hex(id))))) FROM events",
    "SELECT [NULL::INTEGER[99999]] FROM range(2048)",
    "SELECT NULL::STRUCT(a INTEGER[200][200])",
    f"SELECT {'abs(' * 900}1{')' * 900}",
    f"SELECT {'(SELECT ' * 400}1{')' * 400}",
    "SELECT nextval('s')",
    "SELECT write_log('x')",
    "PIVOT events ON type USING count(*)",
    "SELECT 1" + " " * 200_000,
]

HARMLESS = [
    "SELECT 1",
    "FROM events",
    "VALUES (1), (2)",
    "WITH a AS (SELECT 1 AS x) FROM a",
    "SHOW TABLES",
    "DESCRIBE events",
    "DESCRIBE SELECT 1",
    "SUMMARIZE messages",
    "EXPLAIN FROM events",
    "EXPLAIN ANALYZE FROM events",
    "select tool, count(*), median(duration_ms) from tool_calls group by 1",
    "FROM duckdb_columns() SELECT column_name, comment",
    "FROM range(3)",
    "SELECT e.value FROM events, json_each(body) AS e",
    "SELECT 'kept' AS word",
    "PIVOT events ON type IN ('agent.message', 'user.message') USING count(*)",
    "SELECT * FROM events WHERE processed_at > now() - INTERVAL 1 DAY",
    "SELECT uuid(), 1.50::DECIMAL(9, 2), 'x'::BLOB, INTERVAL 3 DAY, [1], {'a': NULL}, 'nan'::DOUBLE, 2::HUGEINT ** 100",
    "SELECT TIMESTAMP_NS '2020-01-01 00:00:00.123456789', 'infinity'::TIMESTAMP, DATE '2020-01-01', TIME '12:00:00'",
    "SELECT repeat('█', 7), lpad('7', 3, '0'), rpad('7', 3, ' '), replace('abab', 'a', 'c'), format('{:>6.2f}', 1.5), printf('%05d', 7)",
    "SELECT to_json(hex(id)), url_encode(base64(id::BLOB)), [1, 2]::INTEGER[2], NULL::FLOAT[100][100], [[1]]::INTEGER[][] FROM events",
    "SELECT * FROM events TABLESAMPLE reservoir(10 ROWS), (SELECT * FROM events USING SAMPLE 50%)",
    "SELECT range(10000), range(3, 1, -1), generate_series(1, 10000), unnest(range(TIMESTAMPTZ '2026-01-01', now(), INTERVAL 1 YEAR))",
    "SELECT count(*) FROM range(20000), generate_series(DATE '2026-01-01', DATE '2026-03-01', INTERVAL 1 DAY)",
    "SELECT repeat([1, 2], 3), repeat('ab'::BLOB, 2), list_resize([1], 3), array_resize(['a'], 3, 'b'), bitstring('101', 8)",
    "SELECT regexp_replace(id, '[0-9]+', '#'), regexp_replace(id, '([a-z])', '\\1\\1', 'g'), levenshtein(id, type), id || '-' || seq FROM events",
    "SELECT id" + " || '-'" * 40 + f", concat({', '.join(['id'] * 30)}) FROM events",
    "-- a comment\nSELECT 1;",
]


async def a_log(folder: Path) -> Log:
    log = await open_log(folder)
    await log.sessions.append(SESSION, [said("hello"), said("there")])
    return log


async def rows(log: Log, sql: str, **limits: Any) -> list[tuple[Any, ...]]:
    answer: QueryResult = await asyncio.wait_for(log.questions.ask(sql, QueryLimits(**limits)), WAIT_S)
    return list(answer.rows)


def test_hostile_statements_are_refused_in_words_and_change_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        log = await a_log(tmp_path / "log")
        answers = await asyncio.gather(*(rows(log, sql) for sql in HOSTILE), return_exceptions=True)
        passed = [sql for sql, answer in zip(HOSTILE, answers, strict=True) if not isinstance(answer, QueryRefused)]
        assert passed == []
        assert await rows(log, "SELECT count(*) FROM events") == [(2,)]
        assert await rows(log, "SELECT count(*) FROM duckdb_views() WHERE view_name = 'events'") == [(1,)]
        await log.close()

    run(story())


def test_harmless_statements_are_answered_in_json_values(tmp_path: Path) -> None:
    async def story() -> None:
        log = await a_log(tmp_path / "log")
        for sql in HARMLESS:
            answer = await log.questions.ask(sql, QueryLimits())
            assert len(answer.columns) == len(answer.types) > 0
            assert events.dump_json(said(repr(answer.rows)))
            assert all(
                isinstance(value, str | int | float | list | dict | None) for row in answer.rows for value in row
            )
        await log.close()

    run(story())


def test_a_question_sees_what_was_acknowledged_before_it(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        for count in range(1, 20):
            await log.sessions.append(SESSION, [said("more")])
            assert await rows(log, "SELECT count(*) FROM events") == [(count,)]
        await log.close()

    run(story())


def test_rows_are_cut_at_the_limit_and_it_is_said(tmp_path: Path) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        answer = await log.questions.ask("FROM range(100000)", QueryLimits(rows=3))
        assert (answer.rows, answer.truncated) == (((0,), (1,), (2,)), True)
        answer = await log.questions.ask("FROM range(3)", QueryLimits(rows=3))
        assert (len(answer.rows), answer.truncated) == (3, False)
        await log.close()

    run(story())


def test_rows_are_cut_at_a_limit_of_bytes_as_well_where_one_is_given(tmp_path: Path) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        wide = "SELECT i, repeat('x', 1000) AS wide FROM range(100000) AS t(i)"
        answer = await log.questions.ask(wide, QueryLimits(rows=100_000, bytes=1_000_000))
        assert answer.truncated
        assert 900 < len(answer.rows) < 1100
        answer = await log.questions.ask(wide, QueryLimits(rows=500, bytes=1_000_000_000))
        assert (len(answer.rows), answer.truncated) == (500, True)
        with pytest.raises(QueryRefused, match="larger than 64 MiB"):
            await log.questions.ask(wide, QueryLimits(rows=100_000))
        answer = await log.questions.ask(wide, QueryLimits(rows=100_000, bytes=10))
        assert (len(answer.rows), answer.truncated) == (1, True)
        await log.close()

    run(story())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(1000000000000)",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
        "FROM range(1000000000000)",
        "SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(10000000) AS b",
        "SELECT a.range FROM range(1000000) AS a, range(1000000) AS b ORDER BY hash(a.range, b.range)",
    ],
)
def test_a_query_over_its_time_ends_and_says_so(tmp_path: Path, sql: str) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        with pytest.raises(QueryRefused, match="was stopped: ask for less"):
            await rows(log, sql, seconds=0.2, rows=10**15)
        assert await rows(log, "SELECT 1") == [(1,)]
        await log.close()

    run(story())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list(x) FROM range(10000000000) AS t(x)",
        "WITH RECURSIVE r(n, t) AS (SELECT 1, 'x' UNION ALL SELECT n + 1, t || t FROM r) SELECT max(length(t)) FROM r",
        "SELECT string_agg(a.range) FROM range(100000) AS a, range(100000) AS b",
    ],
)
def test_what_needs_too_much_memory_ends_in_words_and_the_next_question_is_answered(tmp_path: Path, sql: str) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        with pytest.raises(QueryRefused, match="more memory"):
            await rows(log, sql, seconds=30)
        assert await rows(log, "SELECT count(*) FROM events") == [(2,)]
        await log.close()

    run(story())


@pytest.mark.parametrize(
    "step", ["a || a", "concat(a, b, a)", "replace(a, 'x', 'xx')", "a || upper(a)", "format('{}{}', a, a)", "hex(a)"]
)
def test_a_step_of_a_list_that_makes_its_result_a_multiple_is_refused(tmp_path: Path, step: str) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        for name in ("list_reduce", "reduce"):
            with pytest.raises(QueryRefused, match="a multiple at each step"):
                await rows(log, f"SELECT length({name}(range(40), lambda a, b: {step}, 'x'))")
        assert await rows(log, "SELECT list_reduce([3, 9, 4], lambda a, b: CASE WHEN a > b THEN a ELSE b END)") == [
            (9,)
        ]
        assert await rows(log, "SELECT list_reduce(['a', 'b', 'c'], lambda a, b: a || '-' || upper(b))") == [("a-B-C",)]
        await log.close()

    run(story())


def test_what_grows_beside_the_limit_of_the_database_is_stopped_as_well(tmp_path: Path) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        Path("/proc/self/clear_refs").write_text("5")
        before = resident_bytes()
        # Four gigabytes of texts in lists, none of which the database counts.
        with pytest.raises(QueryRefused, match="more memory"):
            await rows(
                log, "SELECT sum(len([repeat('x', 4000) || i FOR i IN range(10000)])) FROM range(100)", seconds=30
            )
        most = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        assert most is not None
        assert int(most[1]) * 1024 - before < 2 * MOST_BYTES
        assert await rows(log, "SELECT count(*) FROM events") == [(2,)]
        await log.close()

    run(story())


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("range(3)", [0, 1, 2]),
        ("range(2, 4)", [2, 3]),
        ("range(5, 0, -2)", [5, 3, 1]),
        ("range(0, 10, 9000000000000000000)", [0]),
        ("range(1, 5, 0)", []),
        ("range(NULL)", None),
        ("len(range(10000))", 10000),
        (
            "range(DATE '2026-01-15', DATE '2026-03-20', INTERVAL 1 MONTH)::VARCHAR[]",
            ["2026-01-15 00:00:00", "2026-02-15 00:00:00", "2026-03-15 00:00:00"],
        ),
        ("generate_series(3)", [0, 1, 2, 3]),
        ("generate_series(2, 4)", [2, 3, 4]),
        ("len(generate_series(1, 10000))", 10000),
        ("list_resize([1, 2, 3], 2)", [1, 2]),
        ("array_resize(['a'], 3, 'b')", ["a", "b", "b"]),
        ("repeat([1, 2], 2)", [1, 2, 1, 2]),
        ("repeat('ab'::BLOB, 2)", "61626162"),
        ("repeat('█', 3)", "███"),
        ("lpad('7', 3, '0') || rpad('7', 3, '.')", "0077.."),
        ("bitstring('101', 5)::VARCHAR", "00101"),
        ("regexp_replace('aXbX', 'x', '<\\0>', 'gi')", "a<X>b<X>"),
        ("regexp_replace('aXbX', 'X', 'y')", "aybX"),
        ("levenshtein('kitten', 'sitting')", 3),
        ("editdist3('ab', 'ba') * 10 + damerau_levenshtein('ab', 'ba')", 21),
    ],
)
def test_a_function_with_a_bound_gives_what_it_would_give_without(tmp_path: Path, sql: str, value: object) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        assert await rows(log, f"SELECT {sql}") == [(value,)]
        await log.close()

    run(story())


def test_a_cancelled_question_stops_running_and_appends_go_on_meanwhile(tmp_path: Path) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        asking = [asyncio.create_task(rows(log, "SELECT count(*) FROM range(1000000000000)")) for _ in range(4)]
        for number in range(50):
            await log.sessions.append(SESSION, [said(str(number))])
        for task in asking:
            task.cancel()
        await asyncio.wait(asking, timeout=WAIT_S)
        # All four threads are free again only if the cancelled queries have ended.
        assert await asyncio.gather(*(rows(log, "SELECT 1") for _ in range(4))) == [[(1,)]] * 4
        assert await rows(log, "SELECT count(*) FROM events") == [(52,)]
        await log.close()

    run(story())


def test_an_export_is_a_parquet_file_of_the_answer(tmp_path: Path) -> None:
    async def story() -> None:
        log = await a_log(tmp_path)
        exported = await log.questions.export(
            "SELECT seq, text, processed_at FROM messages ORDER BY seq", QueryLimits()
        )
        table = pyarrow.parquet.read_table(io.BytesIO(exported))
        assert table.select(["seq", "text"]).to_pylist() == [{"seq": 1, "text": "hello"}, {"seq": 2, "text": "there"}]
        with pytest.raises(QueryRefused):
            await log.questions.export("DROP VIEW events", QueryLimits())
        await log.close()

    run(story())


def test_every_view_and_every_column_has_a_comment(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        bare = await rows(
            log,
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal AND comment IS NULL "
            "UNION ALL SELECT view_name, NULL FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal AND comment IS NULL",
        )
        assert bare == []
        await log.close()

    run(story())


def test_tool_calls_last_from_their_start_to_their_result(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        use = event("agent.tool_use", name="write", input={"file_path": "/a"}, processed_at="2026-01-01T00:00:00Z")
        mcp = event("agent.mcp_tool_use", name="find", mcp_server_name="docs", input={}, evaluated_permission="ask")
        custom = event("agent.custom_tool_use", name="ask_boss", input={"q": 1}, processed_at="2026-01-01T00:00:00Z")
        started = events.parse(events.dump(use)).processed_at
        assert started is not None
        fact = Fact("tool.started", SESSION, started.replace(second=1), {"tool_use_id": use.id, "name": "write"})
        text = [{"type": "text", "text": "done"}]
        await log.sessions.append(
            SESSION,
            [
                use,
                mcp,
                custom,
                event("agent.tool_result", tool_use_id=use.id, content=text, processed_at="2026-01-01T00:00:01.25Z"),
                event(
                    "user.custom_tool_result",
                    custom_tool_use_id=custom.id,
                    content=text,
                    is_error=True,
                    processed_at="2026-01-01T00:00:02Z",
                ),
            ],
            facts=[fact],
        )
        calls = "SELECT tool, kind, input::VARCHAR, duration_ms, is_error, result FROM tool_calls ORDER BY seq"
        assert await rows(log, calls) == [
            ("write", "built-in", '{"file_path":"/a"}', 250.0, False, "done"),
            ("find", "mcp", "{}", None, None, None),
            ("ask_boss", "custom", '{"q":1}', 2000.0, True, "done"),
        ]
        assert await rows(log, "SELECT path, reads, writes, edits FROM files_touched") == [("/a", 0, 1, 0)]
        assert await rows(log, "SELECT tool, answer FROM approvals") == [("find", None)]
        await log.close()

    run(story())


def test_model_requests_know_their_model_and_tokens_and_sum_up_by_day(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        start = event("span.model_request_start", processed_at="2026-01-01T00:00:00Z")
        usage = {
            "input_tokens": 10,
            "output_tokens": 20,
            "cache_creation_input_tokens": 30,
            "cache_read_input_tokens": 40,
        }
        end = event(
            "span.model_request_end",
            model_request_start_id=start.id,
            model_usage=usage,
            processed_at="2026-01-01T00:00:03Z",
        )
        body = {"model_request_start_id": start.id, "model": "claude-x"}
        await log.sessions.append(SESSION, [start, end], facts=[Fact("model.requested", SESSION, events.now(), body)])
        columns = "model, input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens"
        assert await rows(log, f"SELECT {columns}, duration_ms FROM model_requests") == [
            ("claude-x", 10, 20, 40, 30, 3000.0)
        ]
        assert await rows(log, f"SELECT day, requests, {columns} FROM usage_by_day") == [
            ("2026-01-01", 1, "claude-x", 10, 20, 40, 30)
        ]
        await log.close()

    run(story())


def test_sessions_egress_and_sandboxes_are_shown_from_documents_and_facts(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        now = events.now()
        await log.sessions.append(
            SESSION,
            [said("hi")],
            documents=[Document("session", SESSION, 1, {"title": "T", "agent": {"name": "A"}})],
            facts=[
                Fact("egress.decided", SESSION, now, {"host": "h", "port": 443, "allowed": False, "reason": "policy"}),
                Fact(
                    "sandbox.started",
                    SESSION,
                    now,
                    {"container_id": "c", "image": "i", "image_id": "s", "warnings": []},
                ),
                Fact("sandbox.ended", SESSION, now, {"container_id": "c", "reason": "idle"}),
            ],
        )
        assert await rows(log, "SELECT title, agent, status, events, last_text FROM sessions") == [
            ("T", "A", "idle", 1, "hi")
        ]
        assert await rows(log, "SELECT host, port, allowed, reason FROM egress") == [("h", 443, False, "policy")]
        assert await rows(log, "SELECT container_id, image, ended_at IS NULL, reason FROM sandboxes") == [
            ("c", "i", False, "idle")
        ]
        await log.close()

    run(story())


def test_days_and_hours_are_the_persons_and_moments_on_the_wire_are_utc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def asked(folder: Path) -> QueryResult:
        log = await open_log(folder)
        try:
            late = "TIMESTAMPTZ '2026-07-01 22:30:00Z'"
            return await log.questions.ask(
                f"SELECT {late} AS at, {late}::date AS day, hour({late}) AS hour", QueryLimits()
            )
        finally:
            await log.close()

    for zone, found, day, hour in (
        ("Europe/Berlin", "Europe/Berlin", "2026-07-02", 0),
        ("Nowhere/Land", "UTC", "2026-07-01", 22),
    ):
        monkeypatch.setenv("TZ", zone)
        result = run(asked(tmp_path))
        assert (result.time_zone, result.rows) == (found, (("2026-07-01T22:30:00.000000Z", day, hour),))
