"""Lines of a dream become lines of AGENTS.md: once, below their heading, and nothing else of the file changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.commands.dream_file import put, with_lines
from workbench.commands.surface import Json, Wrong


def _dream(*proposals: tuple[str, str, str]) -> Json:
    made = [{"id": name, "text": text, "old": [], "decision": decision} for name, text, decision in proposals]
    return {"id": "drm_1", "workbench": {"proposals": made}}


def test_lines_stand_below_their_heading_once_and_old_ones_give_way() -> None:
    assert with_lines("", ["Use pnpm."], []) == "## Remembered\n\n- Use pnpm.\n"
    first = with_lines("# Rules\n\nBe kind.\n", ["Use npm."], [])
    assert first == "# Rules\n\nBe kind.\n\n## Remembered\n\n- Use npm.\n"
    assert with_lines(first, ["Use npm."], []) == first
    second = with_lines(first + "\n## More\n\nx\n", ["Use pnpm."], ["Use npm."])
    assert second == "# Rules\n\nBe kind.\n\n## Remembered\n\n- Use pnpm.\n\n## More\n\nx\n"


def test_what_landed_is_written_after_a_yes_and_a_link_is_left_alone(tmp_path: Path) -> None:
    dream = _dream(("p1", "Use pnpm.", "landed"), ("p2", "Never push.", ""))
    assert put(dream, [], tmp_path, is_agreed=True) == 0
    assert (tmp_path / "AGENTS.md").read_text() == "## Remembered\n\n- Use pnpm.\n"
    assert put(dream, ["p2"], tmp_path, is_agreed=True) == 0
    assert (tmp_path / "AGENTS.md").read_text() == "## Remembered\n\n- Use pnpm.\n- Never push.\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["AGENTS.md"]
    with pytest.raises(Wrong, match="nothing of dream drm_1 has landed"):
        put(_dream(("p1", "x", "")), [], tmp_path, is_agreed=True)
    (tmp_path / "AGENTS.md").rename(tmp_path / "other.md")
    (tmp_path / "AGENTS.md").symlink_to(tmp_path / "other.md")
    with pytest.raises(Wrong, match="is a link"):
        put(dream, [], tmp_path, is_agreed=True)
