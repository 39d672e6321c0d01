"""What every screen looks like: at four sizes in the dark look, and in the other looks at one size; a file in `snapshots/` each."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import pytest_textual_snapshot as pictures
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot

from tests.tui.stage import SCENES
from workbench.tui.config.preferences import Preferences

# The largest first: what a step waits for is on the screen there.
SIZES = [(140, 45), (100, 30), (80, 24), (60, 16)]
SETTLED = 4
"""So many looks in a row at which nothing was different."""
LOOKS_AT = (80, 24)
"""The size of the pictures in the looks besides the dark one: a look changes colours and marks, and no layout."""
DARK = {"dark": Preferences()}
LOOKS = DARK | {
    "light": Preferences(colours="light"),
    "none": Preferences(colours="none"),
    "ascii": Preferences(marks="ascii"),
}
OTHER_LOOKS = {"contrast": Preferences(colours="contrast"), "ansi": Preferences(colours="ansi")}
# Each text is as wide as it is said to be: it needs no frame that cuts it, and half of a picture would be these frames.
_FRAMES = re.compile(r' clip-path="url\(#terminal-line-\d+\)"|\s*<clipPath id="terminal-line-\d+">.*?</clipPath>', re.S)


class Picture(pictures.SVGImageExtension):  # type: ignore[misc]
    """A picture without what nobody sees."""

    def serialize(self, *given: Any, **more: Any) -> str:
        return _FRAMES.sub("", super().serialize(*given, **more))


async def _taken(place: str, folder: Path, looks: dict[str, Preferences]) -> dict[str, str]:
    if not SCENES[place].dresses_anew:
        return await _taken_of_one(place, folder, looks)
    each = [await _taken_of_one(place, folder, {look: choices}) for look, choices in looks.items()]
    return {name: picture for taken in each for name, picture in taken.items()}


async def _taken_of_one(place: str, folder: Path, looks: dict[str, Preferences]) -> dict[str, str]:
    scene, taken = SCENES[place], dict[str, str]()
    app = scene.app(folder, next(iter(looks.values())))
    async with app.run_test(size=SIZES[0]) as pilot:
        await scene.play(pilot)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            for look, choices in looks.items():
                if look not in DARK and (width, height) != LOOKS_AT:
                    continue
                app.apply_preferences(choices)
                taken[f"{width}x{height}-{look}"] = await _settled(pilot)
    return taken


async def _settled(pilot: Pilot[None]) -> str:
    """The picture that stays when nothing more happens: on a busy machine what was asked for comes some looks later."""
    before, same = "", 0
    for _ in range(200):
        await pilot.pause(0.02)
        picture = pilot.app.export_screenshot(simplify=True)
        same = same + 1 if picture == before else 0
        if same == SETTLED:
            return picture
        before = picture
    raise AssertionError("the screen did not come to rest")


def _different(taken: dict[str, str], snapshot: SnapshotAssertion) -> list[str]:
    return [name for name, picture in taken.items() if picture != snapshot(name=name)]


@pytest.mark.parametrize("place", SCENES)
def test_a_screen_looks_as_it_did(place: str, snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    kept = snapshot.use_extension(Picture)
    taken = asyncio.run(asyncio.wait_for(_taken(place, tmp_path, LOOKS), 60))
    assert _different(taken, kept) == []


def test_the_board_looks_as_it_did_in_the_other_looks(snapshot: SnapshotAssertion, tmp_path: Path) -> None:
    taken = asyncio.run(asyncio.wait_for(_taken("peek", tmp_path, OTHER_LOOKS), 60))
    assert _different(taken, snapshot.use_extension(Picture)) == []
