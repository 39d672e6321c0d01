"""Pictures and documents in the app: named in lines, opened, and attached by a path in the prompt."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from tests.pictures import picture, sides
from tests.tui.fake import FakeEngine, ago, call, screen_text, shows, state, until
from tests.tui.test_board import play as play_board
from tests.tui.test_talk import play
from workbench.client import paths
from workbench.tui.app import WorkbenchApp
from workbench.tui.render.event_lines import summary_of
from workbench.tui.screens.board import Board
from workbench.tui.screens.session import SessionScreen

SMALL = picture(1200, 800)


def image(content: bytes) -> dict[str, Any]:
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(content).decode()}
    return {"type": "image", "source": source}


def talked() -> FakeEngine:
    message = {
        "type": "user.message",
        "id": "u",
        "processed_at": ago(90),
        "content": [{"type": "text", "text": "compare /home/a/before.png"}, image(SMALL)],
    }
    seen = {
        "type": "agent.tool_result",
        "id": "r",
        "tool_use_id": "c",
        "processed_at": ago(80),
        "is_error": False,
        "content": [image(picture(40, 30))],
    }
    read = call("c", "", name="read", input={"file_path": "shots/after.desktop"}, evaluated_permission="allow")
    return FakeEngine(state("sesn_a"), events={"sesn_a": [message, read, seen]})


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop whose opener writes down what it was given."""
    bin_folder, log = tmp_path / "bin", tmp_path / "opened"
    bin_folder.mkdir()
    log.touch()
    for name in ("xdg-open", "open"):
        (bin_folder / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" >> {log}\n')
        (bin_folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_folder}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":9")
    return log


def test_a_transcript_names_pictures_in_a_line_and_a_key_opens_them_from_the_last_on(
    tmp_path: Path, opened: Path
) -> None:
    async def story(pilot: Pilot[None], screen: SessionScreen) -> None:
        await shows(pilot, f"▣ before.png · PNG · 1200x800 · {len(SMALL) / 1000:.1f} kB")
        await shows(pilot, "▣ after.desktop · PNG · 40x30 ·")
        await pilot.press("alt+g")
        await until(pilot, lambda: len(opened.read_text().splitlines()) == 1)
        await pilot.press(*"/open", "enter")
        await until(pilot, lambda: len(opened.read_text().splitlines()) == 2)
        first, second = map(Path, opened.read_text().splitlines())
        # How it is opened goes by what it holds, whatever an agent called it.
        assert (first.name, second.name) == ("1-after.png", "2-before.png")
        assert (sides(first.read_bytes()), second.read_bytes()) == (("PNG", 40, 30), SMALL)
        assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(first.stat().st_mode) == 0o600

    play(talked(), tmp_path / "app", story, size=(100, 30))


def test_the_details_of_a_session_name_a_picture_by_its_kind_and_size() -> None:
    event = {"type": "user.message", "content": [{"type": "text", "text": "compare /home/a/before.png"}, image(SMALL)]}
    said = summary_of(event)
    assert said.startswith("compare /home/a/before.png ⏎ ")
    assert "before.png · PNG · 1200x800 · " in said
    assert "[image]" not in said


def test_a_picture_of_the_web_and_a_stored_file_open_with_the_same_key(tmp_path: Path, opened: Path) -> None:
    far = {"type": "image", "source": {"type": "url", "url": "https://example.com/far.png"}}
    odd = {"type": "image", "source": {"type": "url", "url": "file:///etc/passwd"}}
    kept = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
    message = {"type": "user.message", "id": "u", "processed_at": ago(90), "content": [far, kept, odd]}
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [message]})
    engine.contents[paths.content("file_1")] = SMALL

    async def story(pilot: Pilot[None], screen: SessionScreen) -> None:
        await shows(pilot, "the stored file file_1")
        await pilot.press("alt+g")
        await shows(pilot, "there is nothing of it")
        for count in (1, 2):
            await pilot.press("alt+g")
            await until(pilot, lambda count=count: len(opened.read_text().splitlines()) == count)  # type: ignore[misc]
        first, second = opened.read_text().splitlines()
        assert (Path(first).read_bytes(), second) == (SMALL, "https://example.com/far.png")

    play(engine, tmp_path / "app", story, size=(120, 30))


