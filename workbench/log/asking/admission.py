"""Which of people's statements may run: one that reads, and reads only what is meant for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import duckdb

from workbench.contracts.questions import QueryRefused
from workbench.log.asking import searches
from workbench.log.asking.error_hints import READING
from workbench.log.store.database import Connection

MOST_SQL_BYTES: Final = 100_000

_EXPLAIN: Final = re.compile(r"\s*explain\s+(analyze\s+)?(\([^()]*\)\s*)?", re.IGNORECASE)

_TABLE_FUNCTIONS: Final = frozenset(
    {
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_settings",
        "duckdb_types",
        "duckdb_views",
        "generate_series",
        "json_each",
        "json_tree",
        "range",
        searches.FUNCTION,
        "unnest",
    }
)
"""Those that read nothing but their arguments and the catalog. Others take a table's name as text (`query_table`)."""

_REFUSED_FUNCTIONS: Final = frozenset(
    {"query", "query_table", "getvariable", "getenv", "nextval", "currval", "write_log"}
)

_MOST_JOINED: Final = {
    "concat": 100,
    "concat_ws": 100,
    "path_join": 100,
    "list_concat": 10,
    "list_cat": 10,
    "array_concat": 10,
    "array_cat": 10,
}
"""How many values a function may put together: it does so for two thousand rows before it hears an interrupt."""
_MOST_CHAINED: Final = 20
"""With `||` each step makes a text of its own, so that all together grow with the square of their number."""
_MOST_FIELDS: Final = 50
_SPELLING: Final = frozenset(
    {"base64", "bin", "hex", "json_quote", "regexp_escape", "to_base64", "to_binary", "to_hex", "to_json", "url_encode"}
)
_MOST_SPELT: Final = 4
"""Each takes several signs for one of what it is given."""
_WITH_WIDTHS: Final = frozenset({"printf", "format"})
_REDUCING: Final = frozenset({"list_reduce", "array_reduce", "reduce"})
_JOINING: Final = frozenset({"||", *_MOST_JOINED, *_WITH_WIDTHS, "list_value", "list_append", "list_prepend"})
_LENGTHENING: Final = frozenset({"replace", "regexp_replace", "list_resize", "array_resize", *_SPELLING})
"""What may make several signs of each sign that it is given."""
_MOST_IN_ARRAY: Final = 10_000
_MOST_JOINS: Final = 100
"""Twice as many are planned for half a minute, and that hears no interrupt."""
_MOST_SAMPLED: Final = 1_000_000
"""The rows of a sample are kept beside the database's limit."""
_WIDE: Final = re.compile(r"\d{5}|\*|\{[^}]*\{")


def admit(cursor: Connection, sql: str) -> list[str]:
    """Let the statement pass or say why not; gives the texts that it searches for.

    Raises:
        QueryRefused: not one reading statement, or one that reads something else than the views.
    """
    if len(sql.encode(errors="replace")) > MOST_SQL_BYTES:
        raise QueryRefused(f"The statement is longer than {MOST_SQL_BYTES} bytes: shorten it.")
    try:
        statements = cursor.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryRefused(str(error)) from error
    if len(statements) != 1:
        raise QueryRefused(f"There are {len(statements)} statements: ask one at a time. {READING}")
    match statements[0].type:
        case duckdb.StatementType.SELECT:
            return _admit_select(cursor, sql)
        case duckdb.StatementType.EXPLAIN:
            return _admit_explain(cursor, sql)
        case duckdb.StatementType.MULTI:
            raise QueryRefused("PIVOT needs its values: write PIVOT … ON column IN ('one', 'two') USING count(*).")
        case other:
            raise QueryRefused(f"This is a statement of the kind {other.name}. {READING}")


def _admit_explain(cursor: Connection, sql: str) -> list[str]:
    explained = _EXPLAIN.match(sql)
    if explained is None:
        raise QueryRefused("Write EXPLAIN first, without a comment before it or behind it.")
    inner = sql[explained.end() :]
    statements = cursor.extract_statements(inner)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryRefused(f"Only a SELECT can be explained. {READING}")
    return _admit_select(cursor, inner)


def _admit_select(cursor: Connection, sql: str) -> list[str]:
    # All rows: an answer that is not read to its end keeps the cursor.
    [[serialized]] = cursor.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchall()
    try:
        tree = json.loads(serialized)
    except RecursionError:
        raise QueryRefused("The statement is nested too deep: take parts of it out into WITH.") from None
    if tree["error"]:
        raise QueryRefused(f"The statement cannot be read: {tree.get('error_message', 'no reason given')}. {READING}")
    joins = 0
    nodes = list(_nodes(tree))
    for node in nodes:
        _admit_node(node)
        joins += node.get("type") == "JOIN"
    if joins > _MOST_JOINS:
        raise QueryRefused(f"The statement joins more than {_MOST_JOINS} tables: join fewer.")
    return searches.wanted_by(nodes)


