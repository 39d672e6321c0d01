"""The folder that `run` works on, and what is said of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.line.installation import Installation, installation
from tests.messages_server import text
from workbench.commands import project


def ran(here: Installation, folder: Path, *words: str) -> tuple[Any, str]:
    """A detached session that was begun in this folder, and what was said beside its id."""
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "run", "--detach", "--model", "offline", *words, "hello"],
        env=here.environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    [session] = [one for one in here.json("ps", "--all") if one["id"] == done.stdout.strip()]
    return session, done.stderr


def test_run_works_on_the_project_that_it_is_in_and_says_so() -> None:
    with installation(offline=True) as here:
        shop = here.home / "shop"
        (shop / ".git").mkdir(parents=True)
        (shop / "src").mkdir()
        (shop / "AGENTS.md").write_text("Use tabs.")
        (shop / "src" / "CLAUDE.md").symlink_to("/etc/hostname")
        for folder, alone in ((shop, ""), (shop / "src", "-C . for this part of it alone, ")):
            session, said = ran(here, folder)
            assert session["metadata"]["workbench.project"] == str(shop)
            assert f"in {shop} ({alone}-C DIR for another, -C none for an empty folder)" in said
        peeked = here.say("peek", session["id"])
        assert "project instructions: AGENTS.md\n" in peeked.err
        assert "not read: src/CLAUDE.md: a link that leads out of the project\n" in peeked.err
        assert here.json("peek", session["id"])["state"]["instructions"]["files"] == ["AGENTS.md"]


def test_another_folder_or_none_is_what_was_said_and_outside_of_a_project_it_is_told_how() -> None:
    with installation(offline=True) as here:
        shop, other = here.home / "shop", here.home / "other"
        (shop / ".git").mkdir(parents=True)
        other.mkdir()
        session, _ = ran(here, shop, "-C", str(other))
        assert session["metadata"]["workbench.project"] == str(other)
        session, said = ran(here, shop, "-C", "none")
        assert (session["metadata"], said) == ({}, "in an empty folder\n")
        session, said = ran(here, other)
        assert (session["metadata"], said) == (
            {},
            "in an empty folder; -C DIR works on a copy-on-write view of DIR\n",
        )


def test_what_a_project_says_is_in_the_request_of_the_running_engine_until_the_settings_say_none() -> None:
    with installation([text("Hi."), text("Hi.")]) as here:
        shop = here.home / "shop"
        shop.mkdir()
        (shop / "AGENTS.md").write_text("Use tabs.")
        assert "project instructions: AGENTS.md" in here.say("run", "-C", str(shop), "hello").err
        here.told("down")
        (here.home / "config").mkdir(exist_ok=True)
        (here.home / "config" / "settings.toml").write_text('[project]\ninstructions = "none"\n')
        assert "project instructions" not in here.say("run", "-C", str(shop), "hello").err
        systems = [body["system"][0]["text"] for body in here.model.requests]
        assert ["Use tabs." in system for system in systems] == [True, False]


def test_a_folder_that_was_removed_is_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert project.here() is None
