"""Files of a session in the app: listed, read, saved, opened and named; nothing in them steers or runs."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot

from tests.line.installation import installation
from tests.messages_server import text as model_says
from tests.tui.fake import FakeEngine, Json, ago, shows, state, until
from tests.tui.test_details import play, text
from workbench import settings
from workbench.client import paths
from workbench.client.app import Link
from workbench.client.errors import ApiError, EngineAway
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.details import Details
from workbench.tui.state import downloads, opener
from workbench.tui.state.drafts import Drafts
from workbench.tui.state.machine import Machine
from workbench.tui.state.store import Store
from workbench.tui.state.view_state import ViewFile

LISTED = paths.own("sesn_a", "files")


def file(file_id: str, filename: str, content: bytes, **fields: Any) -> Json:
    """A file as `GET …/sessions/ID/files` lists it."""
    usual: Json = {
        "id": file_id,
        "type": "file",
        "filename": filename,
        "size_bytes": len(content),
        "created_at": ago(240),
        "kind": "output",
        "place": f"/mnt/session/outputs/{filename}",
    }
    return usual | fields


def engine_with(*files: tuple[str, str, bytes]) -> FakeEngine:
    engine = FakeEngine(state("sesn_a"))
    engine.contents = {paths.content(file_id): content for file_id, _, content in files}
    engine.answers = {LISTED: {"data": [file(*one) for one in files]}}
    return engine


def test_a_file_is_a_line_and_opens_to_its_text_with_hidden_signs_named(tmp_path: Path) -> None:
    engine = engine_with(("file_1", "report.md", b"# Found\nlook \xe2\x80\xae here\x1b[2J\n"), ("file_2", "empty", b""))
    given = file("file_3", "data.csv", b"a,b\n", kind="upload", place="/mnt/session/uploads/data.csv")
    engine.answers[LISTED]["data"].append(given)

    async def story(pilot: Pilot[None], screen: Details) -> None:
        await shows(pilot, "report.md")
        lines = [line.split() for line in text(pilot).splitlines() if "/mnt/session" in line]
        assert [line[-6:] for line in lines] == [
            ["report.md", "agent's", "26", "B", "4m", "/mnt/session/outputs/report.md"],
            ["empty", "agent's", "0", "B", "4m", "/mnt/session/outputs/empty"],
            ["data.csv", "yours", "4", "B", "4m", "/mnt/session/uploads/data.csv"],
        ]
        await pilot.press("enter")
        await shows(pilot, "look ⟨U+202E⟩ here⟨U+001B⟩[2J")
        assert "\u202e" not in text(pilot)
        # From anywhere in it, one key folds it again.
        await pilot.press("down", "left")
        await until(pilot, lambda: "Found" not in text(pilot))
        assert screen.file_rows.cursor == "file_1"
        await pilot.press("down", "enter")
        await shows(pilot, "it is empty")

    play(engine, tmp_path, story, tab="files")


def test_a_long_text_is_shown_from_its_beginning_and_other_contents_are_none(tmp_path: Path) -> None:
    engine = engine_with(("file_1", "a.txt", b"line\n" * 200_000), ("file_2", "b.txt", b"\xff\xfe\x00"))

    async def story(pilot: Pilot[None], screen: Details) -> None:
        await shows(pilot, "b.txt")
        await pilot.press("down", "enter")
        await shows(pilot, "no text: o opens it")
        await pilot.press("left", "up", "enter")
        await shows(pilot, "     line")
        await pilot.press("end", "up", "up")
        await shows(pilot, "more; s saves all of it")
        assert len(screen.file_rows.lines) < 10_000

    play(engine, tmp_path, story, tab="files")


def test_the_list_is_renewed_as_the_session_works_and_says_what_to_do_while_it_is_empty(tmp_path: Path) -> None:
    engine = engine_with()

    async def story(pilot: Pilot[None], _: Details) -> None:
        await shows(pilot, "No files yet. workbench run --file PATH gives a session one")
        engine.answers[LISTED] = {"data": [file("file_1", "late.txt", b"late")]}
        engine.tell(state("sesn_a", last_event_at=ago(1)))
        await shows(pilot, "late.txt")

    play(engine, tmp_path, story, tab="files")


def test_a_file_is_saved_under_a_free_name_and_never_over_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = os.urandom(100_000)
    engine = engine_with(("file_1", "a.bin", content))
    # A notice is cut to a corner of the screen: what it says comes before the place.
    folder = tmp_path / "a-long-name" / ("folder" * 20)
    folder.mkdir(parents=True)
    (folder / "a.bin").write_text("mine")
    monkeypatch.chdir(folder)

    async def story(pilot: Pilot[None], screen: Details) -> None:
        await shows(pilot, "a.bin")
        await pilot.press("s")
        await shows(pilot, "a-2.bin")
        await pilot.press(*["backspace"] * 9, *"a.bin", "enter")
        await until(pilot, lambda: "is there already" in told(pilot))
        assert screen.file_line.text == "a.bin"
        await pilot.press(*["backspace"] * 5, *"b.bin", "enter")
        await until(pilot, lambda: not screen.file_line.display)
        await pilot.press("s")
        await until(pilot, lambda: screen.file_line.display)
        await pilot.press("escape")
        await until(pilot, lambda: not screen.file_line.display)
        assert pilot.app.screen is screen

    play(engine, tmp_path, story, tab="files")
    assert (folder / "b.bin").read_bytes() == content
    assert sorted(one.name for one in folder.iterdir()) == ["a.bin", "b.bin"]
    assert (folder / "a.bin").read_text() == "mine"


def test_what_comes_only_in_part_is_not_left_under_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_with(("file_1", "a.bin", b"x" * 5000))
    engine.cut_short.add(paths.content("file_1"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)

    async def story(pilot: Pilot[None], _: Details) -> None:
        await shows(pilot, "a.bin")
        await pilot.press("s", "enter")
        await until(pilot, lambda: "the engine does not answer" in told(pilot))

    play(engine, tmp_path, story, tab="files")
    assert list(folder.iterdir()) == []


def told(pilot: Pilot[None]) -> str:
    """What the app has said for a moment."""
    return " ".join(one.message for one in pilot.app._notifications)


def desktop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desktop whose opener writes down what it is given; gives the file that it writes."""
    programs, told = folder / "programs", folder / "told"
    programs.mkdir()
    script = programs / "xdg-open"
    script.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{told}.part"; mv "{told}.part" "{told}"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":7")
    return told


