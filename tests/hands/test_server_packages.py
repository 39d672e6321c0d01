"""What was fetched for MCP servers is kept for later sessions with the same command, and nothing else is."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from sandboxes.runner.fetched_programs import without_npx
from tests.hands.places import new_session
from workbench import settings
from workbench.contracts.values import Json, Session
from workbench.hands.mcp.packages import ServerPackages

SERVER: Json = {"type": "url", "name": "s", "url": "stdio:npx -y thing"}


class Place:
    """A home, and what is kept there."""

    def __init__(self, home: Path) -> None:
        self.settings = settings.load({"WORKBENCH_HOME": str(home)})
        self.packages = ServerPackages(self.settings)

    def session(self, server: Json = SERVER, **changed: object) -> Session:
        described = new_session()
        return replace(described, agent=described.agent | {"mcp_servers": [server]}, **changed)  # type: ignore[arg-type]

    def give(self, session: Session) -> None:
        self.packages.giving(session)()

    def of(self, session: Session) -> Path:
        return self.settings.sandboxes / session.id / "session" / "servers"

    def fetched(self, session: Session) -> Path:
        folder = self.of(session) / "npm" / "_npx"
        folder.mkdir(parents=True)
        (folder / "thing.js").write_text("said")
        (folder / "bin").symlink_to("/etc")
        (self.of(session) / "share").mkdir()
        (self.of(session) / "share" / "notes").write_text("a session's own")
        return folder


def install(npm: Path, *, spec: str = "thing", programs: Json | str = "main.js") -> None:
    """What `npx` makes of a package."""
    folder = npm / "_npx" / "5b2d"
    modules = folder / "node_modules"
    package = modules / spec.rpartition("@")[0] if "@" in spec[1:] else modules / spec
    for place in (package, modules / ".bin"):
        place.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"_npx": {"packages": [spec]}}))
    (package / "package.json").write_text(json.dumps({"bin": programs}))
    for name in [package.name] if isinstance(programs, str) else programs:
        (modules / ".bin" / name).write_text("#!/bin/sh\n")
        (modules / ".bin" / name).chmod(0o755)


@pytest.mark.parametrize(
    ("words", "spec", "programs", "program"),
    [
        ("npx -y @a/thing /x", "@a/thing", {"other": "m.js"}, "other /x"),
        ("npx --yes @a/thing@latest", "@a/thing@latest", {"thing": "m.js", "more": "n.js"}, "thing"),
        ("npx thing -y", "thing", "m.js", "thing -y"),
        ("npx -y thing", "thing@1", "m.js", None),
        ("npx -y @a/thing", "@a/thing", {"one": "m.js", "two": "n.js"}, None),
        ("npx -y -p thing other", "thing", "m.js", None),
        ("npx -y ./thing", "thing", "m.js", None),
        ("npx", "thing", "m.js", None),
        ("node thing", "thing", "m.js", None),
    ],
)
def test_what_npx_fetched_for_these_words_is_started_without_it(
    tmp_path: Path, words: str, spec: str, programs: Json | str, program: str | None
) -> None:
    install(tmp_path, spec=spec, programs=programs)
    told = without_npx(words.split(), tmp_path, tmp_path / "project")
    bins = tmp_path / "_npx" / "5b2d" / "node_modules" / ".bin"
    assert told == (words.split() if program is None else f"{bins}/{program}".split())
    (tmp_path / "project" / "node_modules" / "thing").mkdir(parents=True)
    (tmp_path / "project" / "node_modules" / "@a" / "thing").mkdir(parents=True)
    assert without_npx(words.split(), tmp_path, tmp_path / "project") == words.split()


def test_a_later_session_with_the_same_command_has_a_copy_of_its_own(tmp_path: Path) -> None:
    place = Place(tmp_path)
    first, second, third = (place.session() for _ in range(3))
    place.fetched(first)
    assert place.packages.keep(first, SERVER) > 0
    place.give(second)
    copy = place.of(second) / "npm" / "_npx"
    assert (copy / "thing.js").read_text() == "said"
    assert os.readlink(copy / "bin") == "/etc"
    assert not (place.of(second) / "share").exists()
    command = ("npx", "-y", "thing")
    assert place.packages.offline(second.id, command) == command
    (copy / "thing.js").write_text("poisoned")
    place.give(third)
    assert (place.of(third) / "npm" / "_npx" / "thing.js").read_text() == "said"


def test_another_command_another_environment_and_a_week_later_get_nothing(tmp_path: Path) -> None:
    place = Place(tmp_path)
    first = place.session()
    place.fetched(first)
    place.packages.keep(first, SERVER)
    others = [
        place.session(SERVER | {"url": "stdio:npx -y other"}),
        place.session(environment=first.environment | {"packages": {"npm": ["node@18"]}}),
    ]
    for other in others:
        place.give(other)
        assert not place.of(other).exists()
    [kept] = (place.settings.data / "server-packages").iterdir()
    os.utime(kept, (0, 0))
    late = place.session()
    place.give(late)
    assert not place.of(late).exists()


@pytest.mark.parametrize("at", ["servers", "servers/npm"])
def test_a_link_that_a_server_left_in_its_place_leads_nowhere(tmp_path: Path, at: str) -> None:
    place = Place(tmp_path)
    secret = tmp_path / "secret"
    (secret / "npm").mkdir(parents=True)
    (secret / "npm" / "key").write_text("of the host")
    session = place.session()
    link = place.of(session).parent / at
    link.parent.mkdir(parents=True)
    link.symlink_to(secret)
    assert place.packages.keep(session, SERVER) == 0
    assert not (place.settings.data / "server-packages").exists()


def test_uvx_asks_no_index_about_what_was_given_and_npx_leaves_what_it_would_need_to_install_again(
    tmp_path: Path,
) -> None:
    place, command = Place(tmp_path), ("uvx", "thing")
    first, second, third = (place.session(SERVER | {"url": "stdio:uvx thing"}) for _ in range(3))
    place.fetched(first)
    place.packages.keep(first, first.agent["mcp_servers"][0])
    place.give(second)
    assert place.packages.offline(second.id, command) == ("env", "UV_OFFLINE=1", *command)
    assert place.packages.offline(second.id, ("uvx", "other")) == ("uvx", "other")
    assert place.packages.offline(third.id, command) == command


def test_a_sandbox_that_starts_meanwhile_and_makes_its_folders_finds_them_full(tmp_path: Path) -> None:
    place = Place(tmp_path)
    first, second = place.session(), place.session()
    install(place.fetched(first).parent)
    (place.of(first) / "npm" / "_cacache").mkdir()
    place.packages.keep(first, SERVER)
    giving = place.packages.giving(second)
    for name in ("npm", "uv", "share"):
        (place.of(second) / name).mkdir(parents=True)
    giving()
    npm = place.of(second) / "npm"
    program = npm / "_npx" / "5b2d" / "node_modules" / ".bin" / "thing"
    assert without_npx(["npx", "-y", "thing"], npm, tmp_path) == [str(program)]
    assert not (npm / "_cacache").exists()


def test_a_session_that_has_something_already_keeps_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    first, second = place.session(), place.session()
    place.fetched(first)
    place.packages.keep(first, SERVER)
    (place.of(second) / "npm").mkdir(parents=True)
    place.give(second)
    assert list((place.of(second) / "npm").iterdir()) == []
