"""`workbench memory watch`: a folder and a store come to say the same, and stay so."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.line.installation import installation


def test_a_folder_and_a_store_come_together_both_ways_and_conflicts_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.md").write_text("from the folder")
    (folder / "deep" / "b.md").write_text("deep")
    (folder / "image.png").write_bytes(b"\x89PNG")
    (folder / "broken.md").write_bytes(b"\xff\xfe")
    os.symlink("/etc/passwd", folder / "link.md")
    with installation(offline=True) as here:
        store = here.told("memory", "new", "notes").strip()
        here.environment["EDITOR"] = """sh -c 'printf %s "from the store" > "$0"'"""
        here.told("memory", "edit", store, "/s.md")
        first = here.told("memory", "watch", "--once", store, str(folder))
        assert "broken.md is no memory" in first
        assert {one["path"] for one in here.json("memory", "ls", store)} == {"/a.md", "/deep/b.md", "/s.md"}
        assert (folder / "s.md").read_text() == "from the store"
        assert "broken" in here.told("memory", "watch", "--once", store, str(folder))
        (folder / "a.md").write_text("changed here")
        (folder / "deep" / "b.md").unlink()
        here.told("memory", "edit", store, "/s.md")
        here.told("memory", "watch", "--once", store, str(folder))
        assert here.told("memory", "cat", store, "/a.md") == "changed here"
        assert {one["path"] for one in here.json("memory", "ls", store)} == {"/a.md", "/s.md"}
        (folder / "a.md").write_text("mine")
        here.told("memory", "edit", store, "/a.md")
        assert "gave way" in here.told("memory", "watch", "--once", store, str(folder))
        assert (folder / "a.md").read_text() == "from the store"
        assert (folder / "a.md.orig").read_text() == "mine"
        other = here.told("memory", "new", "other").strip()
        assert "is kept the same as" in here.say("memory", "watch", "--once", other, str(folder)).err


def test_nothing_is_written_through_planted_links_or_where_programs_look(tmp_path: Path) -> None:
    folder, victim = tmp_path / "notes", tmp_path / "victim"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text("[core]\n")
    victim.write_text("the owner's")
    planted = (".build.md.new", ".workbench-memory.json.new", ".workbench-memory.json", "lost.md.orig", "taken.md")
    for name in planted:
        (folder / name).symlink_to(victim)
    (folder / "out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.md")
    with installation(offline=True) as here:
        store = here.told("memory", "new", "notes").strip()
        here.environment["EDITOR"] = """sh -c 'printf %s "from the store" > "$0"'"""
        for path in (
            "/build.md",
            "/taken.md",
            "/out/new.md",
            "/lost.md",
            "/.git/config",
            "/.vscode/tasks.json",
            "/plain",
        ):
            here.told("memory", "edit", store, path)
        (folder / "lost.md").write_text("mine")
        said = here.told("memory", "watch", "--once", store, str(folder))
        assert (folder / "build.md").read_text() == "from the store"
        assert ((folder / "lost.md").read_text(), (folder / "lost.md.orig").read_text()) == ("from the store", "mine")
        assert victim.read_text() == "the owner's"
        assert (folder / ".git" / "config").read_text() == "[core]\n"
        assert sorted(os.listdir(tmp_path)) == ["notes", "victim"]
        assert not (folder / ".vscode").exists()
        for words in ("/taken.md stays different", "/out/new.md stays different", "/.git/config stays in the store"):
            assert words in said
        here.told("memory", "watch", "--once", store, str(folder))
        assert len(here.json("memory", "ls", store)) == 7


def test_while_it_watches_each_side_follows_the_other_until_it_is_interrupted(tmp_path: Path) -> None:
    with installation(offline=True) as here:
        store = here.told("memory", "new", "notes").strip()
        with here.start("memory", "watch", store, str(tmp_path), start_new_session=True) as watching:
            assert watching.stdout is not None
            here.environment["EDITOR"] = """sh -c 'printf %s "from the store" > "$0"'"""
            here.told("memory", "edit", store, "/s.md")
            assert watching.stdout.readline() == f"wrote {tmp_path}/s.md\n"
            (tmp_path / "f.md").write_text("from the folder")
            assert watching.stdout.readline() == "kept /f.md\n"
            assert here.told("memory", "cat", store, "/f.md") == "from the folder"
            watching.send_signal(signal.SIGINT)
            watching.communicate(timeout=30)
            assert watching.returncode == 130
