"""What all words share: shortened ids, tables, text that cannot steer the terminal, exit codes."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

import sandboxes
from tests.line.installation import installation
from workbench.client.errors import ApiError
from workbench.commands import sql, surface
from workbench.commands.surface import Wrong, pick, table
from workbench.commands.transcript import Transcript
from workbench.contracts.build import build
from workbench.text.display import line, safe

THINGS = [{"id": "sesn_01abcXYZ", "name": "one"}, {"id": "sesn_01abdXYZ", "name": "two"}, {"id": "sesn_01zzzQQQ"}]


@pytest.mark.parametrize("named", ["sesn_01zzzQQQ", "QQQ", "zzzQQQ", "sesn_01z"])
def test_an_id_may_be_shortened_from_both_ends(named: str) -> None:
    assert pick(THINGS, named, "session") == THINGS[2]


def test_a_name_is_as_good_as_an_id() -> None:
    assert pick(THINGS, "two", "agent") == THINGS[1]


@pytest.mark.parametrize(
    ("named", "words"), [("XYZ", "fits several"), ("nothing", "there is no session"), ("Q", "there is no")]
)
def test_what_fits_none_or_several_is_refused(named: str, words: str) -> None:
    with pytest.raises(Wrong, match=words):
        pick(THINGS, named, "session")


def test_text_of_an_agent_cannot_steer_the_terminal() -> None:
    assert safe("a\x1b[2Jb\x07\x9b31m\n\tc") == "a⟨U+001B⟩[2Jb⟨U+0007⟩⟨U+009B⟩31m\n\tc"
    assert line("\x1b]0;title\x07first\nsecond") == "⟨U+001B⟩]0;title⟨U+0007⟩first"


def test_a_table_is_as_wide_as_its_widest_cells() -> None:
    assert table([["a", "1"], ["long", "22"]], ["x", "y"]) == "x     y\na     1\nlong  22"


def test_wrong_use_and_unknown_things_have_their_exit_codes() -> None:
    with installation(offline=True) as here:
        assert here.say("status").code == 3
        assert here.say("teleport").code == 2
        assert here.say("run").code == 2
        assert here.say("run", "  ").code == 2
        assert here.say("peek", "nothing").code == 2
        assert here.say("run", "-C", "/nowhere", "go").code == 2
        assert here.say("sql", "select").code == 2
        assert here.say("--help").code == 0


def test_a_wrong_settings_file_is_named() -> None:
    with installation(offline=True) as here:
        (here.home / "config").mkdir()
        (here.home / "config" / "settings.toml").write_text("[model]\nbase_url = 3\n")
        done = here.say("ps")
        assert (done.code, "model.base_url" in done.err) == (2, True)


def test_an_engine_whose_process_is_stopped_is_said_and_not_waited_for() -> None:
    with installation(offline=True) as here:
        pid = here.json("up")["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            done = here.say("ps")
            assert (done.code, f"kill -CONT {pid} lets it go on" in done.err) == (3, True)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert here.say("ps").code == 0


def test_waiting_for_a_person_is_no_duration_of_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    def at(minute: int, second: int) -> str:
        return f"2026-01-01T00:{minute:02}:{second:02}Z"

    call = {
        "type": "agent.tool_use",
        "id": "sevt_a",
        "name": "bash",
        "input": {"command": "ls"},
        "processed_at": at(0, 0),
    }
    answer = {"type": "user.tool_confirmation", "tool_use_id": "sevt_a", "result": "allow", "processed_at": at(5, 0)}
    result = {"type": "agent.tool_result", "tool_use_id": "sevt_a", "content": [], "processed_at": at(5, 2)}
    transcript = Transcript()
    for one in (call, answer, result):
        transcript.show(one)
    assert capsys.readouterr().out.splitlines()[-1].endswith("✓ 2.0 s")


def _starts(event_id: str) -> dict[str, Any]:
    return {"type": "event_start", "event": {"type": "agent.message", "id": event_id}}


def _grows(event_id: str, text: str) -> dict[str, Any]:
    return {
        "type": "event_delta",
        "event_id": event_id,
        "delta": {"index": 0, "content": {"type": "text", "text": text}},
    }


def test_a_message_is_printed_once_however_late_or_often_its_stream_begins(capsys: pytest.CaptureFixture[str]) -> None:
    transcript = Transcript()
    for one in (
        _grows("sevt_a", "lost its beginning"),
        _starts("sevt_a"),
        _grows("sevt_a", "one two"),
        _grows("sevt_a", " three"),
        _starts("sevt_a"),
        _grows("sevt_a", "one two three four"),
        {"type": "agent.message", "id": "sevt_a", "content": [{"type": "text", "text": "one two three four five"}]},
    ):
        transcript.show(one)
    assert capsys.readouterr().out == "one two three four five\n"


@pytest.mark.parametrize(("told", "says"), [("another", True), (build(), False), (None, False)])
def test_what_fails_at_an_engine_of_another_build_says_so_in_place_of_a_traceback(
    told: str | None, says: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Running:
        def get(self, path: str) -> dict[str, object]:
            return {"pid": 1} if told is None else {"pid": 1, "build": told}

    monkeypatch.setattr("workbench.client.sync.connect", lambda settings: Running())

    def refused() -> int:
        raise ApiError(404, "not_found_error", "no such path")

    assert surface.guarded(refused) == surface.REFUSED
    assert ("another build" in capsys.readouterr().err) is says
    surface.told_surprise(KeyError, KeyError("summary"), None)
    said = capsys.readouterr().err
    assert ("another build" in said) is says
    assert said.count("\n") == 1


def test_an_environment_that_comes_along_is_named_with_what_makes_it() -> None:
    shipped = {file.stem for file in (Path(sandboxes.__file__).parent / "environments").glob("*.yaml")}
    assert shipped == surface.SHIPPED_ENVIRONMENTS
    with pytest.raises(Wrong, match="workbench environments apply --shipped"):
        pick([], "node", "environment")


def test_a_table_of_answers_shows_moments_in_the_zone_of_the_question() -> None:
    result: dict[str, Any] = {
        "columns": ["at", "text"],
        "types": ["TIMESTAMP WITH TIME ZONE", "VARCHAR"],
        "rows": [["2026-07-01T22:30:00.000000Z", "2026-07-01T22:30:00.000000Z"], [None, ""], ["odd", ""]],
    }
    shown = sql._table(result | {"time_zone": "Europe/Berlin"})
    assert "2026-07-02 00:30:00.000000+02:00  2026-07-01T22:30:00.000000Z" in shown
    assert "odd" in shown
    assert sql._table(result | {"time_zone": "UTC"}).count("2026-07-01T22:30:00.000000Z") == 2
