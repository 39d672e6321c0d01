"""Agents by trade: each shows what it needs and makes, and a key makes it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.tui.fake import FakeEngine, app_over, screen_text, shows, until
from workbench.client import paths
from workbench.tui.screens.templates import Templates
from workbench.tui.screens.trades import Trades

Json = dict[str, Any]


def template(name: str, trade: str, made: list[str]) -> Json:
    return {
        "name": name,
        "trade": trade,
        "summary": f"Does {name}.",
        "needs": "A project.",
        "environment": {"name": "sealed", "description": "No network."},
        "skills": ["small-commits"],
        "agent": {"system": "Look at each line."},
        "rubric": "- It holds",
        "example": {"task": "Look at this."},
        "made": made,
    }


class Making(FakeEngine):
    """Makes what it is asked for."""

    async def post(self, path: str, body: Any) -> Json:
        self.told.append((path, body))
        return {"created": ["agent reviewer"], "agent": {"name": "reviewer"}}


def test_a_template_is_looked_at_and_made(tmp_path: Path) -> None:
    fake = Making()
    listed = [template("reviewer", "developers", []), template("valuation", "finance", ["valuation"])]
    fake.answers = {paths.AGENT_TEMPLATES: {"data": listed}, paths.STATUS: {"default_model": "offline"}}

    async def whole() -> None:
        app = app_over(fake, tmp_path)
        async with app.run_test(size=(100, 34), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            app.push_screen(Templates(app.store))
            await shows(pilot, "t has agents by trade")
            await pilot.press("t")
            await shows(pilot, "Does reviewer.")
            for words in (
                "developers",
                "finance",
                "✓ valuation",
                "needs: A project.",
                "Look at each line.",
                "- It holds",
            ):
                assert words in screen_text(app), words
            await pilot.press("down")
            await shows(pilot, "begin with @valuation")
            await pilot.press("up", "y")
            await until(pilot, lambda: bool(fake.told))
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, Trades))

    asyncio.run(asyncio.wait_for(whole(), 30))
    assert fake.told == [(f"{paths.AGENT_TEMPLATES}/reviewer", {"model": "offline"})]
