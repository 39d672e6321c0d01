"""How a file meets its project's: of both sides' changes everything comes, or the lines are in conflict."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from workbench.hands.files.meeting import CLEAN, met
from workbench.hands.git.began import ABSENT, Version

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

plans = some.lists(some.sampled_from(["keep"] * 12 + ["drop", "add", "swap"]), min_size=30, max_size=30)


def file(text: str, mode: int = 0o644) -> Version:
    return Version("file", text.encode(), mode)


def changed(plan: Sequence[str], who: str) -> list[str]:
    """Thirty lines, each changed as planned; no line stands twice."""
    lines: list[str] = []
    for number, what in enumerate(plan):
        lines += [f"old {number}\n"] if what in ("keep", "add") else []
        lines += [f"{who} {number}\n"] if what in ("add", "swap") else []
    return lines


@settings(deadline=None, database=None, max_examples=60)
@given(plans, plans)
def test_what_goes_together_has_every_change_of_both_sides_and_what_does_not_has_one_side_whole_where_it_is_taken(
    mine: Sequence[str], own: Sequence[str]
) -> None:
    old = [f"old {number}\n" for number in range(len(mine))]
    yours, sessions = changed(mine, "mine"), changed(own, "session's")
    meeting = met(file("".join(old)), file("".join(yours)), file("".join(sessions)))
    if meeting is None:
        assert own == ["keep"] * len(own) or sessions == yours
        return
    gone = {line for line in old if line not in yours or line not in sessions}
    wanted = {*yours, *sessions} - gone
    made = meeting.written("theirs" if meeting.is_conflict else None)
    assert made is not None
    lines = made.content.decode().splitlines(keepends=True)
    if meeting.kind == CLEAN:
        assert (set(lines), len(lines)) == (wanted, len(wanted))
    assert {line for line in sessions if line.startswith("session's")} <= set(lines)
    kept = meeting.written("mine")
    assert kept is not None
    assert {line for line in yours if line.startswith("mine")} <= set(kept.content.decode().splitlines(keepends=True))
    assert bool(meeting.lines) == meeting.is_conflict


def test_modes_links_and_nothing_at_all_meet_as_wholes() -> None:
    text, other, link = file("a\n"), file("b\n"), Version("link", b"a")
    assert met(text, text, ABSENT) is not None
    assert [
        one.is_conflict for one in (met(text, other, ABSENT), met(text, ABSENT, other), met(text, other, link)) if one
    ] == [True] * 3
    assert met(text, file("a\n", 0o755), file("b\n")) is not None
    both = met(text, file("a\n", 0o755), file("b\n"))
    assert both is not None
    assert both.written(None) == (b"b\n", 0o755)
    clash = met(text, file("a\n", 0o755), file("a\n", 0o600))
    assert clash is not None
    assert [clash.written(take) for take in ("mine", "theirs")] == [(b"a\n", 0o755), (b"a\n", 0o600)]
    assert clash.lines == ("its mode is 755 in your project and 600 in the session",)
    said = [one.lines for one in (met(text, other, ABSENT), met(text, ABSENT, other)) if one]
    assert said == [
        ("the session has deleted it, and you have changed it",),
        ("you have deleted it (or given it another name), and the session has changed it",),
    ]
    binary = met(file("a\0\n"), file("b\0\n"), file("c\0\n"))
    assert binary is not None
    assert (binary.lines, binary.can_be_marked) == (
        ("it is no text, and differs on both sides: take one of them",),
        False,
    )
