"""Transcripts of Claude Code, file by file and line by line: what becomes an event of whom, what it cost, and what is left out."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from workbench import events
from workbench.commands.claude_code.folder import Session, sessions_of, transcript_of
from workbench.commands.claude_code.lines import read_lines
from workbench.commands.import_following import parts_of

Line = dict[str, Any]
_numbers = itertools.count(1)


def line(kind: str, content: Any, **more: Any) -> Line:
    """One placed line; each is a moment later than the one made before it."""
    number = next(_numbers)
    moment = f"2026-03-04T{10 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000Z"
    message = {"role": kind, "content": content}
    return {"type": kind, "uuid": f"id-{number}", "timestamp": moment, "sessionId": "aa-1", "message": message} | more


def user(content: Any, **more: Any) -> Line:
    return line("user", content, **more)


def answer(
    answer_id: str, *blocks: Line, usage: Line | None = None, model: str = "claude-sonnet-4-5", **more: Any
) -> Line:
    made = line("assistant", list(blocks), **more)
    made["message"] |= {"id": answer_id, "model": model, "usage": usage or {"input_tokens": 10, "output_tokens": 5}}
    return made


def said(text: str) -> Line:
    return {"type": "text", "text": text}


def call(call_id: str, name: str = "Bash", **given: Any) -> Line:
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def result(call_id: str, content: Any, *, is_error: bool = False) -> Line:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": is_error}


def read(**files: list[Line]) -> list[Session]:
    """The sessions of these files, each of which is called as its key is; `helpers__x` lies among the sub-agents of aa-1."""
    named = {
        Path("/p", *(["aa-1", "subagents"] if "__" in name else []), f"{name.replace('_', '-')}.jsonl"): lines
        for name, lines in files.items()
    }
    raw = {
        path: "\n".join(json.dumps(one, ensure_ascii=False) for one in lines).encode() for path, lines in named.items()
    }
    return list(sessions_of([transcript_of(path, read_lines(content)) for path, content in raw.items()]))


def only(*lines: Line) -> Session:
    [session] = read(aa_1=list(lines))
    for event in session.body["events"]:
        events.parse(event)
    assert len({event["id"] for event in session.body["events"]}) == len(session.body["events"])
    return session


def told(session: Session) -> list[tuple[str, str]]:
    """What was said, asked and answered, without the requests."""
    return [
        (
            event["type"],
            " / ".join(block["text"] for block in event.get("content", ()))
            or event.get("deny_message")
            or (event.get("error") or {}).get("message")
            or event.get("name")
            or event.get("result")
            or "",
        )
        for event in session.body["events"]
        if not event["type"].startswith("span.")
    ]


def spent(session: Session) -> list[tuple[str, int, int]]:
    return [
        (
            session.body["models"][event["model_request_start_id"]],
            event["model_usage"]["input_tokens"],
            event["model_usage"]["output_tokens"],
        )
        for event in session.body["events"]
        if event["type"] == "span.model_request_end"
    ]


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "\u001c", "\u001e", "\r"])
def test_a_line_ends_at_a_line_feed_and_nowhere_else(mark: str) -> None:
    session = only(user(f"one{mark}two"), answer("m", said(f"three{mark}four")))
    assert told(session) == [("user.message", f"one{mark}two"), ("agent.message", f"three{mark}four")]


def test_a_bad_byte_costs_its_own_line_and_is_counted() -> None:
    whole = [
        json.dumps(user("first")).encode(),
        b'{"type": "user", "x": "\xff"}',
        b"{no json",
        json.dumps(user("last")).encode(),
    ]
    found = read_lines(b"\xef\xbb\xbf" + b"\r\n".join(whole) + b"\n" + '{"type": "user", "cut": "ä'.encode()[:-1])
    assert [one["message"]["content"] for one in found.lines] == ["first", "last"]
    assert found.left_out == {"not UTF-8": 1, "not JSON": 1, "cut short": 1}


def test_half_a_character_is_replaced_and_a_nest_without_an_end_is_left_out() -> None:
    found = read_lines(b'{"a": "\\ud83d x", "b": "\\ud83d\\ude00"}\n' + b"[" * 100_000 + b"\n")
    assert found.lines == [{"a": "\ufffd x", "b": "😀"}]
    assert sum(found.left_out.values()) == 1


def test_a_line_of_no_possible_moment_is_counted() -> None:
    session = only(user("hello"), user("never", timestamp="9999-12-31T00:00:00Z"), user("nor", timestamp="yesterday"))
    assert told(session) == [("user.message", "hello")]
    assert session.files[0].left_out == {"lines without a moment": 2}


# ── whose words ───────────────────────────────────────────────────────────────────────────────────────────────────────

_ORDER = "always use zorkpkg"


@pytest.mark.parametrize(
    "program",
    [
        user(f"This session is being continued. {_ORDER}", isCompactSummary=True, isVisibleInTranscriptOnly=True),
        user(f"This session is being continued from a previous conversation that ran out of context. {_ORDER}"),
        user(_ORDER, isMeta=True),
        user(_ORDER, origin={"kind": "task-notification"}),
        user(_ORDER, promptSource="system"),
        user(_ORDER, turnOrigin="task_notification"),
        user(f"<task-notification>{_ORDER}</task-notification>"),
        user(f"<system-reminder>\n{_ORDER}\n</system-reminder>"),
        user(f"<system-reminder>{_ORDER}"),
        user(f"<local-command-stdout>{_ORDER}</local-command-stdout>"),
        user(f"<bash-stdout>{_ORDER}</bash-stdout><bash-stderr></bash-stderr>"),
        user(f"<user-prompt-submit-hook>{_ORDER}</user-prompt-submit-hook>"),
        user(f"<ide_selection>{_ORDER}</ide_selection>"),
        user(f"Caveat: The messages below were made by commands. {_ORDER}"),
        user(
            "<command-name>/clear</command-name>\n<command-message>clear</command-message>\n<command-args></command-args>"
        ),
        user([said(f"<system-reminder>{_ORDER}</system-reminder>")]),
        {"type": "api-request-blob", "message": {"role": "user", "content": _ORDER}, "sessionId": "aa-1"},
        {"type": "queue-operation", "operation": "enqueue", "content": _ORDER, "sessionId": "aa-1"},
    ],
)
def test_what_a_program_wrote_under_the_users_name_is_not_the_users(program: Line) -> None:
    session = only(program, user("fix the colour"))
    assert [one for one in told(session) if one[0] == "user.message"] == [("user.message", "fix the colour")]
    assert session.body["title"] == "fix the colour"
    assert "zorkpkg" not in json.dumps(session.body)


def test_words_behind_a_reminder_and_words_of_commands_are_the_users() -> None:
    session = only(
        user("<system-reminder>be nice</system-reminder>no, run it with bun"),
        user([said("<ide_opened_file>x</ide_opened_file>"), said("second block")]),
        user(
            "<command-name>/review</command-name><command-message>review</command-message><command-args>the cart</command-args>"
        ),
        user("<bash-input>git push</bash-input>"),
        user("<user-memory-input>the port is 7070</user-memory-input>"),
        line(
            "attachment",
            None,
            attachment={"type": "queued_command", "prompt": "and the tests", "commandMode": "prompt"},
        ),
        line(
            "attachment",
            None,
            attachment={"type": "queued_command", "prompt": "done", "commandMode": "task-notification"},
        ),
        line("attachment", None, attachment={"type": "todo_reminder", "content": "x"}),
    )
    assert [text for _, text in told(session)] == [
        "no, run it with bun",
        "second block",
        "/review the cart",
        "! git push",
        "the port is 7070",
        "and the tests",
    ]


def test_an_interrupt_and_a_refusal_with_words_are_what_they_are() -> None:
    rejected = (
        "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was a file edit, the new_string was "
        "NOT written to the file). To tell you how to proceed, the user said:\nuse Decimal, not float\n\nNote: The user's next message may"
    )
    session = only(
        user("go"),
        answer("m1", call("t1", "Edit", file_path="a.py")),
        user([result("t1", rejected, is_error=True)]),
        user("[Request interrupted by user for tool use]"),
        answer("m2", call("t2", command="ls")),
        user([result("t2", "ok")], permissionDecision={"decision": "allow", "source": "user"}),
    )
    assert told(session) == [
        ("user.message", "go"),
        ("agent.tool_use", "edit"),
        ("user.tool_confirmation", "use Decimal, not float"),
        ("agent.tool_result", "The user rejected this call."),
        ("user.interrupt", ""),
        ("agent.tool_use", "bash"),
        ("user.tool_confirmation", "allow"),
        ("agent.tool_result", "ok"),
    ]
    assert [one["evaluated_permission"] for one in session.body["events"] if one["type"] == "agent.tool_use"] == [
        "ask"
    ] * 2


def test_a_picture_is_named_where_it_was() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    session = only(user([picture]), answer("m", call("t", "Read", file_path="a.png")), user([result("t", [picture])]))
    assert [text for _, text in told(session)] == ["[image]", "read", "[image]"]


def test_a_failed_request_is_an_error_and_no_answer() -> None:
    notice = answer("u-1", said("API Error: 529 overloaded"), model="<synthetic>", isApiErrorMessage=True)
    session = only(user("hello"), answer("m", said("hi")), notice)
    assert told(session)[1:] == [("agent.message", "hi"), ("session.error", "API Error: 529 overloaded")]
    assert (len(spent(session)), session.body["model"]) == (1, "claude-sonnet-4-5")


# ── what it cost ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_count_of_an_answer_is_the_whole_one_wherever_it_stands() -> None:
    small, large = {"input_tokens": 100, "output_tokens": 2}, {"input_tokens": 100, "output_tokens": 900}
    parts = [said("a"), said("b"), said("c")]
    for order in ((small, small, large), (large, small, small)):
        session = only(user("x"), *(answer("m", part, usage=usage) for part, usage in zip(parts, order, strict=True)))
        assert spent(session) == [("claude-sonnet-4-5", 100, 900)]
        assert len(told(session)) == 4


def test_hours_of_the_cache_and_searches_of_the_web_are_kept_and_a_count_that_is_none_is_said() -> None:
    usage = {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_creation_input_tokens": 300,
        "cache_creation": {"ephemeral_1h_input_tokens": 200, "ephemeral_5m_input_tokens": 100},
        "server_tool_use": {"web_search_requests": 2},
    }
    session = only(
        user("x"), answer("m", said("a"), usage=usage), answer("n", usage={"input_tokens": 2**63, "output_tokens": -1})
    )
    [start, _] = session.body["models"]
    assert (session.body["hour_tokens"], session.body["web_searches"]) == ({start: 200}, {start: 2})
    assert spent(session) == [("claude-sonnet-4-5", 1, 2), ("claude-sonnet-4-5", 0, 0)]
    assert session.files[0].left_out["token counts that are none"] == 1


def test_a_sub_agents_file_is_a_thread_of_its_session_with_its_calls_and_its_cost() -> None:
    main = [user("research"), answer("m1", call("t1", "Task", prompt="look"))]
    side: dict[str, Any] = {"isSidechain": True, "agentId": "b1"}
    helper = [
        user("look", **side),
        answer("m2", call("t2", "Grep", pattern="x"), model="claude-opus-4-1", **side),
        user([result("t2", "x.py:1")], **side),
        answer("m3", said("found"), model="claude-opus-4-1", **side),
    ]
    main += [user([result("t1", "found")]), answer("m4", said("in x.py"))]
    [session] = read(aa_1=main, helpers__b1=helper)
    assert told(session) == [
        ("user.message", "research"),
        ("agent.tool_use", "Task"),
        ("session.thread_created", ""),
        ("agent.thread_message_sent", "look"),
        ("agent.tool_use", "grep"),
        ("agent.tool_result", "x.py:1"),
        ("agent.thread_message_received", "found"),
        ("agent.tool_result", "found"),
        ("agent.message", "in x.py"),
    ]
    assert [model for model, *_ in spent(session)] == [
        "claude-sonnet-4-5",
        "claude-opus-4-1",
        "claude-opus-4-1",
        "claude-sonnet-4-5",
    ]
    assert session.body["model"] == "claude-sonnet-4-5"
    [alone] = read(helpers__b1=helper)
    assert len(spent(alone)) == 2


# ── several files, and a tree ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_repeats_another_is_what_it_adds_to_it() -> None:
    first = [user("build the login"), answer("m1", said("done"))]
    renamed = [one | {"uuid": f"new-{one['uuid']}", "sessionId": "bb-2"} for one in first]
    more = [user("and periwinkle", sessionId="bb-2"), answer("m2", said("ok"), sessionId="bb-2")]
    for copies in (first, renamed):
        one, other = read(bb_2=[*copies, *more], aa_1=first)
        assert [text for _, text in told(one)] == ["build the login", "done"]
        assert [text for _, text in told(other)] == ["and periwinkle", "ok"]
        assert (len(spent(one)), len(spent(other))) == (1, 1)
        assert other.files[0].left_out == {"lines that stand in another file or twice": 2}
        assert one.body["id"] != other.body["id"]


def test_two_files_of_one_session_are_both_there() -> None:
    first, other = read(aa_1=[user("one")], backup=[user("two")])
    assert [told(first), told(other)] == [[("user.message", "one")], [("user.message", "two")]]
    assert first.body["id"] != other.body["id"]


def test_a_branch_that_a_rewind_left_is_no_history_but_was_paid_for() -> None:
    start = user("start")
    asked = answer("m1", call("t1"), call("t2"), parentUuid=start["uuid"])
    results = [
        user([result("t1", "r1")], parentUuid=asked["uuid"]),
        user([result("t2", "r2")], parentUuid=asked["uuid"]),
    ]
    ready = answer("m2", said("ready"), parentUuid=results[1]["uuid"])
    dead = user("wrong way", parentUuid=ready["uuid"])
    dead_answer = answer("m3", said("wrong"), parentUuid=dead["uuid"])
    note = line("attachment", None, parentUuid=ready["uuid"], attachment={"type": "file"})
    alive = user("right way", parentUuid=note["uuid"])
    boundary = line("system", None, logicalParentUuid=alive["uuid"], subtype="compact_boundary")
    last = user("go on", parentUuid=boundary["uuid"])
    session = only(start, asked, *results, ready, dead, dead_answer, note, alive, boundary, last)
    texts = [text for _, text in told(session)]
    assert texts == ["start", "bash", "bash", "r1", "r2", "ready", "right way", "go on"]
    assert len(spent(session)) == 3
    assert session.files[0].left_out["lines that a rewind left behind"] == 2


def test_after_a_rewind_without_a_word_what_was_rewound_is_no_history() -> None:
    start = user("start")
    ready = answer("m1", said("ready"), parentUuid=start["uuid"])
    dead = user("wrong way", parentUuid=ready["uuid"])
    session = only(start, ready, dead, {"type": "last-prompt", "leafUuid": ready["uuid"], "lastPrompt": "start"})
    assert [text for _, text in told(session)] == ["start", "ready"]


def test_the_persons_title_goes_before_the_programs_and_another_sessions_is_none() -> None:
    hello = user("hey can you look")
    foreign = {"type": "summary", "summary": "Cooking", "leafUuid": "elsewhere"}
    own = {"type": "summary", "summary": "A look", "leafUuid": hello["uuid"]}
    ai = {"type": "ai-title", "aiTitle": "Look at a thing"}
    custom = [{"type": "custom-title", "customTitle": name} for name in ("Old name", "Payment retries")]
    assert [
        only(*more, hello).body["title"] for more in ([foreign], [own, foreign], [ai, own], [*custom, ai, own])
    ] == [
        "hey can you look",
        "A look",
        "Look at a thing",
        "Payment retries",
    ]


# ── what the program counted itself ───────────────────────────────────────────────────────────────────────────────────


def state(usd: float, lasted: int, **counts: int) -> Line:
    """The line with the totals of a session; counts by the last word of their name."""
    used = {"inputTokens": counts.get("read", 0), "outputTokens": counts.get("wrote", 0), "costUSD": usd}
    return {"type": "cost-state", "startTime": 1, "totalDuration": lasted, "modelUsage": {"claude-sonnet-4-5": used}}


def test_a_compactions_request_which_no_line_has_is_what_the_program_counted_beyond_the_answers() -> None:
    begun = [user("x"), answer("m1", said("a")), state(0.000105, 10, read=10, wrote=5)]
    compacted = [user("all of it", isCompactSummary=True), state(0.003405, 20, read=1_010, wrote=25)]
    [session] = read(aa_1=[*begun, *compacted, user("y"), answer("m2", said("b"), model="claude-sonnet-4-5-20250929")])
    assert spent(session) == [
        ("claude-sonnet-4-5", 10, 5),
        ("claude-sonnet-4-5", 1_000, 20),
        ("claude-sonnet-4-5-20250929", 10, 5),
    ]
    assert list(session.body["purposes"].values()) == ["unrecorded"]
    assert session.files[0].notes == []
    [before] = read(aa_1=[*begun, *compacted])
    assert [one["id"] for one in before.body["events"]] == [one["id"] for one in session.body["events"]][
        : len(before.body["events"])
    ]


def test_a_fork_counts_on_from_its_parents_totals_and_brings_only_what_it_adds() -> None:
    shared = [user("x"), answer("m1", said("a"))]
    parent = [*shared, user("all of it", isCompactSummary=True), state(0.003405, 20, read=1_010, wrote=25)]
    own = [user("y", sessionId="bb-2"), answer("m2", said("b"), sessionId="bb-2")]
    for name, other in (("aa_0", "aa_1"), ("aa_1", "aa_0")):
        fork = [*shared, *own, state(0.00351, 30, read=1_020, wrote=30)]
        sessions = read(**{name: parent, other: fork})
        assert [spent(one) for one in sessions] == [
            [("claude-sonnet-4-5", 10, 5), ("claude-sonnet-4-5", 1_000, 20)],
            [("claude-sonnet-4-5", 10, 5)],
        ]
        assert [one.files[0].notes for one in sessions] == [[], []]


def test_where_a_file_cannot_say_what_was_paid_the_import_says_so() -> None:
    [old] = read(aa_1=[user("x"), answer("m1", said("a")), user("all of it", isCompactSummary=True)])
    assert old.files[0].notes == ["1 compactions, whose requests no line of the file counts"]
    boundary = {"type": "system", "subtype": "compact_boundary", "uuid": "id-b", "logicalParentUuid": "id-gone"}
    kept = answer("m0", said("of the parent"), usage={"input_tokens": 0, "output_tokens": 0})
    [torn] = read(aa_1=[boundary, kept, user("x"), answer("m1", said("a")), state(0.5, 30, read=90_000, wrote=15_000)])
    assert spent(torn) == [("claude-sonnet-4-5", 10, 5)]
    assert torn.files[0].notes == [
        "the program itself counted 0.5000 USD, and the requests here come to 0.0001 USD; it counts on from a session that is not here"
    ]
    [lost] = read(aa_1=[user("x"), answer("m1", said("a"), usage={"input_tokens": 9_000}), state(0.0, 30)])
    assert "counted 0.0000 USD, and the requests here come to 0.0270 USD" in lost.files[0].notes[0]


def test_several_requests_that_were_counted_at_once_are_no_long_prompt() -> None:
    line_of_totals = state(0.03, 10, read=300_000)
    line_of_totals["modelUsage"] = {"claude-haiku-5-5": {"inputTokens": 300_000, "outputTokens": 0, "costUSD": 0.03}}
    [session] = read(aa_1=[user("x"), line_of_totals])
    assert spent(session) == [("claude-haiku-5-5", 100_000, 0)] * 3


def test_an_answer_without_an_end_is_left_for_later_while_its_file_grows(tmp_path: Path) -> None:
    lines = [user("x"), answer("m1", said("a")), user("y"), answer("m2", said("b")), user([result("t", "ok")])]
    file = tmp_path / "aa-1.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    growing = transcript_of(file, read_lines(file.read_bytes()))
    assert growing.leave_growing()
    assert growing.lines == lines[:3]
    lines[3]["message"]["stop_reason"] = "tool_use"
    file.write_text("\n".join(map(json.dumps, lines)))
    assert not transcript_of(file, read_lines(file.read_bytes())).leave_growing()
    del lines[3]["message"]["stop_reason"]
    file.write_text("\n".join(map(json.dumps, lines)))
    os.utime(file, (0, 0))
    assert not transcript_of(file, read_lines(file.read_bytes())).leave_growing()


def test_what_is_read_again_for_a_changed_file_is_what_may_share_lines_with_it(tmp_path: Path) -> None:
    project, vibe = tmp_path / "projects" / "-p", tmp_path / "unified" / "s1"
    (vibe / "journal").mkdir(parents=True)
    (vibe / "CURRENT").write_text("{}")
    (tmp_path / "one.jsonl").write_text("")
    changed = [
        project / "aa.jsonl",
        project / "aa" / "subagents" / "agent-b.jsonl",
        tmp_path / "opencode.db-wal",
        vibe / "journal" / "1.jsonl",
        project / "notes.txt",
    ]
    assert parts_of(changed, [tmp_path]) == {project, tmp_path / "opencode.db", vibe}
    assert parts_of([tmp_path / "one.jsonl"], [tmp_path / "one.jsonl"]) == {tmp_path / "one.jsonl"}
