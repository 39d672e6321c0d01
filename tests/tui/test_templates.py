"""Agents and environments as YAML: what would change is shown first, a fault stands with its line, an older version comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, app_over, screen_text, shows, until
from workbench.client.errors import ApiError
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.templates import Templates, as_yaml, fault_of

Json = dict[str, Any]


class Edited(Templates):
    """A person's editor that gives these texts, one after the other."""

    texts: tuple[str | None, ...] = ()
    seen: tuple[str, ...] = ()

    def edited(self, text: str, notes: Sequence[str]) -> str | None:
        self.seen = (*self.seen, "\n".join([text, *notes]))
        first, *rest = self.texts
        self.texts = tuple(rest)
        return first


Story = Callable[[Pilot[None], WorkbenchApp, Edited], Awaitable[None]]
AGENT: Json = {"id": "agent_a", "name": "careful", "version": 2, "model": {"id": "offline"}, "system": "New words."}
FIRST: Json = AGENT | {"version": 1, "system": "Old words."}


def engine() -> FakeEngine:
    fake = FakeEngine()
    fake.answers = {"/v1/agents": {"data": [AGENT]}, "/v1/agents/agent_a/versions": {"data": [AGENT, FIRST]}}
    return fake


def play(fake: FakeEngine, folder: Path, story: Story) -> None:
    async def whole() -> None:
        app = app_over(fake, folder)
        async with app.run_test(size=(100, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            place = Edited(app.store)
            app.push_screen(place)
            await shows(pilot, "careful")
            await story(pilot, app, place)

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_an_edit_is_shown_as_what_it_would_change_and_made_so_only_then(tmp_path: Path) -> None:
    fake = engine()

    async def story(pilot: Pilot[None], app: WorkbenchApp, place: Edited) -> None:
        place.texts = ("name: careful\nmodel: offline\nsystem: Other words.\n",)
        await pilot.press("e")
        await shows(pilot, "This would change")
        await shows(pilot, "+ system: Other words.")
        assert fake.told == []
        await pilot.press("y")
        await until(pilot, lambda: bool(fake.told))

    play(fake, tmp_path, story)
    body = {"name": "careful", "model": "offline", "system": "Other words."}
    assert fake.told == [("/v1/agents/agent_a", body)]


def test_dropping_an_edit_changes_nothing(tmp_path: Path) -> None:
    fake = engine()

    async def story(pilot: Pilot[None], app: WorkbenchApp, place: Edited) -> None:
        place.texts = ("name: other\n",)
        await pilot.press("e")
        await shows(pilot, "This would change")
        await pilot.press("escape")
        await until(pilot, lambda: "This would change" not in screen_text(app))
        assert app.screen is place

    play(fake, tmp_path, story)
    assert fake.told == []


def test_an_edit_that_changes_nothing_says_so_and_proposes_nothing(tmp_path: Path) -> None:
    fake = engine()

    async def story(pilot: Pilot[None], app: WorkbenchApp, place: Edited) -> None:
        place.texts = (as_yaml("agents", place.known["agent_a"][1]), "name: careful\nmodel: offline\nsystem: New.\n")
        await pilot.press("e")
        await shows(pilot, "nothing was changed")
        assert "This would change" not in screen_text(app)
        await pilot.press("e")
        await shows(pilot, "+ system: New.")

    play(fake, tmp_path, story)
    assert fake.told == []


def test_a_fault_stands_with_its_line_and_nothing_can_be_applied_until_it_is_mended(tmp_path: Path) -> None:
    fake = engine()

    async def story(pilot: Pilot[None], app: WorkbenchApp, place: Edited) -> None:
        place.texts = ("name: careful\nsistem: x\n", "name: careful\n")
        await pilot.press("e")
        await shows(pilot, "line 2: sistem: no such field")
        assert "y applies it" not in screen_text(app)
        await pilot.press("y")
        assert fake.told == []
        await pilot.press("e")
        assert "# line 2: sistem" in place.seen[1]
        await until(pilot, lambda: "no such field" not in screen_text(app))

    play(fake, tmp_path, story)


def test_what_the_engine_refuses_stands_with_its_line_and_the_edit_is_kept(tmp_path: Path) -> None:
    class Refusing(FakeEngine):
        async def post(self, path: str, body: Any) -> Json:
            raise ApiError(400, "invalid_request_error", "tools.0.type: Field required")

    fake = Refusing()
    fake.answers = engine().answers

    async def story(pilot: Pilot[None], app: WorkbenchApp, place: Edited) -> None:
        place.texts = ("name: careful\ntools:\n- type: x\n",)
        await pilot.press("e")
        await shows(pilot, "This would change")
        await pilot.press("y")
        await shows(pilot, "line 3: tools.0.type: Field required")

    play(fake, tmp_path, story)


def test_an_older_version_comes_back_as_a_new_one(tmp_path: Path) -> None:
    fake = engine()

    async def story(pilot: Pilot[None], app: WorkbenchApp, place: Edited) -> None:
        await until(pilot, lambda: len(place.versions) == 2)
        await pilot.press("left_square_bracket")
        await shows(pilot, "version 1   an older version")
        await pilot.press("b")
        await shows(pilot, "+ system: Old words.")
        await pilot.press("y")
        await until(pilot, lambda: bool(fake.told))

    play(fake, tmp_path, story)
    assert fake.told[0][1]["system"] == "Old words."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "line 1: not YAML"),
        ("- a", "a mapping with a name"),
        ("name: a\nx: 1\n", "line 2: x: no such field"),
    ],
)
def test_faults_are_found_before_the_engine_is_asked(text: str, says: str) -> None:
    assert says in fault_of("agents", text)
    assert fault_of("agents", "name: a\nmodel: offline\n") == ""


def test_only_what_a_person_writes_is_edited() -> None:
    assert as_yaml("agents", AGENT | {"created_at": "x", "tools": []}) == (
        "name: careful\nmodel:\n  id: offline\nsystem: New words.\n"
    )
