#!/usr/bin/env bash
# DuckDB 2.0.0 (PyPI duckdb): three things in which its JSON and its casts differ from what the words promise.
#
# 1. json_valid() says true for NaN and Infinity, which JSON has not: a column that was checked with it still holds text that
#    strict readers (json.loads with parse_constant, pydantic, most other languages) refuse.
# 2. One row whose text has half a surrogate pair (\ud800) makes a json_extract_string over the whole column raise, so the other
#    rows cannot be asked; json_valid() does tell such a row.
# 3. A list parameter cast to BIGINT[] takes 1.5 and 2.5 in silence and makes both of them 2 (half to even), no error.
#
# Seen on 2026-11-28 with Python 3.11:
#   [(True, True)]
#   InvalidInputException: Malformed JSON
#   [(1,), (2,), (2,)]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check duckdb==2.0.0
"$folder/venv/bin/python" - <<'PY'
import duckdb

connection = duckdb.connect()
valid = connection.execute("""SELECT json_valid('{"a": NaN}'), json_valid('{"a": Infinity}')""").fetchall()
print(valid)
assert valid == [(True, True)]

connection.execute("""CREATE TABLE said AS FROM (VALUES (1, '{"a": "x"}'), (2, '{"a": "\\ud800"}')) AS v(i, body)""")
assert connection.execute("SELECT i, json_valid(body) FROM said ORDER BY i").fetchall() == [(1, True), (2, False)]
try:
    connection.execute("SELECT json_extract_string(body, '$.a') FROM said").fetchall()
except duckdb.InvalidInputException as refused:
    print(f"{type(refused).__name__}: {str(refused).partition(': ')[2][:14]}")
    assert "Malformed JSON" in str(refused)
else:
    raise AssertionError("the whole column was read")

rounded = connection.execute("SELECT unnest(?::BIGINT[])", [[1, 1.5, 2.5]]).fetchall()
print(rounded)
assert rounded == [(1,), (2,), (2,)]
PY
