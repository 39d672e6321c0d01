"""Gemini CLI and Qwen Code: JSON lines with Gemini's contents; the one writes a message again when it has changed, the other a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from workbench.commands.claude_code.lines import abandoned
from workbench.commands.other_agents.session import Json, OtherSession, count, moment, rows, table

GEMINI: Final = "gemini-cli"
QWEN: Final = "qwen-code"
_EXIT: Final = re.compile(r"Exit Code:\s*(\d+)")
_CONTEXT: Final = "<session_context>"


def is_gemini(lines: Sequence[Json]) -> bool:
    return bool(lines) and "sessionId" in lines[0] and "projectHash" in lines[0]


def is_qwen(lines: Sequence[Json]) -> bool:
    return any("sessionId" in line and "parts" in table(line.get("message")) for line in lines[:20])


# ── Gemini CLI ────────────────────────────────────────────────────────────────────────────────────────────────────────


def session_of_gemini(lines: Sequence[Json], place: Path) -> OtherSession | None:
    """The session of one file; of a message that stands there several times the last state counts."""
    head, messages = dict(lines[0]), dict[str, Json]()
    for line in lines[1:]:
        change = table(line.get("$set"))
        if change:
            head |= {name: value for name, value in change.items() if name != "messages"}
            if isinstance(change.get("messages"), list):
                messages = {str(one.get("id")): one for one in rows(change["messages"])}
        elif line.get("id"):
            messages[str(line["id"])] = line
    session = OtherSession(GEMINI, str(head["sessionId"]), place=place)
    session.project = _root(place)
    session.title = str(head.get("summary") or "")
    for key, message in messages.items():
        when = moment(message.get("timestamp"))
        if when is None:
            session.left_out["lines without a moment"] += 1
            continue
        match message.get("type"):
            case "user":
                text = _text(message.get("content"))
                if text.lstrip().startswith(_CONTEXT) or not text.strip():
                    session.left_out["texts of the program"] += 1
                else:
                    session.said(key, when, text)
            case "gemini":
                _gemini_answer(session, key, when, message)
            case "error":
                session.failed(key, when, _text(message.get("content")))
            case _:
                session.left_out["records of the program"] += 1
    return None if session.is_empty else session


def _gemini_answer(session: OtherSession, key: str, when: str, message: Json) -> None:
    tokens = table(message.get("tokens"))
    if tokens:
        # Thoughts stand beside the output and are paid as such.
        output = count(tokens.get("output")) + count(tokens.get("thoughts"))
        whole, cached = count(tokens.get("input")), count(tokens.get("cached"))
        session.requested_whole(key, when, str(message.get("model") or ""), whole=whole, cached=cached, output=output)
    session.answered(f"{key} text", when, _text(message.get("content")))
    for call in rows(message.get("toolCalls")):
        call_id = str(call.get("id"))
        at = moment(call.get("timestamp")) or when
        session.called(f"{key} {call_id}", at, call_id, str(call.get("name") or ""), call.get("args"))
        text = "\n".join(_results(call.get("result"))) or str(call.get("resultDisplay") or "")
        code = _EXIT.search(text)
        is_error = call.get("status") in ("error", "cancelled") or bool(code and code[1] != "0")
        session.gave(f"{key} {call_id} result", at, call_id, text, is_error=is_error)


def _root(place: Path) -> str | None:
    """The project, as the file beside the folder of chats names it."""
    try:
        return (place.parent.parent / ".project_root").read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


# ── Qwen Code ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def session_of_qwen(lines: Sequence[Json], place: Path) -> OtherSession | None:
    """The session of one file: a tree of lines, of which the branch that ends last is the one that lived."""
    session = OtherSession(QWEN, str(next(line["sessionId"] for line in lines if line.get("sessionId"))), place=place)
    session.project = next((str(line["cwd"]) for line in lines if line.get("cwd")), None)
    left = abandoned(lines)
    for number, line in enumerate(lines):
        key, when = str(line.get("uuid") or number), moment(line.get("timestamp"))
        if when is None:
            session.left_out["lines without a moment"] += 1
            continue
        parts = rows(table(line.get("message")).get("parts"))
        is_left = line.get("uuid") in left
        match line.get("type"):
            case "user" if line.get("provenance", "real_user") == "real_user" and not is_left:
                session.said(key, when, _text(parts))
            case "assistant":
                _qwen_used(session, key, when, line)
                if not is_left:
                    session.answered(key, when, _text([part for part in parts if not part.get("thought")]))
                    for call in (table(part["functionCall"]) for part in parts if part.get("functionCall")):
                        call_id = str(call.get("id"))
                        session.called(f"{key} {call_id}", when, call_id, str(call.get("name") or ""), call.get("args"))
            case "tool_result" if not is_left:
                _qwen_result(session, key, when, table(line.get("toolCallResult")), parts)
            case _:
                session.left_out["lines that a rewind left behind" if is_left else "records of the program"] += 1
    return None if session.is_empty else session


def _qwen_used(session: OtherSession, key: str, when: str, line: Json) -> None:
    usage = table(line.get("usageMetadata"))
    if usage:
        whole, cached = count(usage.get("promptTokenCount")), count(usage.get("cachedContentTokenCount"))
        output = count(usage.get("candidatesTokenCount"))
        session.requested_whole(key, when, str(line.get("model") or ""), whole=whole, cached=cached, output=output)


def _qwen_result(session: OtherSession, key: str, when: str, told: Json, parts: Sequence[Json]) -> None:
    response = next((table(part["functionResponse"]) for part in parts if part.get("functionResponse")), {})
    call_id = str(told.get("callId") or response.get("id"))
    code = table(told.get("resultDisplay")).get("exitCode")
    text = "\n".join(_results(parts))
    if not isinstance(code, int) and (told_code := _EXIT.search(text)):
        code = int(told_code[1])
    is_error = told.get("status") in ("error", "cancelled") or (isinstance(code, int) and code != 0)
    session.gave(key, when, call_id, text, is_error=is_error)


# ── Gemini's contents ─────────────────────────────────────────────────────────────────────────────────────────────────


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part["text"]) for part in rows(content) if part.get("text") and not part.get("thought"))


def _results(parts: Any) -> Iterator[str]:
    """The texts of function responses."""
    for part in rows(parts):
        response = table(table(part.get("functionResponse")).get("response"))
        text = response.get("output", response.get("error"))
        if isinstance(text, str):
            yield text
