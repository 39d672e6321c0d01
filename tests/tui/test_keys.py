"""The key map: ids, profiles, a person's own file, and keys that mean something one after the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key
from textual.pilot import Pilot

from tests.line.installation import installation
from tests.tui.fake import FakeEngine, app_over, at_the_list, press_at_once, screen_text, shows, state, until
from workbench import docs
from workbench.tui.app import WorkbenchApp
from workbench.tui.config import preferences
from workbench.tui.config.keys import PROFILES as KEYS_OF
from workbench.tui.config.keys import Chords, mistakes
from workbench.tui.config.preferences import PROFILES, Preferences
from workbench.tui.screens.action_table import actions
from workbench.tui.screens.board import Board

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]


def play(folder: Path, chosen: Preferences, story: Story) -> None:
    engine = FakeEngine(state("sesn_a"), state("sesn_b"), events={"sesn_a": [], "sesn_b": []})

    async def whole() -> None:
        app = app_over(engine, folder, chosen)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await at_the_list(pilot)
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_every_action_has_an_id_and_every_profile_names_only_actions_that_are_there() -> None:
    known = {one.id for one in actions(Preferences())}
    assert all("." in name for name in known)
    for profile in PROFILES:
        assert set(KEYS_OF[profile]) <= known, set(KEYS_OF[profile]) - known
        assert mistakes(KEYS_OF[profile], known) == []


def test_no_key_with_alt_or_ctrl_stands_for_two_actions_of_one_owner() -> None:
    """Such keys work wherever the owner does, so the second would never be reached; letters are told apart by what has the focus."""
    named: dict[tuple[str, str], set[str]] = {}
    for one in actions(Preferences()):
        for key in one.keys:
            if key.startswith(("alt+", "ctrl+")):
                named.setdefault((one.id.partition(".")[0], key), set()).add(one.id)
    assert {place: ids for place, ids in named.items() if len(ids) > 1} == {}


def test_a_rebound_action_answers_to_its_new_key_and_is_hinted_under_it(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "Ctrl+X peek")
        await pilot.press("ctrl+x")
        await until(pilot, lambda: isinstance(app.screen, Board) and app.screen.sessions.peek.display)

    play(tmp_path, Preferences(keys={"board.peek": "ctrl+x"}), story)


def test_an_action_without_a_key_is_not_hinted(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "new task")
        assert " peek" not in screen_text(app)

    play(tmp_path, Preferences(keys={"board.peek": "none"}), story)


def test_a_prefix_shows_what_may_follow_and_the_next_key_does_it(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("ctrl+b")
        await shows(pilot, "Ctrl+B p Panes")
        assert "peek" not in screen_text(app)
        await pilot.press("p")
        await until(pilot, lambda: app.screen.heading == "Panes")  # type: ignore[attr-defined]
        await pilot.press("ctrl+b", "w")
        await until(pilot, lambda: isinstance(app.screen, Board))

    play(tmp_path, Preferences(profile="tmux"), story)


def test_a_letter_typed_into_a_prompt_begins_no_chord(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("tab", *"gg")
        await shows(pilot, "gg")

    play(tmp_path, Preferences(profile="vim"), story)


def test_a_chord_that_leads_nowhere_is_dropped_whole() -> None:
    chords = Chords()
    assert chords.press("ctrl+b", None, ["ctrl+b w"], typing=True) == ""
    assert chords.press("q", "q", ["ctrl+b w", "q"], typing=True) == ""
    assert chords.press("q", "q", ["ctrl+b w", "q"], typing=False) is None


def test_a_bad_line_of_the_file_is_said_and_the_others_count(tmp_path: Path) -> None:
    file = tmp_path / "app.toml"
    file.write_text('profile = "emacs"\nmarks = "ascii"\nsound = 1\n[notices]\ndone = "no"\n[keys]\n"board.peek" = 3\n')
    chosen = preferences.read(file)
    assert (chosen.profile, chosen.marks) == ("direct", "ascii")
    assert len(chosen.wrong) == 4
    assert f"{file}: profile is one of direct, tmux, vim, claude, not 'emacs'" in chosen.wrong


@pytest.mark.parametrize("text", ["profile = ", "\xff"])
def test_a_file_that_cannot_be_read_leaves_everything_as_it_was(text: str, tmp_path: Path) -> None:
    file = tmp_path / "app.toml"
    file.write_text(text, encoding="latin-1")
    [said] = preferences.read(file).wrong
    assert str(file) in said


def test_a_bad_key_is_said_when_the_app_opens(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await until(pilot, lambda: len(app._notifications) == 2)
        said = " ".join(one.message for one in app._notifications)
        assert "board.fly: there is no such action" in said
        assert "'ctrl+nothing' is no key" in said

    play(tmp_path, Preferences(keys={"board.fly": "x", "board.peek": "ctrl+nothing"}), story)


def test_the_command_prints_the_map_of_a_profile_and_says_what_is_wrong_in_the_file() -> None:
    with installation(offline=True) as here:
        (here.home / "config").mkdir()
        (here.home / "config" / "app.toml").write_text('[keys]\n"board.peek" = "p"\nboard.fly = "x"\n')
        done = here.say("keys", "--json")
        keys = {one["id"]: one["keys"] for one in json.loads(done.out)}
        assert keys["board.peek"] == ["p"]
        assert "board.fly" in done.err
        assert "Ctrl+B w" in here.told("keys", "--profile", "tmux")


def test_the_palette_does_what_the_key_does_and_finds_sessions(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("ctrl+p", *"board.peek")
        await shows(pilot, "peek (board.peek)")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Board) and app.screen.sessions.peek.display)
        await pilot.press("ctrl+p", *"coder")
        await shows(pilot, "idle · coder")
        await pilot.press("f2")
        await until(pilot, lambda: isinstance(app.screen, Board))

    play(tmp_path, Preferences(), story)


def test_help_says_first_what_works_where_one_was(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f1")
        await shows(pilot, "board.peek")
        text = screen_text(app)
        assert text.index("here") < text.index("board.peek")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Board))

    play(tmp_path, Preferences(), story)


def test_help_has_every_page_of_the_manual_to_the_right_of_the_keys(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await pilot.press("f1")
        await shows(pilot, "board.peek")
        for topic in docs.TOPICS:
            await pilot.press("right")
            await shows(pilot, docs.summary(topic).partition(",")[0][:30])
        await pilot.press("right")
        await shows(pilot, "board.peek")
        await pilot.press("left")
        await shows(pilot, docs.summary(docs.TOPICS[-1]).partition(",")[0][:30])

    play(tmp_path, Preferences(), story)


def _as_a_terminal_sends_it(key: str) -> str:
    """What most terminals send for a letter with Ctrl or Alt; empty for any other key."""
    modifier, _, letter = key.partition("+")
    if len(letter) != 1 or modifier not in ("ctrl", "alt"):
        return ""
    return chr(ord(letter) & 31) if modifier == "ctrl" else f"\x1b{letter}"


def _arrived(sent: str) -> list[str]:
    parser = XTermParser()
    # An end of its input, as when nothing follows in time.
    return [event.key for event in (*parser.feed(sent), *parser.feed("")) if isinstance(event, Key)]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_letter_with_ctrl_or_alt_comes_through_a_terminal_as_itself(profile: str) -> None:
    keys = {part for one in actions(Preferences(profile=profile)) for key in one.keys for part in key.split(" ")}
    sent = {key: _as_a_terminal_sends_it(key) for key in keys}
    assert {key: _arrived(said) for key, said in sent.items() if said} == {
        key: [key] for key, said in sent.items() if said
    }


def test_a_letter_with_alt_that_does_nothing_here_is_no_text(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = app.screen
        assert isinstance(board, Board)
        await pilot.press("tab")
        press_at_once(app, "a", "alt+x", "b")
        await until(pilot, lambda: board.box.text == "ab")

    play(tmp_path, Preferences(), story)


def test_the_palette_takes_the_name_of_a_session_for_text_and_no_markup(tmp_path: Path) -> None:
    title = "mend [/red] of [bold]x[/bold] and [@click=app.quit]q[/]"
    engine = FakeEngine(state("sesn_a", title=title, project="/work/[/b]"), state("sesn_b"))

    async def whole() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await pilot.press("ctrl+p", *"mend")
            await shows(pilot, f"  {title}\n")
            await shows(pilot, "/work/[/b]")
            # Who leaves it while it is still looking for the rest leaves nothing behind.
            press_at_once(app, *"x", "f2")
            await until(pilot, lambda: isinstance(app.screen, Board))
            board = app.screen
            assert isinstance(board, Board)
            press_at_once(app, "ctrl+p", "f8", "ctrl+p", "f2", *"done")
            await until(pilot, lambda: board.box.text == "done")

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_paging_through_a_palette_that_is_not_filled_yet_does_nothing(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        press_at_once(app, "ctrl+p", "pageup", "pagedown")
        await shows(pilot, "an action, a screen or a session")
        await shows(pilot, "board.box")
        await pilot.press("pagedown", "pageup")

    play(tmp_path, Preferences(), story)
