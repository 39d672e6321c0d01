"""Text pages by topic."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.tui.fake import FakeEngine, app_over, screen_text, shows, until
from workbench.tui.screens.board import Board
from workbench.tui.screens.pages import Pages

MANUAL = {
    "keys": "# Keys\n\n" + "\n\n".join(f"Paragraph {number} of the keys." for number in range(40)),
    "memory": "# Memory\n\nA **store** is a folder.\n\n```sh\nworkbench memory ls\n```\n",
}


def test_a_page_is_read_from_its_beginning_and_the_cursor_chooses_another_topic(tmp_path: Path) -> None:
    async def whole() -> None:
        app = app_over(FakeEngine(), tmp_path)
        async with app.run_test(size=(80, 24)) as pilot:
            await shows(pilot, "Press Tab")
            app.push_screen(Pages(app.store, list(MANUAL), MANUAL.__getitem__))
            await shows(pilot, "Paragraph 0 of the keys.")
            await pilot.press("pagedown")
            await shows(pilot, "Paragraph 12 of the keys.")
            assert "Paragraph 0 of" not in screen_text(app)
            await pilot.press("down")
            await shows(pilot, "workbench memory ls")
            assert "**" not in screen_text(app)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, Board))
            app.push_screen(Pages(app.store, list(MANUAL), MANUAL.__getitem__, first="memory"))
            await shows(pilot, "A store is a folder.")

    asyncio.run(asyncio.wait_for(whole(), 30))
