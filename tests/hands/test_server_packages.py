"""What was fetched for MCP servers is kept for later sessions with the same command, and nothing else is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

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


def test_a_later_session_with_the_same_command_has_a_copy_of_its_own(tmp_path: Path) -> None:
    place = Place(tmp_path)
    first, second, third = (place.session() for _ in range(3))
    place.fetched(first)
    assert place.packages.keep(first, SERVER) > 0
    place.packages.give(second)
    copy = place.of(second) / "npm" / "_npx"
    assert (copy / "thing.js").read_text() == "said"
    assert os.readlink(copy / "bin") == "/etc"
    assert not (place.of(second) / "share").exists()
    command = ("npx", "-y", "thing")
    assert place.packages.offline(second.id, command) == ("env", "UV_OFFLINE=1", *command)
    assert place.packages.offline(second.id, ("npx", "other")) == ("npx", "other")
    assert place.packages.offline(third.id, command) == command
    (copy / "thing.js").write_text("poisoned")
    place.packages.give(third)
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
        place.packages.give(other)
        assert not place.of(other).exists()
    [kept] = (place.settings.data / "server-packages").iterdir()
    os.utime(kept, (0, 0))
    late = place.session()
    place.packages.give(late)
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


def test_a_session_that_has_something_already_keeps_it(tmp_path: Path) -> None:
    place = Place(tmp_path)
    first, second = place.session(), place.session()
    place.fetched(first)
    place.packages.keep(first, SERVER)
    (place.of(second) / "npm").mkdir(parents=True)
    place.packages.give(second)
    assert list((place.of(second) / "npm").iterdir()) == []
