"""Sessions leave as files and come in again, elsewhere and from other programs, and are asked like one's own."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from tests.line.installation import WAIT_S, Installation, installation
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
        known = here.json("import", str(tmp_path / "past"))
        assert (known["taken"], sorted(known["known"])) == ([], ids)
    with installation(offline=True) as there:
        taken = there.json("export", "--import", str(tmp_path / "past"))
        assert (sorted(taken["taken"]), taken["failed"]) == (ids, {})
        assert {session_id: there.events(session_id) for session_id in ids} == before
        [row] = there.json("sql", "select title, agent from sessions where title = 'islands'")
        assert row["agent"] == "default"
        assert len(there.json("sql", "from search('\"ærø island\"')")) == 0
        assert len(there.json("sql", "from search('ærø')")) == 1
        assert there.say("send", ids[0], "go on").code == 2


@pytest.mark.long
def test_the_parquet_file_of_an_export_comes_in_again_as_well_and_a_damaged_one_leaves_nothing(tmp_path: Path) -> None:
    with installation([text("It is Ærø."), text("Done.")]) as here:
        assert here.say("run", "--title", "islands", "Which island?").code == 0
        assert here.say("run", "two").code == 0
        ids = sorted(here.json("export", str(tmp_path / "past")))
        before = {session_id: here.events(session_id) for session_id in ids}
    whole, folder = tmp_path / "past" / "events.parquet", tmp_path / "harmed"
    folder.mkdir()
    content = whole.read_bytes()
    (folder / "cut.parquet").write_bytes(content[: len(content) // 2])
    (folder / "text.parquet").write_text("no parquet at all")
    (folder / "empty.parquet").write_bytes(b"")
    (folder / "flipped.parquet").write_bytes(
        content[:200] + bytes(byte ^ 0xFF for byte in content[200:260]) + content[260:]
    )
    lines = (tmp_path / "past" / f"{ids[0]}.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "cut.jsonl").write_text("\n".join(lines[:3]), encoding="utf-8")
    (folder / "gap.jsonl").write_text("\n".join([*lines[:2], *lines[3:]]), encoding="utf-8")
    with installation(offline=True) as there:
        harmed = there.say("export", "--import", str(folder), "--json")
        told = json.loads(harmed.out)
        assert (harmed.code, told["taken"], told["known"]) == (1, [], [])
        assert sorted(Path(name).name for name in told["failed"]) == sorted(file.name for file in folder.iterdir())
        assert "not whole" in told["failed"][str(folder / "cut.jsonl")]
        assert "of " in told["failed"][str(folder / "gap.jsonl")]
        foreign = there.say("export", "--import", str(tmp_path / "past" / "messages.parquet"))
        assert (foreign.code, "events.parquet" in foreign.err) == (1, True)
        assert there.json("sql", "select count(*) as n from events") == [{"n": 0}]
        taken = there.json("export", "--import", str(whole))
        assert (sorted(taken["taken"]), taken["failed"]) == (ids, {})
        assert {session_id: there.events(session_id) for session_id in ids} == before
        assert sorted(there.json("export", "--import", str(tmp_path / "past"))["known"]) == ids


@pytest.mark.long
def test_a_long_session_is_taken_in_whole_or_not_at_all(tmp_path: Path) -> None:
    def events(count: int) -> list[dict[str, Any]]:
        moment = {"processed_at": "2026-01-02T10:00:00Z", "content": [{"type": "text", "text": "x"}]}
        return [{"type": "user.message", "id": f"sevt_{number:08}", **moment} for number in range(count)]

    def written(name: str, happened: list[dict[str, Any]]) -> str:
        agent = {"name": "a", "model": {"id": "m"}}
        session = {
            "id": "sesn_longlong",
            "title": None,
            "agent": agent,
            "metadata": {},
            "created_at": "2026-01-02T10:00:00Z",
        }
        lines = [{"type": "workbench.session", "session": session}, *happened]
        (tmp_path / name).write_text("\n".join(map(json.dumps, lines)))
        return str(tmp_path / name)

    with installation(offline=True) as here:
        spoilt = written("spoilt.jsonl", [*events(5_500), {"type": "user.message", "id": "sevt_x", "content": 7}])
        assert here.say("export", "--import", spoilt).code == 1
        assert here.json("sql", "select count(*) as n from events where session_id = 'sesn_longlong'") == [{"n": 0}]
        assert here.json("export", "--import", written("begun.jsonl", events(5_000)))["taken"] == ["sesn_longlong"]
        whole = written("whole.jsonl", events(5_500))
        assert here.json("export", "--import", whole)["taken"] == ["sesn_longlong"]
        assert here.json("export", "--import", whole)["known"] == ["sesn_longlong"]
        assert here.json("sql", "select count(*) as n, max(seq) as m from events") == [{"n": 5500, "m": 5500}]


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
            {"type": "summary", "summary": "The flaky cart", "leafUuid": "u3"},
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
        taken = here.json("import", str(tmp_path / "projects"))
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
        assert " bash output " in here.told("search", "failed")
        found = here.told("search", "pnpm").splitlines()
        assert {line.split()[4] for line in found} == {"user", "bash"}
        [used] = here.json("sql", "select model, requests, input_tokens from usage_by_day")
        assert used == {"model": "claude-opus-5-5", "requests": 2, "input_tokens": 14}
        dream = here.json("dream")
        assert [one["text"] for one in dream["workbench"]["proposals"]] == ["The cart uses port 7070."]


def _imported(here: Installation, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = here.json("import", str(folder))
    return told


def test_a_transcript_that_grew_goes_on_where_it_was_and_one_that_repeats_it_adds_only_what_is_new(
    tmp_path: Path,
) -> None:
    begun = [_user("Build the login."), _assistant("msg_1", {"type": "text", "text": "Done."})]
    more = [*begun, _user("Now the logout.")]
    resumed = [*begun, _user("The periwinkle.", uuid="v1", sessionId="1e1e-2")]
    file, other = tmp_path / "0f0f-1.jsonl", tmp_path / "1e1e-2.jsonl"
    with installation(offline=True) as here:
        file.write_text(_lines(*begun))
        [session_id] = _imported(here, tmp_path)["taken"]
        file.write_text(_lines(*more))
        grown = _imported(here, file)
        assert (grown["taken"], grown["continued"], grown["known"]) == ([session_id], [session_id], [])
        other.write_text(_lines(*resumed))
        alone = _imported(here, other)
        [added] = alone["taken"]
        assert alone["files"][0]["left_out"] == {"cut short": 1, "events that another session has": 4}
        assert sorted(_imported(here, tmp_path)["known"]) == sorted([session_id, added])
        said = here.json("sql", "select session_id, text from messages order by session_id = '" + added + "', seq")
        assert [(one["session_id"], one["text"]) for one in said] == [
            (session_id, "Build the login."),
            (session_id, "Done."),
            (session_id, "Now the logout."),
            (added, "The periwinkle."),
        ]
        assert here.json("sql", "select count(*) as n from model_requests") == [{"n": 1}]
        told = here.told("export", "--import", str(tmp_path))
        assert (
            f"{other}: 1 were here already; left out: 1 cut short, 2 lines that stand in another file or twice" in told
        )


def test_a_removed_session_comes_back_from_its_own_export_under_an_id_that_is_known_again(tmp_path: Path) -> None:
    with installation([text("It is Ærø."), text("Done.")]) as here:
        assert here.say("run", "--title", "islands", "Which island?").code == 0
        [session_id] = here.json("export", str(tmp_path / "past"))
        before = here.events(session_id)
        assert here.say("rm", "-y", session_id).code == 0
        for source in (tmp_path / "past", tmp_path / "past" / "events.parquet"):
            back = _imported(here, source)
            assert back["failed"] == {}
            [restored] = back["taken"] or back["known"]
            assert restored != session_id
            assert here.events(restored) == before
        assert here.json("sql", "select title from sessions") == [{"title": "islands"}]


def test_an_export_brings_models_and_costs_back_and_lines_end_at_line_feeds_alone(tmp_path: Path) -> None:
    odd = "one\u2028two\u2029three\u0085four\x1efive"
    question = "select model, usd, purpose, cache_creation_1h_tokens, web_searches from model_requests order by model_request_start_id"
    usage = {
        "input_tokens": 1_000,
        "output_tokens": 0,
        "cache_creation_input_tokens": 1_000,
        "cache_creation": {"ephemeral_1h_input_tokens": 1_000},
        "server_tool_use": {"web_search_requests": 2},
    }
    dear = _assistant("msg_9", {"type": "text", "text": "Found."})
    dear["message"] |= {"usage": usage, "model": "claude-3-5-sonnet-20241022"}
    (tmp_path / "0f0f-1.jsonl").write_text(_lines(_user("Search."), dear))
    with installation([text(odd), text("Done.")]) as here:
        assert here.say("run", odd).code == 0
        [imported] = _imported(here, tmp_path / "0f0f-1.jsonl")["taken"]
        costs = here.json("sql", question)
        assert [round(one["usd"], 6) for one in costs if one["web_searches"]] == [0.029]
        unknown = f"select duration_ms, active_seconds from model_requests join sessions using (session_id) where session_id = '{imported}'"
        assert here.json("sql", unknown) == [{"duration_ms": None, "active_seconds": None}]
        ids = sorted(here.json("export", str(tmp_path / "past")))
        before = {session_id: here.events(session_id) for session_id in ids}
    (tmp_path / "lines").mkdir()
    for file in (tmp_path / "past").glob("*.jsonl"):
        file.rename(tmp_path / "lines" / file.name)
    for source in (tmp_path / "lines", tmp_path / "past" / "events.parquet"):
        with installation(offline=True) as there:
            taken = _imported(there, source)
            assert (sorted(taken["taken"]), taken["failed"]) == (ids, {})
            assert {session_id: there.events(session_id) for session_id in ids} == before
            assert there.json("sql", question) == costs


def test_of_each_file_it_is_said_what_became_of_it(tmp_path: Path) -> None:
    (tmp_path / "0f0f-1.jsonl").write_bytes(_lines(_user("Fix it.")).encode() + b"\n\xff\n")
    (tmp_path / "notes.jsonl").write_text('{"note": 1}\n')
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "endless.jsonl").symlink_to("/dev/zero")
    with (tmp_path / "huge.jsonl").open("wb") as huge:
        huge.truncate(1 << 30)
    with installation(offline=True) as here:
        told = _imported(here, tmp_path)
        assert {Path(name).name: reason for name, reason in told["failed"].items()} == {
            "huge.jsonl": "1,024 MiB; at most 512 MiB are read",
            "notes.jsonl": "neither an export nor an agent's record of a session",
        }
        assert {Path(one["file"]).name: (one["taken"], one["left_out"]) for one in told["files"]} == {
            "0f0f-1.jsonl": (1, {"not JSON": 1, "not UTF-8": 1}),
            "empty.jsonl": (0, {}),
            "endless.jsonl": (0, {"pipe, link or device": 1}),
        }
        assert "endless.jsonl: left out: 1 pipe, link or device" in here.told("export", "--import", str(tmp_path))


def test_what_cannot_be_taken_in_says_why() -> None:
    with installation(offline=True) as here:
        assert "is not there" in here.say("export", "--import", str(here.home / "nowhere")).err
        (here.home / "empty").mkdir()
        assert "no .jsonl" in here.say("export", "--import", str(here.home / "empty")).err


def test_neither_a_pipe_nor_a_link_in_a_folder_is_read_and_none_is_written_through(tmp_path: Path) -> None:
    past, victim = tmp_path / "past", tmp_path / "victim"
    past.mkdir()
    victim.write_text("the owner's")
    os.mkfifo(past / "pipe.jsonl")
    (past / "endless.jsonl").symlink_to("/dev/zero")
    with installation([text("It is Ærø."), text("Done.")]) as here:
        assert "no .jsonl" in here.say("export", "--import", str(past)).err
        assert here.say("run", "Which island?").code == 0
        [session_id] = here.json("export", str(past))
        planted = [
            f"{session_id}.part",
            "messages.parquet",
            *(file.with_suffix(".part").name for file in past.iterdir()),
        ]
        for name in planted:
            (past / name).unlink(missing_ok=True)
            (past / name).symlink_to(victim)
        assert list(here.json("export", str(past))) == [session_id]
        assert victim.read_text() == "the owner's"
        assert here.json("export", "--import", str(past))["failed"] == {}


@pytest.mark.long
def test_a_folder_that_is_followed_brings_what_is_written_a_moment_later(tmp_path: Path) -> None:
    begun = [_user("Build the login."), _assistant("msg_1", {"type": "text", "text": "Done."})]
    begun[1]["message"]["stop_reason"] = "end_turn"
    file = tmp_path / "0f0f-1.jsonl"
    file.write_text(_lines(*begun))
    with installation(offline=True) as here:
        assert here.say("import", "--follow").code == 2
        with here.start("import", str(tmp_path), "--follow") as following:
            assert following.stdout is not None
            assert following.stdout.readline() == "1 sessions taken in, 0 were here already\n"
            file.write_text(_lines(*begun, _user("Now the logout.")))
            while "1 events of" not in (told := following.stdout.readline()):
                assert told
            following.send_signal(signal.SIGINT)
            following.communicate(timeout=WAIT_S)
        said = here.json("sql", "select text from messages where sender = 'user' order by seq")
        assert [one["text"] for one in said] == ["Build the login.", "Now the logout."]
