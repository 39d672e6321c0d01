"""What other agents leave of their sessions, in the shapes in which these programs wrote them, becomes sessions with the right counts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from workbench import events
from workbench.commands.other_agents import places
from workbench.commands.other_agents.session import OtherSession, moment
from workbench.commands.session_files import Outcome, exported_in, files_of

Json = dict[str, Any]
WHEN = "2026-11-28T10:00:{:02}.000Z"
FAILED = "hi\nProcess exited with code 3\n"


def _written(file: Path, lines: Sequence[Json]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(json.dumps(line) for line in lines) + '\n{"cut', encoding="utf-8")
    return file


def _read(path: Path) -> OtherSession:
    outcome = Outcome()
    for file in files_of(path, outcome):
        assert list(exported_in(file, [], outcome)) == []
    [session] = outcome.others
    for event in session.body()["events"]:
        events.parse(event)
    return session


def _told(session: OtherSession) -> list[Any]:
    """What was said and done, with the tokens of requests as uncached, cached and output."""
    told: list[Any] = []
    for event in session.body()["events"]:
        match event["type"]:
            case "span.model_request_end":
                used = event["model_usage"]
                told.append((used["input_tokens"], used["cache_read_input_tokens"], used["output_tokens"]))
            case "agent.tool_use":
                told.append((event["name"], event["input"].get("command")))
            case "agent.tool_result":
                told.append(("result", event["is_error"]))
            case "user.message" | "agent.message":
                told.append((event["type"].split(".")[0], event["content"][0]["text"]))
    return told


STORY = [
    ("user", "run it"),
    (400, 600, 50),
    ("bash", "exit 3"),
    ("result", True),
    (400, 600, 50),
    ("agent", "It failed."),
]


def test_codex_says_everything_twice_and_is_read_once(tmp_path: Path) -> None:
    def line(second: int, kind: str, **payload: Any) -> Json:
        return {"timestamp": WHEN.format(second), "ordinal": second, "type": kind, "payload": payload}

    usage = {"input_tokens": 1000, "cached_input_tokens": 600, "output_tokens": 50, "reasoning_output_tokens": 20}
    said = [{"type": "input_text", "text": "run it"}]
    context = [{"type": "input_text", "text": "<environment_context>\nRemember: always x\n</environment_context>"}]
    lines = [
        line(0, "session_meta", id="codex-1", cwd="/home/me/shop"),
        line(1, "turn_context", model="gpt-5", cwd="/home/me/shop"),
        line(2, "response_item", type="message", role="developer", content=said),
        line(3, "response_item", type="message", role="user", content=context),
        line(4, "response_item", type="message", role="user", content=said),
        line(5, "event_msg", type="item_completed", item={"type": "UserMessage", "content": said}),
        line(6, "token_usage_record", response_id="r1", usage=usage),
        line(
            7,
            "response_item",
            type="function_call",
            name="shell",
            call_id="c1",
            arguments='{"command": ["bash", "-lc", "exit 3"]}',
        ),
        line(8, "event_msg", type="item_completed", item={"type": "CommandExecution", "id": "c1", "exit_code": 3}),
        line(9, "response_item", type="function_call_output", call_id="c1", output="hi"),
        line(
            10,
            "event_msg",
            type="token_count",
            info={"total_token_usage": {"input_tokens": 2000, "output_tokens": 100}},
        ),
        line(11, "token_usage_record", response_id="r2", usage=usage),
        line(
            12,
            "response_item",
            type="message",
            role="assistant",
            content=[{"type": "output_text", "text": "It failed."}],
        ),
    ]
    session = _read(_written(tmp_path / "rollout-1.jsonl", lines))
    assert _told(session) == STORY
    assert (session.project, session.model, session.left_out["cut short"]) == ("/home/me/shop", "gpt-5", 1)
    totals = [
        line(0, "session_meta", id="codex-2"),
        *[
            line(
                n,
                "event_msg",
                type="token_count",
                info={
                    "total_token_usage": {
                        "input_tokens": n * 1000,
                        "cached_input_tokens": n * 600,
                        "output_tokens": n * 50,
                    }
                },
            )
            for n in (1, 2)
        ],
    ]
    assert _told(_read(_written(tmp_path / "old" / "rollout-2.jsonl", totals))) == [(400, 600, 50)] * 2
    assert _read(tmp_path / "old").id == _read(tmp_path / "old").id


def test_gemini_writes_a_message_again_and_the_last_counts(tmp_path: Path) -> None:
    tokens = {"input": 1000, "cached": 600, "output": 30, "thoughts": 20, "total": 1050}
    call = {
        "id": "c1",
        "name": "run_shell_command",
        "args": {"command": "exit 3"},
        "status": "success",
        "timestamp": WHEN.format(3),
    }
    result = [{"functionResponse": {"id": "c1", "response": {"output": "Output: hi\nExit Code: 3"}}}]
    answer: Json = {
        "id": "2",
        "timestamp": WHEN.format(2),
        "type": "gemini",
        "content": "",
        "tokens": tokens,
        "model": "gemini-2.5-pro",
    }
    lines: list[Json] = [
        {"sessionId": "g-1", "projectHash": "x", "startTime": WHEN.format(0), "kind": "main"},
        {
            "$set": {
                "messages": [
                    {"id": "0", "timestamp": WHEN.format(0), "type": "user", "content": "<session_context>always x"}
                ]
            }
        },
        {"id": "1", "timestamp": WHEN.format(1), "type": "user", "content": [{"text": "run it"}]},
        answer,
        answer | {"toolCalls": [call | {"result": result}]},
        {"id": "3", "timestamp": WHEN.format(4), "type": "user", "content": result},
        {"id": "4", "timestamp": WHEN.format(5), "type": "gemini", "content": "It failed.", "tokens": tokens},
    ]
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / ".project_root").write_text("/home/me/shop\n")
    session = _read(_written(tmp_path / "shop" / "chats" / "session-1.jsonl", lines))
    assert _told(session) == STORY
    assert session.project == "/home/me/shop"


@pytest.mark.parametrize("provenance", [{}, {"provenance": "real_user"}])
def test_qwen_has_a_tree_of_geminis_contents(tmp_path: Path, provenance: Json) -> None:
    usage = {
        "promptTokenCount": 1000,
        "cachedContentTokenCount": 600,
        "candidatesTokenCount": 50,
        "thoughtsTokenCount": 20,
    }

    def line(number: int, kind: str, parts: list[Json], **more: Any) -> Json:
        about: Json = {
            "uuid": f"u{number}",
            "parentUuid": f"u{number - 1}" if number else None,
            "sessionId": "q-1",
            "cwd": "/home/me/shop",
        }
        return about | {"timestamp": WHEN.format(number), "type": kind, "message": {"parts": parts}, **more}

    call = {"functionCall": {"id": "c1", "name": "run_shell_command", "args": {"command": "exit 3"}}}
    response = {"functionResponse": {"id": "c1", "response": {"output": "hi\nExit Code: 3"}}}
    lines = [
        line(0, "user", [{"text": "run it"}], **provenance),
        line(1, "assistant", [call], usageMetadata=usage, model="qwen3"),
        line(2, "tool_result", [response], toolCallResult={"callId": "c1", "status": "success", "resultDisplay": "hi"}),
        line(
            3,
            "assistant",
            [{"text": "hm", "thought": True}, {"text": "It failed."}],
            usageMetadata=usage,
            model="qwen3",
        ),
        line(4, "system", [], subtype="ui_telemetry"),
    ]
    session = _read(_written(tmp_path / "q.jsonl", lines))
    assert _told(session) == STORY
    assert session.model == "qwen3"


def test_opencode_and_crush_keep_a_database(tmp_path: Path) -> None:
    tokens = {"input": 400, "output": 30, "reasoning": 20, "cache": {"read": 600, "write": 0}}
    tool = {
        "type": "tool",
        "tool": "bash",
        "callID": "c1",
        "state": {"status": "completed", "input": {"command": "exit 3"}, "output": "hi", "metadata": {"exit": 3}},
    }
    with closing(sqlite3.connect(tmp_path / "opencode.db")) as database:
        database.executescript(
            "CREATE TABLE session (id, title, directory, time_created); CREATE TABLE message (id, session_id, data, time_created);"
            "CREATE TABLE part (id, message_id, data);"
        )
        database.execute("INSERT INTO session VALUES ('s1', 'A title', '/home/me/shop', 1)")
        for number, said, part in (
            (3, {"role": "assistant", "modelID": "m", "tokens": tokens}, {"type": "text", "text": "It failed."}),
            (1, {"role": "user"}, {"type": "text", "text": "run it"}),
            (2, {"role": "assistant", "modelID": "m", "tokens": tokens}, tool),
        ):
            made = 1_795_000_000_000 + number
            message: Json = said | {"time": {"created": made}}
            database.execute("INSERT INTO message VALUES (?, 's1', ?, ?)", (f"m{number}", json.dumps(message), made))
            database.execute("INSERT INTO part VALUES (?, ?, ?)", (f"p{number}", f"m{number}", json.dumps(part)))
        database.commit()
    session = _read(tmp_path)
    assert _told(session) == STORY
    assert (session.title, session.project) == ("A title", "/home/me/shop")
    project = tmp_path / "shop" / ".crush"
    project.mkdir(parents=True)
    with closing(sqlite3.connect(project / "crush.db")) as database:
        database.executescript(
            "CREATE TABLE sessions (id, title, created_at, prompt_tokens, completion_tokens);"
            "CREATE TABLE messages (id, session_id, role, parts, created_at);"
            "INSERT INTO sessions VALUES ('s1', 'T', 1, 10, 5);"
        )
        for number, (role, part) in enumerate(
            (
                ("user", {"type": "text", "data": {"text": "run it"}}),
                (
                    "assistant",
                    {"type": "tool_call", "data": {"id": "c1", "name": "bash", "input": '{"command": "exit 3"}'}},
                ),
                ("tool", {"type": "tool_result", "data": {"tool_call_id": "c1", "content": "hi", "is_error": True}}),
                ("assistant", {"type": "text", "data": {"text": "It failed."}}),
            )
        ):
            row = (f"m{number}", role, json.dumps([part]), 1_795_000_000 + number)
            database.execute("INSERT INTO messages VALUES (?, 's1', ?, ?, ?)", row)
        database.commit()
    crush = _read(tmp_path / "shop")
    assert _told(crush) == [one for one in STORY if not isinstance(one[0], int)]
    assert crush.project == str(tmp_path / "shop")


def test_vibe_keeps_chunks_and_a_journal(tmp_path: Path) -> None:
    folder, digest = tmp_path / "unified" / "v-1", "a" * 64
    generation, segment = "0000000000000016", "journal/0000000000000017.jsonl"
    for place in (f"generations/{generation}", "chunks", "journal"):
        (folder / place).mkdir(parents=True)
    about = {
        "session_id": "v-1",
        "title": None,
        "environment": {"working_directory": "/home/me/shop"},
        "config": {"active_model": "devstral", "model_name": "devstral"},
    }
    (folder / "meta.json").write_text(json.dumps(about))
    (folder / "CURRENT").write_text(json.dumps({"generation": generation, "snapshot_sequence": 16}))
    chunks = {"chunks": [digest], "path": "projection-state.json"}
    manifest = folder / "generations" / generation / "manifest.json"
    journal = {"first_sequence": 17, "path": segment}
    manifest.write_text(json.dumps({"projection_state": chunks, "recovery_journal_segment": journal}))
    when = 1_795_000_000_000
    text = [{"type": "text", "text": "run it"}]
    chunk = [
        {"id": "e0", "type": "message", "role": "user", "source": "reminder", "content": "always x", "createdAt": when},
        {"id": "e1", "type": "message", "role": "user", "source": "turn_start", "content": text, "createdAt": when},
        {
            "id": "e2",
            "type": "effect",
            "createdAt": when + 2,
            "detail": {"kind": "tool", "toolName": "file_system.bash", "input": {"command": "exit 3"}},
            "state": {"status": "in_progress"},
        },
    ]
    (folder / f"chunks/{digest}.json").write_text(json.dumps(chunk))
    given = {"type": "success", "content": [], "structured_content": {"returncode": 3, "stdout": "hi", "stderr": ""}}
    done = chunk[2] | {"state": {"status": "completed", "output": given}}
    answer = {"id": "e3", "type": "message", "role": "assistant", "content": "It failed.", "createdAt": when + 4}
    usage = {"input_tokens": 1000, "cached_input_tokens": 600, "output_tokens": 50, "total_tokens": 1050}

    def record(kind: str, payload: Json) -> Json:
        return {"type": kind, "payload": payload, "sequence": 1, "record_sha256": "x"}

    def requested(action: str, milliseconds: int) -> list[Json]:
        """What a request used stands twice: as it came, and as it went on to the agent, which alone says when."""
        reply = {"finish_reason": "stop", "parts": [], "usage": usage}
        ended = {"action_id": action, "result": reply, "type": "completion_succeeded"}
        taken = {"command": ended, "determinism": {"time_unix_ms": milliseconds}}
        return [record("action_result", {"action_id": action, "result": ended}), record("core_input", {"input": taken})]

    _written(folder / "journal/0000000000000001.jsonl", requested("a1", when + 1))
    deltas = [
        record("projection_delta", {"delta": [{"op": op, "entry": one}, {"op": "set_envelope", "state": {}}]})
        for op, one in (("replace_entry", done), ("append_entry", answer))
    ]
    _written(folder / segment, [*requested("a2", when + 3), *deltas])
    session = _read(tmp_path)
    assert _told(session) == [
        ("user", "run it"),
        (400, 600, 50),
        ("bash", "exit 3"),
        ("result", True),
        (400, 600, 50),
        ("agent", "It failed."),
    ]
    assert (session.project, session.model) == ("/home/me/shop", "devstral")
    manifest.write_text(json.dumps({"projection_state": {"chunks": ["../../x"]}}))
    with pytest.raises(ValueError, match="names a chunk"):
        _read(tmp_path)


def test_moments_are_read_in_texts_seconds_and_milliseconds() -> None:
    assert moment("2026-11-28T10:00:00+02:00") == "2026-11-28T08:00:00.000000Z"
    assert moment(1_795_000_000) == moment(1_795_000_000_000) == "2026-11-18T11:06:40.000000Z"
    assert [moment(odd) for odd in (None, True, "soon", -1, 10**30, "0001-01-01T00:00:00")] == [None] * 6


def test_what_lies_in_a_home_is_found_by_program(tmp_path: Path) -> None:
    _written(tmp_path / ".codex/sessions/2026/11/28/rollout-1.jsonl", [{}])
    _written(tmp_path / "elsewhere/projects/-home-me/x.jsonl", [{}])
    there = places.found(tmp_path, {"CLAUDE_CONFIG_DIR": str(tmp_path / "elsewhere")})
    assert [(place.program, place.files) for place in there] == [("Claude Code", 1), ("Codex", 1)]
