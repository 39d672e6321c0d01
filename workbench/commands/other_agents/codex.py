"""Codex: one file of JSON lines a session, in which everything is said twice; what the model saw is taken, and outcomes from beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from workbench.commands.other_agents.session import Json, OtherSession, count, moment, rows, table

PROGRAM: Final = "codex"
_CONTEXT: Final = ("<environment_context>", "<user_instructions>", "<permissions", "# AGENTS.md instructions")
_EXIT: Final = re.compile(r"(?:exited with code|Exit code:?)\s+(\d+)", re.IGNORECASE)


def is_codex(lines: Sequence[Json]) -> bool:
    return any(line.get("type") == "session_meta" and "payload" in line for line in lines[:20])


def session_of(lines: Sequence[Json], place: Path) -> OtherSession | None:
    """The session of one file."""
    head = next((table(line["payload"]) for line in lines if line.get("type") == "session_meta"), {})
    session = OtherSession(PROGRAM, str(head.get("id") or place.stem), place=place)
    session.project = head["cwd"] if isinstance(head.get("cwd"), str) else None
    exits = _exits(lines)
    model, totals = "", (0, 0, 0)
    has_records = any(line.get("type") == "token_usage_record" for line in lines)
    for number, line in enumerate(lines):
        payload, when = table(line.get("payload")), moment(line.get("timestamp"))
        if when is None:
            session.left_out["lines without a moment"] += 1
            continue
        key = f"{line.get('ordinal', number)}"
        match line.get("type"):
            case "turn_context":
                model = str(payload.get("model") or model)
            case "response_item":
                _item(session, key, when, payload, exits)
            case "token_usage_record":
                _used(session, str(payload.get("response_id") or key), when, model, table(payload.get("usage")))
            case "event_msg":
                totals = _event(session, key, when, payload, model, totals, takes_counts=not has_records)
            case "session_meta" | "world_state" | "compacted":
                pass
            case _:
                session.left_out["records of the program"] += 1
    return None if session.is_empty else session


def _exits(lines: Sequence[Json]) -> dict[str, bool]:
    """By call, whether its command failed."""
    found: dict[str, bool] = {}
    for line in lines:
        payload = table(line.get("payload"))
        item = table(payload.get("item"))
        if payload.get("type") == "item_completed" and item.get("type") == "CommandExecution":
            code = item.get("exit_code", item.get("exitCode"))
            found[str(item.get("id"))] = code != 0 if isinstance(code, int) else item.get("status") == "failed"
        elif payload.get("type") == "exec_command_end":
            found[str(payload.get("call_id"))] = payload.get("exit_code") != 0
    return found


def _item(session: OtherSession, key: str, when: str, item: Json, exits: dict[str, bool]) -> None:
    call_id = str(item.get("call_id"))
    match item.get("type"):
        case "message" if item.get("role") == "assistant":
            session.answered(key, when, _text(item.get("content")))
        case "message" if item.get("role") == "user":
            text = _text(item.get("content"))
            if text.lstrip().startswith(_CONTEXT):
                session.left_out["texts of the program"] += 1
            else:
                session.said(key, when, text)
        case "function_call":
            session.called(key, when, call_id, str(item.get("name") or ""), item.get("arguments"))
        case "custom_tool_call":
            session.called(key, when, call_id, str(item.get("name") or ""), item.get("input"))
        case "local_shell_call":
            session.called(key, when, call_id, "local_shell", table(item.get("action")))
        case "function_call_output" | "custom_tool_call_output":
            output = item.get("output")
            text = output if isinstance(output, str) else _text(table(output).get("content") or output)
            code = _EXIT.search(text[:400])
            is_error = exits.get(call_id, bool(code and code[1] != "0"))
            session.gave(key, when, call_id, text, is_error=is_error)
        case _:
            session.left_out["thoughts and records of the program"] += 1


def _event(
    session: OtherSession,
    key: str,
    when: str,
    event: Json,
    model: str,
    totals: tuple[int, int, int],
    *,
    takes_counts: bool,
) -> tuple[int, int, int]:
    """What only the interface is told; where requests have no record of their own, what the running totals grew by is one."""
    match event.get("type"):
        case "turn_aborted":
            session.interrupted(key, when)
        case "error" | "stream_error":
            session.failed(key, when, str(event.get("message") or "an error without words"))
        case "token_count" if takes_counts and (total := table(table(event.get("info")).get("total_token_usage"))):
            now = (
                count(total.get("input_tokens")),
                count(total.get("cached_input_tokens")),
                count(total.get("output_tokens")),
            )
            grown = [max(0, new - old) for new, old in zip(now, totals, strict=True)]
            if any(grown):
                usage = dict(zip(("input_tokens", "cached_input_tokens", "output_tokens"), grown, strict=True))
                _used(session, key, when, model, usage)
            return now
    return totals


def _used(session: OtherSession, key: str, when: str, model: str, usage: Json) -> None:
    whole, cached = count(usage.get("input_tokens")), count(usage.get("cached_input_tokens"))
    session.requested_whole(key, when, model, whole=whole, cached=cached, output=count(usage.get("output_tokens")))


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or "") for part in rows(content) if part.get("text"))