def test_a_picture_is_opened_by_the_desktop_from_a_folder_of_its_own_and_a_page_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = desktop(tmp_path, monkeypatch)
    engine = engine_with(("file_1", "-plot\u202e.png", b"png"), ("file_2", "page.html", b"<script>"))

    async def story(pilot: Pilot[None], _: Details) -> None:
        await shows(pilot, "page.html")
        await pilot.press("o")
        await until(pilot, written.exists)
        await pilot.press("down", "o")
        await until(pilot, lambda: "page.html could be of a kind that runs" in told(pilot))

    play(engine, tmp_path, story, tab="files")
    opened = Path(written.read_text())
    assert (opened.name, opened.read_bytes()) == ("plot_.png", b"png")
    assert stat.S_IMODE(opened.parent.stat().st_mode) == 0o700
    assert [one.name for one in opened.parent.parent.rglob("*.html")] == []


def test_without_a_desktop_it_is_said_where_the_file_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    engine = engine_with(("file_1", "a.txt", b"text"))

    async def story(pilot: Pilot[None], _: Details) -> None:
        await shows(pilot, "a.txt")
        await pilot.press("o")
        await until(pilot, lambda: "there is no desktop here" in told(pilot))

    play(engine, tmp_path, story, tab="files")
    [saved] = (tmp_path / "opened").rglob("a.txt")
    assert saved.read_bytes() == b"text"


def test_path_and_id_are_copied(tmp_path: Path) -> None:
    engine = engine_with(("file_1", "a.txt", b"text"))
    copied: list[str] = []

    async def story(pilot: Pilot[None], _: Details) -> None:
        cast("Any", pilot.app).copy = copied.append
        await shows(pilot, "a.txt")
        await pilot.press("y", "Y")

    play(engine, tmp_path, story, tab="files")
    assert copied == ["/mnt/session/outputs/a.txt", "file_1"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("../../x", "x"),
        ("a\\b.txt", "b.txt"),
        (".bashrc", "bashrc"),
        ("--help", "help"),
        ("a\u202eb\n.txt", "a_b_.txt"),
        ("..", "file"),
        ("", "file"),
    ],
)
def test_a_name_for_a_file_of_an_agent_is_plain_and_stays_in_its_folder(name: str, plain: str) -> None:
    assert downloads.plain_name(name) == plain


def test_an_opener_is_taken_from_whole_paths_alone_and_files_of_yesterday_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "xdg-open"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    environ = {"DISPLAY": ":7", "PATH": ".:"}
    assert opener.opener(environ, "linux") == ""
    assert opener.opener(environ | {"PATH": str(tmp_path)}, "linux") == str(program)
    old = opener.private_folder(tmp_path / "opened")
    (old / "a").write_text("a")
    yesterday = time.time() - 2 * opener.KEPT_S
    os.utime(old, (yesterday, yesterday))
    new = opener.private_folder(tmp_path / "opened")
    assert list((tmp_path / "opened").iterdir()) == [new]


def test_over_the_real_engine_a_file_that_was_given_is_read_and_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"a,b\n" + b"1,2\n" * 400_000
    with installation([model_says("Seen.")]) as here:
        (here.home / "data.csv").write_bytes(content)
        session_id = here.run_detached("--file", "data.csv", "look")
        link = Link(settings.load(here.environment).engine_socket)
        monkeypatch.chdir(tmp_path)

        async def story() -> None:
            view_file, machine = (
                ViewFile(tmp_path / "view.json"),
                Machine(ensure=lambda say: None, begin=lambda task: ""),
            )
            app = WorkbenchApp(
                Store(link, Drafts(tmp_path / "drafts"), view_file, machine, lambda: datetime.now(UTC)), animated=False
            )
            async with app.run_test(size=(80, 24)) as pilot:
                await until(pilot, lambda: app.store.feed.live and session_id in app.store.rows)
                screen = Details(app.store, session_id, "files")
                await app.push_screen(screen)
                await shows(pilot, "/mnt/session/uploads/data.csv")
                assert text(pilot).split().count("yours") == text(pilot).count("1.6 MB") == 1
                await pilot.press("enter")
                await shows(pilot, "1,2")
                await pilot.press("s", "enter")
                await until(pilot, lambda: "data.csv: 1.6 MB" in told(pilot))
            with pytest.raises(ApiError):
                await downloads.save(link, "file_gone", tmp_path / "gone")

        asyncio.run(asyncio.wait_for(story(), 60))
    assert (tmp_path / "data.csv").read_bytes() == content
    assert not (tmp_path / "gone").exists()


def test_a_download_that_ends_too_early_is_an_engine_that_went_away(tmp_path: Path) -> None:
    async def story() -> None:
        async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.0 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            writer.close()

        async with await asyncio.start_unix_server(half, tmp_path / "socket"):
            with pytest.raises(EngineAway, match="4 of 10 bytes"):
                await downloads.save(Link(tmp_path / "socket"), "file_1", tmp_path / "a")

    asyncio.run(asyncio.wait_for(story(), 10))
    assert not (tmp_path / "a").exists()
