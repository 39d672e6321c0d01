"""opencode and Crush: a SQLite database of sessions and messages, read together with what is still in its log beside it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from workbench.commands.other_agents.session import Json, OtherSession, count, moment, rows, table

OPENCODE: Final = "opencode"
CRUSH: Final = "crush"


class Unreadable(ValueError):
    """A database that is none of these programs', or that is damaged."""


def sessions_in(place: Path) -> Iterator[OtherSession]:
    """The sessions of a database.

    Raises:
        Unreadable: it is neither opencode's nor Crush's, or cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            names = {
                str(row["name"]) for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            if {"session", "message", "part"} <= names:
                yield from _opencode(database, place)
            elif {"sessions", "messages"} <= names:
                yield from _crush(database, place)
            else:
                raise Unreadable("the database is neither opencode's nor Crush's")
    except sqlite3.Error as error:
        raise Unreadable(f"the database cannot be read: {error}") from error


def _opencode(database: sqlite3.Connection, place: Path) -> Iterator[OtherSession]:
    for row in database.execute("SELECT * FROM session ORDER BY time_created"):
        session = OtherSession(OPENCODE, str(row["id"]), place=place)
        session.title, session.project = str(row["title"] or ""), row["directory"]
        messages = database.execute("SELECT id, data, time_created FROM message WHERE session_id = ?", (row["id"],))
        read = [(str(one["id"]), _object(one["data"]), one["time_created"]) for one in messages]
        # Answers are siblings: their order is that of their moments.
        for key, message, made in sorted(
            read, key=lambda one: (table(one[1].get("time")).get("created") or one[2] or 0, one[0])
        ):
            _opencode_message(database, session, key, message, made)
        if not session.is_empty:
            yield session


def _opencode_message(database: sqlite3.Connection, session: OtherSession, key: str, message: Json, made: Any) -> None:
    when = moment(table(message.get("time")).get("created") or made)
    if when is None:
        session.left_out["messages without a moment"] += 1
        return
    is_user = message.get("role") == "user"
    tokens = table(message.get("tokens"))
    if not is_user and tokens:
        cache = table(tokens.get("cache"))
        session.requested(
            key,
            when,
            str(message.get("modelID") or ""),
            read=count(tokens.get("input")),
            cached=count(cache.get("read")),
            written=count(cache.get("write")),
            output=count(tokens.get("output")) + count(tokens.get("reasoning")),
        )
    for part in database.execute("SELECT id, data FROM part WHERE message_id = ? ORDER BY id", (key,)):
        _opencode_part(session, f"{key} {part['id']}", when, _object(part["data"]), is_user=is_user)
    if error := table(message.get("error")):
        session.failed(
            f"{key} error", when, str(table(error.get("data")).get("message") or error.get("name") or "an error")
        )


def _opencode_part(session: OtherSession, key: str, when: str, part: Json, *, is_user: bool) -> None:
    match part.get("type"):
        case "text" if is_user:
            if part.get("synthetic"):
                session.left_out["texts of the program"] += 1
            else:
                session.said(key, when, str(part.get("text") or ""))
        case "text":
            session.answered(key, when, str(part.get("text") or ""))
        case "tool":
            state = table(part.get("state"))
            span, call_id = table(state.get("time")), str(part.get("callID"))
            session.called(
                key, moment(span.get("start")) or when, call_id, str(part.get("tool") or ""), state.get("input")
            )
            code = table(state.get("metadata")).get("exit")
            is_error = state.get("status") == "error" or (isinstance(code, int) and code != 0)
            if state.get("status") in ("completed", "error"):
                text = str(state.get("output") or state.get("error") or "")
                session.gave(f"{key} result", moment(span.get("end")) or when, call_id, text, is_error=is_error)
        case _:
            session.left_out["records of the program"] += 1


def _crush(database: sqlite3.Connection, place: Path) -> Iterator[OtherSession]:
    for row in database.execute("SELECT * FROM sessions ORDER BY created_at"):
        session = OtherSession(CRUSH, str(row["id"]), place=place)
        session.title = str(row["title"] or "")
        # It lies in the project's folder.
        session.project = str(place.absolute().parent.parent) if place.parent.name == ".crush" else None
        for message in database.execute(
            "SELECT * FROM messages WHERE session_id = ? ORDER BY created_at", (row["id"],)
        ):
            when, key = moment(message["created_at"]), str(message["id"])
            if when is None or dict(message).get("is_summary_message"):
                session.left_out["messages without a moment" if when is None else "texts of the program"] += 1
                continue
            for number, part in enumerate(rows(_value(message["parts"]))):
                _crush_part(session, f"{key} {number}", when, str(message["role"]), part)
        used = dict(row)
        if count(used.get("prompt_tokens")) or count(used.get("completion_tokens")):
            session.left_out["sums of tokens, which Crush does not keep by request"] += 1
        if not session.is_empty:
            yield session


def _crush_part(session: OtherSession, key: str, when: str, role: str, part: Json) -> None:
    said = table(part.get("data"))
    match part.get("type"):
        case "text" if role == "user" and not said.get("hidden"):
            session.said(key, when, str(said.get("text") or ""))
        case "text" if role == "assistant":
            session.answered(key, when, str(said.get("text") or ""))
        case "tool_call":
            session.called(key, when, str(said.get("id")), str(said.get("name") or ""), said.get("input"))
        case "tool_result":
            text, call_id = str(said.get("content") or ""), str(said.get("tool_call_id"))
            session.gave(key, when, call_id, text, is_error=bool(said.get("is_error")))
        case _:
            session.left_out["records of the program"] += 1


def _object(text: Any) -> Json:
    return table(_value(text))


def _value(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None