def test_a_path_in_the_boards_box_goes_with_the_task(tmp_path: Path) -> None:
    shot = tmp_path / "a.png"
    shot.write_bytes(SMALL)
    engine = FakeEngine()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        board = cast("Board", app.screen)
        await pilot.press("tab")
        board.box.insert(f"what is in {shot} and {tmp_path}/b.png")
        await shows(pilot, "▣ a.png · PNG · 1200x800")
        await pilot.press("alt+x")
        await until(pilot, lambda: "▣" not in screen_text(cast("WorkbenchApp", pilot.app)))
        board.box.set("")
        board.box.insert(f"what is in {shot}")
        await shows(pilot, "▣ a.png")
        await pilot.press("enter")
        await until(pilot, lambda: bool(engine.begun))
        assert engine.begun[0].files == (str(shot),)
        await until(pilot, lambda: "▣" not in screen_text(cast("WorkbenchApp", pilot.app)))

    play_board(engine, tmp_path / "app", story, size=(120, 30))


def test_without_a_desktop_the_app_says_where_the_picture_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    async def story(pilot: Pilot[None], screen: SessionScreen) -> None:
        await shows(pilot, "▣ before.png")
        await pilot.press("alt+g")
        await shows(pilot, "no desktop to show it on")

    play(talked(), tmp_path / "app", story, size=(160, 30))


def test_a_path_in_the_prompt_attaches_the_picture_and_one_taken_off_stays_text(tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    for name in ("a.png", "b.png"):
        (shots / name).write_bytes(SMALL)
    (shots / "logo.png").write_text("<svg/>")
    engine = FakeEngine(state("sesn_a", project=str(shots)), events={"sesn_a": []})

    async def story(pilot: Pilot[None], screen: SessionScreen) -> None:
        await pilot.press(*"see @a.png and ")
        screen.view.prompt.insert(f"{shots}/b.png {shots}/logo.png {shots}/gone.png")
        await shows(pilot, "▣ a.png · PNG · 1200x800")
        await shows(pilot, "▣ b.png · PNG · 1200x800")
        await shows(pilot, "✗ stays text: logo.png is no picture and no PDF (SVG text)")
        assert "gone.png is" not in screen_text(cast("WorkbenchApp", pilot.app))
        await pilot.press("alt+x", "alt+x")
        await until(pilot, lambda: screen.view.files.paths == (f"{shots}/a.png",))
        await pilot.press("enter")
        await until(pilot, lambda: bool(engine.posted))
        [(_, event)] = engine.posted
        assert event["content"][0]["text"] == f"see @a.png and {shots}/b.png {shots}/logo.png {shots}/gone.png"
        assert event["content"][1:] == [image(SMALL)]
        assert screen.view.files.chips == ()
        # A line that begins with a path is no command.
        screen.view.prompt.insert(f"{shots}/b.png")
        await pilot.press("enter")
        await until(pilot, lambda: len(engine.posted) == 2)
        assert [block["type"] for block in engine.posted[1][1]["content"]] == ["text", "image"]

    play(engine, tmp_path / "app", story, size=(120, 30))


def test_a_file_that_is_gone_when_its_line_goes_is_said_and_the_line_waits(tmp_path: Path) -> None:
    shot = tmp_path / "a.png"
    shot.write_bytes(SMALL)
    engine = FakeEngine(state("sesn_a", status="running"), events={"sesn_a": []})

    async def story(pilot: Pilot[None], screen: SessionScreen) -> None:
        screen.view.prompt.insert(f"see {shot}")
        await shows(pilot, "▣ a.png")
        await pilot.press("tab")
        await shows(pilot, "queued · after this turn")
        shot.unlink()
        engine.tell(state("sesn_a", position=9))
        # However long the path is, and wherever it breaks.
        said = "is no file; ↑ takes the line back"
        await until(
            pilot, lambda: said in " ".join(screen_text(cast("WorkbenchApp", pilot.app)).replace("▌", " ").split())
        )
        assert engine.posted == []

    play(engine, tmp_path / "app", story, size=(140, 30))
