"""Every place of the app over an engine whose every word would steer the terminal or hide: the lines that reach the screen have nothing raw."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from rich.segment import Segment
from textual.color import Color

from tests.hostile import HOSTILE, raw_signs
from tests.tui.fake import FakeEngine, ago, app_over, blocked, call, result, said, screen_text, shows, state
from tests.tui.stage import SCENES, Scene
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.preferences import Preferences
from workbench.tui.render.terminal_text import Door

_KEPT = frozenset(["type", "id", "seq", "position", "status", "kind", "result", "op", "role", "amount", "currency"])
"""Words of the protocol, which the engine makes."""


def poisoned(value: Any, key: str = "") -> Any:
    """The same JSON with a hostile end to each text that is not a word of the protocol or a moment."""
    match value:
        case str() if (
            key in _KEPT or key.endswith(("_id", "_at", "_ids", "type", "status", "permission")) or value[:5] == "2026-"
        ):
            return value
        case str():
            return f"{value} {HOSTILE}"
        case dict():
            return {name: poisoned(one, name) for name, one in value.items()}
        case list() if key not in {"waiting_for", "event_ids"}:
            return [poisoned(one, key) for one in value]
    return value


def _poisoned_engine(scene: Scene) -> FakeEngine:
    engine = scene.engine()
    engine.states = {name: poisoned(one) for name, one in engine.states.items()}
    engine.events = {name: [poisoned(one) for one in events] for name, events in engine.events.items()}
    engine.answers = {path: poisoned(one) for path, one in engine.answers.items()}
    return engine


def _raw_on_screen(app: WorkbenchApp) -> list[str]:
    lines = [strip.text for strip in app.screen._compositor.render_strips()]
    return raw_signs("\n".join(lines)) + [line for line in lines if "\n" in line or "\t" in line]


PLACES = [name for name, scene in SCENES.items() if type(scene) is Scene and not scene.last]


@pytest.mark.parametrize("place", PLACES)
def test_no_place_of_the_app_shows_anything_raw(place: str, tmp_path: Path) -> None:
    scene = SCENES[place]

    async def story() -> list[str]:
        (tmp_path / "view.json").write_text(scene.view, encoding="utf-8")
        app = app_over(_poisoned_engine(scene), tmp_path, Preferences(), **dict(scene.opened_with))
        found: list[str] = []
        async with app.run_test(size=(140, 45)) as pilot:
            await pilot.pause()
            for keys, _ in scene.steps:
                await pilot.press(*keys)
                for _ in range(5):
                    await pilot.pause()
                    found += _raw_on_screen(app)
            app.notify(HOSTILE, title=HOSTILE)
            await pilot.pause()
            found += _raw_on_screen(app)
        return found

    assert asyncio.run(asyncio.wait_for(story(), 60)) == []


def test_a_call_that_waits_reads_as_it_runs(tmp_path: Path) -> None:
    command = "rm \u202e/x\u202c a\u200bb c\u00a0d"
    engine = FakeEngine(
        blocked("sesn_asks", "c", created_at=ago(10)),
        state(
            "sesn_named",
            title="a\u202eb",
            tags=["t\u2066g"],
            agent_name="ag\u200bent",
            model="m\x9b1m",
            last_text=HOSTILE,
        ),
        events={"sesn_asks": [said("m", "as you \u202ewish"), call("c", command), result("old", "x")]},
    )

    async def story() -> str:
        app = app_over(engine, tmp_path, session_id="sesn_asks")
        async with app.run_test(size=(120, 40)) as pilot:
            await shows(pilot, "rm")
            return screen_text(app)

    screen = asyncio.run(asyncio.wait_for(story(), 60))
    assert "rm ⟨U+202E⟩/x⟨U+202C⟩ a⟨U+200B⟩b c⟨U+00A0⟩d" in screen
    assert "as you ⟨U+202E⟩wish" in screen


def test_a_line_keeps_its_width_where_a_sign_is_named() -> None:
    line = [Segment("ab\u202ecd"), Segment("  日本      ")]
    [*shown] = Door().apply(line, Color(0, 0, 0))
    assert "".join(segment.text for segment in shown).startswith("ab⟨U+202E⟩cd")
    assert sum(segment.cell_length for segment in shown) == sum(segment.cell_length for segment in line)
    clean = [Segment("nothing"), Segment(json.dumps({"é": 1}))]
    assert Door().apply(clean, Color(0, 0, 0)) is clean
