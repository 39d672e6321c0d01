"""Notices: which changes are worth one, that close ones come together, and how each terminal is told."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, blocked, screen_text, shows, state, until
from tests.tui.test_board import play
from workbench.tui.app import WorkbenchApp
from workbench.tui.state.notices import GATHERED_S, Attention, Gathering, Notice, notice_text, noticed
from workbench.tui.state.notifier import title_of
from workbench.tui.state.rows import Row, row_of, seen_through
from workbench.tui.state.said import in_lines
from workbench.tui.state.view_state import View
from workbench.tui.terminal import Terminal

AWAY = Attention((), focused=False, muted=(), wanted={})
WORKS = state("sesn_a", status="running")
ASKS = blocked("sesn_a", "c")
ENDS = state("sesn_a", rested_at=ago(1))
FAILS = state("sesn_a", stop_reason={"type": "retries_exhausted"})


def rows(*states: dict[str, Any]) -> dict[str, Row]:
    return seen_through({one["session_id"]: row_of(one) for one in states}, View())


@pytest.mark.parametrize(("after", "kind"), [(ASKS, "blocked"), (FAILS, "failed"), (ENDS, "done")])
def test_what_comes_to_wait_fail_or_end_is_told_once(after: dict[str, Any], kind: str) -> None:
    assert [one.kind for one in noticed(rows(WORKS), rows(after), AWAY)] == [kind]
    assert noticed(rows(after), rows(after), AWAY) == []


@pytest.mark.parametrize("after", [ASKS, FAILS, ENDS])
@pytest.mark.parametrize(
    "attention",
    [
        Attention(("sesn_a",), focused=True, muted=(), wanted={}),
        Attention((), focused=False, muted=("sesn_a",), wanted={}),
        Attention((), focused=False, muted=(), wanted={"blocked": False, "failed": False, "done": False}),
    ],
)
def test_what_is_seen_muted_or_not_wanted_is_not_told(after: dict[str, Any], attention: Attention) -> None:
    assert noticed(rows(WORKS), rows(after), attention) == []


def test_a_visible_session_in_a_terminal_that_nobody_looks_at_is_told() -> None:
    assert noticed(rows(WORKS), rows(ASKS), Attention(("sesn_a",), focused=False, muted=(), wanted={}))


def test_the_next_question_of_a_session_that_waits_already_is_told() -> None:
    assert noticed(rows(ASKS), rows(blocked("sesn_a", "c2")), AWAY)


def test_notices_that_come_close_together_are_told_together() -> None:
    now, said, later = [0.0], list[list[str]](), list[float]()
    gathering = Gathering(lambda notices: said.append([one.name for one in notices]), later.append, lambda: now[0])
    for name in "abca":
        gathering.add([Notice("blocked", name, name)])
        now[0] += 1
    assert (said, later) == ([["a"]], [GATHERED_S - 1])
    gathering.flush()
    assert said == [["a"], ["b", "c", "a"]]


def test_a_notice_says_who_and_the_question_itself() -> None:
    one, other = Notice("blocked", "sesn_a", "api"), Notice("blocked", "sesn_b", "web")
    assert notice_text([one], rows(ASKS), lambda row: "bash: make") == ("api needs you", "bash: make")
    assert notice_text([one, other], {}, str) == ("2 sessions need you", "api needs you, web needs you")


def test_the_title_counts_who_needs_a_person_and_what_is_done() -> None:
    assert (
        title_of(rows(ASKS, state("sesn_b", rested_at=ago(3)), state("sesn_c", status="running"))) == "workbench ?1 ✔1"
    )
    assert title_of({}) == "workbench"


def _terminal(folder: Path, **environ: str) -> tuple[Terminal, list[str]]:
    written: list[str] = []
    return Terminal(written.append, environ, folder), written


@pytest.mark.parametrize(
    ("environ", "sequence"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]99;i=1:d=0;t\x1b\\\x1b]99;i=1:p=body;x\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;t;x\x1b\\"),
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b]9;t: x\x07"),
        ({"TERM": "xterm-256color"}, "\x07"),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/x"}, "\x07\x1bPtmux;\x1b\x1b]9;t: x\x07\x1b\\"),
    ],
)
def test_each_terminal_is_told_in_its_own_way(environ: dict[str, str], sequence: str, tmp_path: Path) -> None:
    terminal, written = _terminal(tmp_path, **environ)
    terminal.notice("t", "x")
    assert written == [sequence]


def test_what_an_agent_says_cannot_end_a_notice_or_a_title(tmp_path: Path) -> None:
    terminal, written = _terminal(tmp_path, TERM="foot")
    terminal.notice("a\x07b", "c\x1b\\d;e\nf")
    terminal.title("x\x07y")
    assert written == ["\x1b]777;notify;a⟨U+0007⟩b;c⟨U+001B⟩\\d,e f\x1b\\", "\x1b[22;2t\x1b]2;x⟨U+0007⟩y\x07"]


def test_the_title_is_written_when_it_changes_and_given_back_at_the_end(tmp_path: Path) -> None:
    terminal, written = _terminal(tmp_path)
    for title in ("a", "a", "b"):
        terminal.title(title)
    terminal.restore_title()
    assert written == ["\x1b[22;2t\x1b]2;a\x07", "\x1b]2;b\x07", "\x1b[23;2t"]


def test_a_copy_says_by_which_way_it_went(tmp_path: Path) -> None:
    terminal, written = _terminal(tmp_path)
    assert (
        terminal.copy("a\nb") == "sent 3 characters, 2 lines to the terminal, which does not say whether it took them"
    )
    assert written == ["\x1b]52;c;YQpi\x07"]


def test_what_is_too_long_for_the_terminal_is_saved_and_the_file_named(tmp_path: Path) -> None:
    terminal, written = _terminal(tmp_path)
    said = terminal.copy("x" * 100_000)
    assert str(tmp_path / "clipboard.txt") in said
    assert ((tmp_path / "clipboard.txt").read_text(), written) == ("x" * 100_000, [])


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
@pytest.mark.parametrize("allowed", ["off", "external"])
def test_in_tmux_a_copy_is_in_its_buffer_and_a_clipboard_that_is_off_is_said(
    allowed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ["tmux", "-S", str(tmp_path / "tmux"), "-f", "/dev/null"]
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    subprocess.run([*server, "new-session", "-d", "-x", "80", "-y", "24", "cat"], check=True)
    try:
        subprocess.run([*server, "set-option", "-g", "set-clipboard", allowed], check=True)
        monkeypatch.setenv("TMUX", f"{tmp_path / 'tmux'},1,0")
        terminal, written = _terminal(tmp_path, TMUX=str(tmp_path / "tmux"))
        told = terminal.copy("é\n  two\n")
        kept = subprocess.run([*server, "show-buffer"], capture_output=True, check=True).stdout.decode()
    finally:
        subprocess.run([*server, "kill-server"], check=False)
    assert (kept, written) == ("é\n  two\n", [])
    assert ("set-clipboard is off" in told) is (allowed == "off")
    assert (tmp_path / "clipboard.txt").exists() is (allowed == "off")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_notice_has_two_lines_with_its_title_and_says_where_all_of_it_is(columns: int) -> None:
    lines = in_lines("failed", "many words " * 400, columns, "F9 shows all").split("\n")
    assert (len(lines), lines[0].startswith("failed: many"), lines[-1].endswith(" … F9 shows all")) == (2, True, True)
    assert max(map(len, lines)) <= columns - 4
    assert in_lines("", "few words", columns, "F9 shows all") == "few words"
    assert in_lines("discarded", "", columns, "F9 shows all") == "discarded"


def test_a_notice_stands_over_the_header_alone_the_newest_takes_its_place_and_it_goes_with_the_next_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("workbench.tui.app_base.time", lambda: now)

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        nonlocal now
        await shows(pilot, "watched")
        below = screen_text(app).splitlines()[2:]
        app.notify("an older one", title="failed", severity="error")
        await shows(pilot, "failed: an older one")
        assert screen_text(app).splitlines()[2:] == below
        await pilot.press("up")
        app.notify("a new one")
        await until(pilot, lambda: [one.message for one in app._notifications] == ["a new one"])
        for one in app._notifications:
            one.raised_at, one.timeout = now, 10**10
        await pilot.press("up")
        assert len(app._notifications) == 1
        await until(pilot, lambda: "a new one" in screen_text(app).splitlines()[0])
        now += 3
        await pilot.press("up")
        assert len(app._notifications) == 0

    play(FakeEngine(state("sesn_watched")), tmp_path, story)
