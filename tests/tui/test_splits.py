"""The tree of splits, for any order of splitting and closing."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tui.state.splits import Split, Tree, cramped, grid, kept, leaves, neighbour, put, read, rectangles, split

SIDES = ("left", "right", "up", "down")
OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up"}


@st.composite
def trees(draw: st.DrawFn, most: int = 16) -> Tree:
    """A pane that was split again and again, some of them closed since."""
    tree: Tree = "s0"
    for number in range(1, draw(st.integers(1, most))):
        tree = split(tree, draw(st.sampled_from(leaves(tree))), f"s{number}", beside=draw(st.booleans()))
    closed = draw(st.sets(st.sampled_from(leaves(tree)), max_size=len(leaves(tree)) - 1))
    left = kept(tree, set(leaves(tree)) - closed)
    assert left is not None
    return left


ROOMS = st.tuples(st.integers(1, 300), st.integers(1, 100))


@given(trees(), ROOMS)
def test_the_panes_cover_the_screen_exactly(tree: Tree, room: tuple[int, int]) -> None:
    cells = [
        (x, y)
        for pane in rectangles(tree, *room).values()
        for x in range(pane.x, pane.x + pane.width)
        for y in range(pane.y, pane.y + pane.height)
    ]
    assert len(cells) == len(set(cells)) == room[0] * room[1]
    assert {x for x, _ in cells} == set(range(room[0]))
    assert {y for _, y in cells} == set(range(room[1]))


@given(trees(), st.data(), ROOMS, st.booleans())
def test_a_split_and_closing_it_leave_everything_as_it_was(
    tree: Tree, data: st.DataObject, room: tuple[int, int], beside: bool
) -> None:
    chosen = data.draw(st.sampled_from(leaves(tree)))
    more = split(tree, chosen, "new", beside=beside)
    before, after = rectangles(tree, *room), rectangles(more, *room)
    assert {one: after[one] for one in before if one != chosen} == {one: before[one] for one in before if one != chosen}
    assert kept(more, leaves(tree)) == tree
    assert leaves(more).index("new") == leaves(more).index(chosen) + 1


@given(trees(), st.data())
def test_closing_a_pane_keeps_the_others_in_their_order_and_none_of_them_gets_smaller(
    tree: Tree, data: st.DataObject
) -> None:
    closed = data.draw(st.sampled_from(leaves(tree)))
    others = [one for one in leaves(tree) if one != closed]
    left = kept(tree, others)
    if left is None:
        assert others == []
        return
    assert leaves(left) == others
    before, after = rectangles(tree, 2**16, 2**16), rectangles(left, 2**16, 2**16)
    assert all(after[one].width >= before[one].width and after[one].height >= before[one].height for one in others)


@given(trees())
def test_whoever_lies_there_touches_and_nobody_beside_oneself_is_named_at_the_border(tree: Tree) -> None:
    # Room enough that sixteen halvings leave a cell.
    width, height = 2**20, 2**20
    panes = rectangles(tree, width, height)
    for one, pane in panes.items():
        ends = {
            "left": pane.x,
            "right": width - pane.x - pane.width,
            "up": pane.y,
            "down": height - pane.y - pane.height,
        }
        for side in SIDES:
            there = neighbour(panes, one, side)  # type: ignore[arg-type]
            assert bool(there) is bool(ends[side])
            assert there != one
            if there:
                assert neighbour(panes, there, OPPOSITE[side])  # type: ignore[arg-type]


@given(trees())
def test_a_tree_is_read_as_it_was_written(tree: Tree) -> None:
    written = tree if isinstance(tree, str) else asdict(tree)
    assert read(json.loads(json.dumps(written))) == tree


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        7,
        [],
        {},
        {"beside": True, "shares": [1, 1], "first": "a"},
        {"beside": True, "shares": [0, 1], "first": "a", "second": "b"},
        {"beside": True, "shares": [True, 1], "first": "a", "second": "b"},
        {"beside": "yes", "shares": [1, 1], "first": "a", "second": "b"},
        {"beside": True, "shares": [1, 1], "first": "a", "second": {}},
    ],
)
def test_what_is_no_tree_is_none(text: Any) -> None:
    assert read(text) is None


def test_a_file_that_nests_without_end_is_none() -> None:
    deep: Any = "a"
    for _ in range(200):
        deep = {"beside": True, "shares": [1, 1], "first": deep, "second": "b"}
    assert read(deep) is None


def test_of_two_panes_of_one_session_the_first_stays() -> None:
    assert kept(Split(True, (1, 1), "a", Split(False, (1, 1), "a", "b")), {"a", "b"}) == Split(True, (1, 1), "a", "b")


@pytest.mark.parametrize("count", [1, 2, 4, 6, 9, 16])
def test_a_layout_has_panes_of_one_size(count: int) -> None:
    columns = {1: 1, 2: 2, 4: 2, 6: 3, 9: 3, 16: 4}[count]
    panes = rectangles(grid([str(number) for number in range(count)], columns), 120, 36).values()
    assert len({(pane.width, pane.height) for pane in panes}) == 1


def test_another_session_takes_a_pane_and_no_other_moves() -> None:
    tree = grid(["a", "b", "c"], 2)
    assert leaves(put(tree, "b", "x")) == ["a", "x", "c"]


def test_a_pane_too_small_is_named_with_its_size() -> None:
    tree = grid(["a", "b", "c", "d"], 2)
    assert cramped(tree, 80, 24) is None
    small = cramped(tree, 30, 24)
    assert small is not None
    assert (small.width, small.height) == (15, 12)
