"""What asking and learning from the past looks like: a dream's review, and a question's answer, at two sizes each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.tui.fake import app_over, shows
from tests.tui.test_memory import DreamtEngine
from tests.tui.test_sql import AskedEngine

SIZES = [(80, 24), (110, 36)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_dreams_review_looks_as_it_did(
    size: tuple[int, int], snap_compare: Callable[..., bool], tmp_path: Path
) -> None:
    async def arrive(pilot: Pilot[Any]) -> None:
        await pilot.press("f6")
        await shows(pilot, "dream of team notes")
        await pilot.press("enter", "down")
        await shows(pilot, "Deploy with make ship.")
        await pilot.pause()

    assert snap_compare(app_over(DreamtEngine(), tmp_path), terminal_size=size, run_before=arrive)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_questions_answer_looks_as_it_did(
    size: tuple[int, int], snap_compare: Callable[..., bool], tmp_path: Path
) -> None:
    async def arrive(pilot: Pilot[Any]) -> None:
        await shows(pilot, "engine ok")
        await pilot.press("f7")
        await shows(pilot, "Ctrl+J")
        await pilot.press(*"from tool_calls", "ctrl+j")
        await shows(pilot, "2 rows, capped at 2")
        await pilot.press("tab", "right", "right", "space")
        await shows(pilot, '"command": "make"')
        await pilot.pause()

    assert snap_compare(app_over(AskedEngine(), tmp_path), terminal_size=size, run_before=arrive)
