"""What a place says that has nothing yet is read to its end at every width."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.tui.fake import FakeEngine, app_over, screen_text, state, until


@pytest.mark.parametrize("width", [60, 80, 140])
@pytest.mark.parametrize(
    ("key", "said"),
    [
        (
            "f6",
            "No memory yet. d starts a dream: it reads past sessions and proposes what is worth keeping, at no cost.",
        ),
        ("f7", "Tab goes to views and saved questions, Enter takes one. Rows with a session open it."),
        ("f10", "makes a deployment, workbench trigger add a trigger of it; F1 has a page on each."),
    ],
)
def test_an_empty_place_says_all_of_its_sentence(key: str, said: str, width: int, tmp_path: Path) -> None:
    engine = FakeEngine(state("sesn_a"))

    async def story() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(width, 24)) as pilot:
            await until(pilot, lambda: app.store.feed.live)
            await pilot.press(key)
            await until(pilot, lambda: said in " ".join(screen_text(app).split()))

    asyncio.run(asyncio.wait_for(story(), 60))
