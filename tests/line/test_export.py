"""Sessions leave as files and come in again, elsewhere and from other programs, and are asked like one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet

from tests.line.installation import installation
from tests.messages_server import text


def test_what_is_exported_comes_in_again_elsewhere_to_the_letter(tmp_path: Path) -> None:
    with installation([text("It is Ærø."), text("Done.")]) as here:
        assert here.say("run", "--title", "islands", "Which island?").code == 0
        assert here.say("run", "two").code == 0
        counts = here.json("export", str(tmp_path / "past"))
        assert len(counts) == 2
        ids = sorted(counts)
        before = {session_id: here.events(session_id) for session_id in ids}
        table = pyarrow.parquet.read_table(tmp_path / "past" / "messages.parquet")
        assert "It is Ærø." in table.column("text").to_pylist()
        known = here.json("export", "--import", str(tmp_path / "past"))
        assert (known["taken"], sorted(known["known"])) == ([], ids)
    with installation(offline=True) as there:
        taken = there.json("export", "--import", str(tmp_path / "past"))
        assert (sorted(taken["taken"]), taken["failed"]) == (ids, {})
        assert {session_id: there.events(session_id) for session_id in ids} == before
        [row] = there.json("sql", "select title, agent from sessions where title = 'islands'")
        assert row["agent"] == "default"
        assert len(there.json("sql", "from search('ærø island')")) == 0
        assert len(there.json("sql", "from search('ærø')")) == 1
        assert there.say("send", ids[0], "go on").code == 2


def _lines(*lines: dict[str, Any]) -> str:
    common = {"sessionId": "0f0f-1", "cwd": "/home/anna/api", "isSidechain": False}
    stamped = [
        common | {"uuid": f"u{number}", "timestamp": f"2026-01-02T10:00:{number:02}.123Z"} | line
        for number, line in enumerate(lines)
    ]
    return "\n".join(json.dumps(line) for line in stamped) + '\n{"type": "user", "cut sho'


def _assistant(answer: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    usage = {"input_tokens": 7, "output_tokens": 3, "cache_read_input_tokens": 100, "service_tier": "standard"}
    message = {"id": answer, "role": "assistant", "model": "claude-opus-5-5", "content": list(blocks), "usage": usage}
    return {"type": "assistant", "message": message}


def _user(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": content}, **more}


def test_a_transcript_of_claude_code_is_ones_past_from_the_first_day(tmp_path: Path) -> None:
    folder = tmp_path / "projects" / "-home-anna-api"
    folder.mkdir(parents=True)
    (folder / "0f0f-1.jsonl").write_text(
        _lines(
            {"type": "summary", "summary": "The flaky cart", "leafUuid": "x"},
            _user("<command-name>/clear</command-name>"),
            _user("meta", isMeta=True),
            _user("No, use pnpm instead of npm."),
            _assistant("msg_1", {"type": "thinking", "thinking": "…"}, {"type": "text", "text": "I will."}),
            _assistant(
                "msg_1", {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "pnpm test"}}
            ),
            _user([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "1 failed", "is_error": True}]),
            _assistant("msg_2", {"type": "tool_use", "id": "toolu_2", "name": "mcp__db__query", "input": {"q": 1}}),
            _user([{"type": "tool_result", "tool_use_id": "toolu_2", "content": [{"type": "text", "text": "row"}]}]),
            _user("of a helper", isSidechain=True),
            _user([{"type": "text", "text": "Remember that the cart uses port 7070."}]),
        )
    )
    (folder / "empty.jsonl").write_text("")
    (folder / "broken.jsonl").write_bytes(b"\xff\xfe")
    with installation(offline=True) as here:
        taken = here.json("export", "--import", str(tmp_path / "projects"))
        [session_id] = taken["taken"]
        assert [Path(name).name for name in taken["failed"]] == ["broken.jsonl"]
        assert here.json("export", "--import", str(tmp_path / "projects"))["known"] == [session_id]
        [session] = here.json("sql", "select title, agent, created_at from sessions")
        assert (session["title"], session["agent"]) == ("The flaky cart", "claude-code")
        said = here.json("sql", "select sender, text from messages order by seq")
        assert [(one["sender"], one["text"]) for one in said] == [
            ("user", "No, use pnpm instead of npm."),
            ("agent", "I will."),
            ("user", "Remember that the cart uses port 7070."),
        ]
        calls = here.json("sql", "select tool, kind, is_error, result from tool_calls order by seq")
        assert [tuple(call.values()) for call in calls] == [
            ("bash", "built-in", True, "1 failed"),
            ("query", "mcp", False, "row"),
        ]
        [used] = here.json("sql", "select model, requests, input_tokens from usage_by_day")
        assert used == {"model": "claude-opus-5-5", "requests": 2, "input_tokens": 14}
        dream = here.json("dream")
        assert [one["text"] for one in dream["workbench"]["proposals"]] == ["The cart uses port 7070."]


def test_what_cannot_be_taken_in_says_why() -> None:
    with installation(offline=True) as here:
        assert "is not there" in here.say("export", "--import", str(here.home / "nowhere")).err
        (here.home / "empty").mkdir()
        assert "no .jsonl file" in here.say("export", "--import", str(here.home / "empty")).err
