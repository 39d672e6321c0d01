"""The team's lake: each event once whatever is sent twice or cut off, rows of each machine apart, and what is unshared taken out."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.log import lake
from workbench.log.lake import Lake, beyond, has_password

PARQUET = """COPY (SELECT 's' || s AS session_id, q AS seq, 'sevt_' || s || '_' || q AS id, 'agent.message' AS type, NULL::VARCHAR AS thread_id,
    TIMESTAMPTZ '2026-11-01 10:00:00+00' AS processed_at, '{}' AS body
    FROM range(1, 3) AS a(s), range(1, ? + 1) AS b(q) WHERE q > ?) TO '%s' (FORMAT parquet)"""
RECORDS = """COPY (SELECT 's' || s AS session_id, 'title' AS title, 'a' AS agent, 'm' AS model, NULL::VARCHAR AS project,
    TIMESTAMPTZ '2026-11-01 10:00:00+00' AS created_at, NULL::TIMESTAMPTZ AS archived_at, 'idle' AS status, 'end_turn' AS stop_reason,
    ? AS events, 1.0 AS active_seconds, 10 AS input_tokens, 5 AS output_tokens, 0.5 AS usd, 'x' AS last_text
    FROM range(1, 3) AS a(s)) TO '%s' (FORMAT parquet)"""


def _team(folder: Path, machine: str = "desk") -> Lake:
    """A database in the place of a DuckLake: the statements are the same."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{folder / 'lake.duckdb'}' AS lake")
    found = Lake(connection, machine, f"person at {machine}")
    found.prepare()
    return found


def _batch(folder: Path, through: int, after: int = 0) -> tuple[Path, Path]:
    events, sessions = folder / f"e{through}_{after}.parquet", folder / f"s{through}.parquet"
    duckdb.execute(PARQUET % events, [through, after])
    duckdb.execute(RECORDS % sessions, [through])
    return events, sessions


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 12), st.booleans()), min_size=1, max_size=8))
def test_each_event_is_there_once_and_in_full_whatever_is_sent_again_or_cut_off(
    tmp_path_factory: pytest.TempPathFactory, sent: list[tuple[int, int, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    team = _team(folder)
    reached = 0
    for through, again, is_cut in sent:
        # What is there is asked first; some of it is sent again.
        start = max(0, reached - again)
        batch = _batch(folder, max(through, start), start)
        if is_cut:
            broken = folder / "broken.parquet"
            broken.write_bytes(b"not parquet")
            with pytest.raises(duckdb.Error):
                team.push(batch[0], broken)
            continue
        team.push(*batch)
        reached = max(reached, through)
    rows = team.ask("SELECT session_id, count(*), count(DISTINCT seq), coalesce(max(seq), 0) FROM events GROUP BY ALL")[
        1
    ]
    assert sorted(rows) == ([(f"s{one}", reached, reached, reached) for one in (1, 2)] if reached else [])
    assert team.known() == ({"s1": reached, "s2": reached} if reached else {})


def test_machines_and_people_stand_apart_a_session_has_one_row_and_what_is_unshared_is_gone(tmp_path: Path) -> None:
    team = _team(tmp_path)
    team.push(*_batch(tmp_path, 3))
    team.push(*_batch(tmp_path, 5, 3))
    team.connection.close()
    other = _team(tmp_path, "laptop")
    assert other.known() == {}
    assert other.push(*_batch(tmp_path, 4)) == 8
    other.remove(["s1"])
    columns, rows = other.ask("SELECT machine, person, session_id, events FROM sessions ORDER BY ALL")
    assert columns == ["machine", "person", "session_id", "events"]
    assert rows == [
        ("desk", "person at desk", "s1", 5),
        ("desk", "person at desk", "s2", 5),
        ("laptop", "person at laptop", "s2", 4),
    ]
    assert other.ask("SELECT machine, count(*) FROM events GROUP BY ALL ORDER BY ALL")[1] == [
        ("desk", 10),
        ("laptop", 4),
    ]
    other.tidy()


def test_the_next_events_are_asked_from_where_the_lake_ends_and_no_name_ends_the_statement() -> None:
    statement = beyond({"a": 7}, ["b'; drop table x; --", "a"])
    assert "(e.session_id = 'a' AND e.seq > 7)" in statement
    assert "(e.session_id = 'b''; drop table x; --' AND e.seq > 0)" in statement
    for secret in ("postgres:dbname=x password=y", "postgres:postgresql://me:pw@db/x", "Password = z"):
        assert has_password(secret)
    for plain in (
        "postgres:dbname=x host=db",
        "lake.ducklake",
        "s3://team/agents/",
        "postgres:postgresql://me@db:5432/x",
    ):
        assert not has_password(plain)


def test_a_lake_that_cannot_be_opened_says_so_in_the_databases_words(tmp_path: Path) -> None:
    with pytest.raises(lake.LakeFailed), lake.opened(f"nosuch:{tmp_path}/x", str(tmp_path), "desk", "me"):
        raise AssertionError("it was opened")
