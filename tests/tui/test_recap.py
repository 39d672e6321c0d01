"""Who comes back after more than an hour is told what happened meanwhile, and nobody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.tui.fake import NOW, FakeEngine, ago, app_over, screen_text, shows, state, until
from workbench.client import paths

RECAP = {
    "since": ago(3 * 3600),
    "cost_usd": 1.5,
    "files_to_apply": 3,
    "sessions": [
        {
            "session_id": "sesn_b",
            "title": "deploy",
            "how": "failed",
            "text": "no route",
            "files_to_apply": 0,
            "cost_usd": 0,
        },
        {
            "session_id": "sesn_a",
            "title": "fix",
            "how": "ended",
            "text": "Green.",
            "files_to_apply": 3,
            "cost_usd": 1.5,
        },
    ],
}


def _engine() -> FakeEngine:
    engine = FakeEngine(state("sesn_a"), state("sesn_b"), events={"sesn_a": [], "sesn_b": []})
    engine.answers[paths.RECAP] = RECAP
    return engine


def _left(folder: Path, seconds: float) -> None:
    (folder / "view.json").write_text(json.dumps({"left_at": ago(seconds)}))


def test_after_three_hours_the_board_says_what_happened_and_esc_closes_it(tmp_path: Path) -> None:
    _left(tmp_path, 3 * 3600)

    async def whole() -> None:
        app = app_over(_engine(), tmp_path)
        async with app.run_test(size=(110, 32)) as pilot:
            await shows(pilot, "WHILE YOU WERE AWAY · 3h · ! 1 failed · ✔ 1 ended · 3 files to apply · $1.50")
            assert " ✔ fix" in screen_text(app)
            await pilot.press(*"half", "escape")
            await until(pilot, lambda: "WHILE YOU WERE AWAY" not in screen_text(app))
            assert app.screen.box.text == "half"  # type: ignore[attr-defined]

    asyncio.run(asyncio.wait_for(whole(), 60))
    assert json.loads((tmp_path / "view.json").read_text())["left_at"] == NOW.isoformat()


def test_after_half_an_hour_nothing_is_told_or_asked(tmp_path: Path) -> None:
    _left(tmp_path, 1800)
    engine = _engine()

    async def whole() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(110, 32)) as pilot:
            await shows(pilot, "idle")
            await pilot.press("h")
            assert app.store.presence.away_since is None
            assert "WHILE YOU" not in screen_text(app)

    asyncio.run(asyncio.wait_for(whole(), 60))
