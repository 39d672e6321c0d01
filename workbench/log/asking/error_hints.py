"""Error hints: what to write instead, for the mistakes that people make who come from other databases."""

from __future__ import annotations

import re
from typing import Final

MOST_CANDIDATES: Final = 4
READING: Final = (
    "Only reading is possible: write one SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES or EXPLAIN."
)

_INSTEAD: Final = {
    "charindex": "instr(text, part)",
    "convert": "CAST(value AS type)",
    "curdate": "today()",
    "date_format": "strftime(moment, '%Y-%m-%d')",
    "datetime": "now(), or CAST('2026-01-31' AS TIMESTAMPTZ)",
    "find_in_set": "list_contains(string_split(text, ','), part)",
    "from_unixtime": "to_timestamp(seconds)",
    "getdate": "now()",
    "isnull": "coalesce(value, other), or value IS NULL",
    "julianday": "epoch(moment) / 86400",
    "locate": "instr(text, part)",
    "nvl": "coalesce(value, other)",
    "str_to_date": "strptime(text, '%Y-%m-%d')",
    "substring_index": "split_part(text, separator, number)",
    "sysdate": "now()",
    "timestampdiff": "date_diff('minute', since, until)",
    "to_char": "strftime(moment, '%Y-%m-%d')",
    "unix_timestamp": "epoch(moment)",
    "utc_timestamp": "now()",
}
_ADVICE: Final = (
    (r"Table with name .* does not exist", "SHOW TABLES lists the views."),
    (r"Referenced column .* not found in FROM", "DESCRIBE and the name of a view lists its columns."),
    (r"\* expression without FROM", "Write from which view, as in SELECT * FROM events; SHOW TABLES lists the views."),
    (
        r"because the FROM clause is missing",
        "Write FROM and a view behind it, and texts in single quotes, as in 'this'.",
    ),
    (
        r"unterminated (string|quoted)",
        "A quote has no other: texts stand in single quotes, and one inside a text is written twice, as in 'it''s'.",
    ),
    (r"WHERE clause cannot contain aggregates", "Write the condition after GROUP BY, as in HAVING count(*) > 1."),
    (r"'date_sub\(TIM|'date_sub\(DATE", "Write now() - INTERVAL 1 DAY."),
    (r"argument types '[-+]\((TIMESTAMP|DATE)", "Write an interval, as in now() - INTERVAL 7 DAY, or today() - 7."),
    (r"argument types '\+\(.*(VARCHAR|STRING_LITERAL)", "Texts are put together with ||."),
)
_IN_STATEMENT: Final = (
    (r"\bselect\s+top\s+\d+", "Write LIMIT 10 at the end instead of TOP 10."),
    (r"\blimit\s+\d+\s*,\s*\d+", "Write LIMIT 20 OFFSET 10 instead of LIMIT 10, 20."),
)


def advised(message: str, sql: str) -> str:
    """The database's message and, if it is known, what to write instead; of the functions that it might have been, a few."""
    before, heading, after = message.partition("\tCandidate functions:\n")
    if advice := _advice(message, sql):
        return f"{before.rstrip()}\n{advice}"
    candidates = [line for line in after.splitlines() if line.startswith("\t")]
    if len(candidates) <= MOST_CANDIDATES:
        return message
    more = f"\t… and {len(candidates) - MOST_CANDIDATES} more"
    return before + heading + "\n".join([*candidates[:MOST_CANDIDATES], more])


def _advice(message: str, sql: str) -> str | None:
    quoted = re.search(r'Referenced column "(.*?)" (not found|was not found)', message)
    if quoted and f'"{quoted[1]}"' in sql:
        return f"Texts stand in single quotes: write '{quoted[1]}'. Double quotes are for names."
    unknown = re.search(r"Function with name (\w+) does not exist", message)
    if unknown:
        instead = _INSTEAD.get(unknown[1].lower())
        return (
            f"Write {instead}." if instead else "SELECT DISTINCT function_name FROM duckdb_functions() lists them all."
        )
    if message.startswith("Parser Error"):
        for pattern, advice in _IN_STATEMENT:
            if re.search(pattern, sql, re.IGNORECASE):
                return advice
        if not re.match(
            r"\W*(select|from|with|values|describe|summarize|show|explain|pivot|unpivot)\b", sql, re.IGNORECASE
        ):
            return READING
    return next((advice for pattern, advice in _ADVICE if re.search(pattern, message)), None)