def _admit_node(node: dict[str, Any]) -> None:
    for name in ("schema_name", "schema"):
        if str(node.get(name, "")).lower() == "kept":
            raise QueryRefused("The schema kept is internal: ask the views, which SHOW TABLES lists.")
    sample = node.get("sample")
    if sample and not sample["is_percentage"] and sample["sample_size"]["value"] > _MOST_SAMPLED:
        raise QueryRefused(f"The sample is larger than {_MOST_SAMPLED:,} rows: take a smaller one.")
    function = str(node.get("function_name", "")).lower()
    if node.get("type") == "TABLE_FUNCTION":
        called = str(node["function"].get("function_name", "")).lower()
        if called not in _TABLE_FUNCTIONS:
            raise QueryRefused(
                f"The table function {called} is not for people's queries: ask the views, which SHOW TABLES lists."
            )
    if node.get("class") == "FUNCTION" and node.get("catalog"):
        raise QueryRefused(f"The function {function} has a catalog before its name: write only its name.")
    if function in _WITH_WIDTHS:
        _admit_format(function, node["arguments"])
    _admit_joined(function, node)
    if function in _REDUCING:
        _admit_reduced(function, node["arguments"])
    if _spelt(node) > _MOST_SPELT:
        raise QueryRefused(f"{function} of what is spelt out {_MOST_SPELT} times already: spell it once.")
    if node.get("class") == "TYPE" and _array_size(node) > _MOST_IN_ARRAY:
        raise QueryRefused(f"The array has more than {_MOST_IN_ARRAY:,} values: write a list, as in INTEGER[].")
    if function in _REFUSED_FUNCTIONS or function.startswith("pragma_"):
        raise QueryRefused(f"The function {function} is not for people's queries.")
    if node.get("type") == "SHOW_REF" and _names_internal(str(node.get("table_name", ""))):
        raise QueryRefused("The schema kept is internal: DESCRIBE one of the views, which SHOW TABLES lists.")


def _admit_joined(function: str, node: dict[str, Any]) -> None:
    most = _MOST_JOINED.get(function)
    if most is not None and len(node["arguments"]) > most:
        raise QueryRefused(f"{function} of more than {most} values: put fewer together at once.")
    if function == "||" and _chained(node) > _MOST_CHAINED:
        raise QueryRefused(f"More than {_MOST_CHAINED} values are put together with ||: write concat(…) instead.")


def _admit_reduced(function: str, arguments: list[dict[str, Any]]) -> None:
    """What doubles at each step of a list has filled the memory before it hears an interrupt."""
    given = [argument["expression"] for argument in arguments if argument["expression"].get("class") == "LAMBDA"]
    for one in given:
        left = one["lhs"]
        names = (left["arguments"][0]["expression"] if "arguments" in left else left).get("column_names")
        for node in _nodes(one["expr"]):
            step = str(node.get("function_name", "")).lower()
            uses = sum(part.get("column_names") == names for part in _nodes(node)) if step else 0
            if (step in _JOINING and uses > 1) or (step in _LENGTHENING and uses):
                raise QueryRefused(
                    f"{function}: {step} makes its result a multiple at each step: use it once, in || or concat."
                )


def _admit_format(function: str, arguments: list[dict[str, Any]]) -> None:
    """A width is part of the text: it may not make a text of gigabytes, nor come out of a value."""
    first = arguments[0]["expression"] if arguments else {}
    text = first.get("literal", {}).get("text") if first.get("type") == "VALUE_CONSTANT" else None
    if not isinstance(text, str) or _WIDE.search(text):
        raise QueryRefused(f"{function}: write the format as a text, with widths of at most four digits.")
    if text.count("{") + text.count("%") > _MOST_FIELDS:
        raise QueryRefused(f"{function}: the format has more than {_MOST_FIELDS} fields: write fewer.")


def _chained(node: dict[str, Any]) -> int:
    """How many values that are not constants stand in a chain of `||`, as far as it matters."""
    count, unseen = 0, [node]
    while unseen and count <= _MOST_CHAINED:
        part = unseen.pop()
        if part.get("function_name") == "||":
            unseen.extend(argument["expression"] for argument in part["arguments"])
        else:
            count += part.get("class") != "CONSTANT"
    return count


def _spelt(node: dict[str, Any]) -> int:
    depth = 0
    while str(node.get("function_name", "")).lower() in _SPELLING and depth <= _MOST_SPELT:
        depth += 1
        node = node["arguments"][0]["expression"] if node["arguments"] else {}
    return depth


def _array_size(node: dict[str, Any]) -> int:
    """How many values an array of this type has, with those of the arrays in it."""
    size = 1
    while node.get("type_name") == "array" and len(node["children"]) == 2:
        node, length = node["children"]
        written = length.get("literal", {}).get("text", "")
        size *= int(written) if written.isdecimal() else 1
    return size


def _names_internal(table_name: str) -> bool:
    return "kept" in table_name.lower().replace('"', "").split(".")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    unseen = [tree]
    while unseen:
        node = unseen.pop()
        if isinstance(node, dict):
            yield node
            unseen.extend(node.values())
        elif isinstance(node, list):
            unseen.extend(node)
