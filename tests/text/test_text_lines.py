"""A line ends at a line feed, in whatever is read or shown line by line."""

from __future__ import annotations

import ast

import pytest

from workbench.models.offline.patches import Patch, inserted
from workbench.text.lines import lines_of, whole_lines_of
from workbench.tui.render.block_renderer import chunks, finished
from workbench.tui.render.call_lines import call_lines

INSIDE = ["\u2028", "\u2029", "\u0085", "\u000b", "\u000c", "\u001c", "\u001d", "\u001e", "\r"]


@pytest.mark.parametrize("mark", INSIDE)
def test_a_line_goes_on_behind_whatever_is_no_line_feed(mark: str) -> None:
    assert lines_of(f"a{mark}b\nc") == [f"a{mark}b", "c"]
    assert whole_lines_of(f"a{mark}b\nc\n") == [f"a{mark}b\n", "c\n"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\r\nb\r\n", ["a", "b"]), ("a\n\nb", ["a", "", "b"])],
)
def test_lines_are_those_of_the_text_and_whole_ones_are_the_text_again(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines == text.splitlines()
    assert whole_lines_of(text) == text.splitlines(keepends=True)
    assert "".join(whole_lines_of(text)) == text


def test_a_patch_of_a_source_with_odd_characters_stands_at_its_line() -> None:
    source = 'x = "a\u2028b"\ny = 1\n'
    [_, second] = ast.parse(source).body
    assert inserted(source, second.lineno, "z = 0\n") == 'x = "a\u2028b"\nz = 0\ny = 1\n'
    after = source.replace("y = 1", "y = 2")
    assert Patch(2, "", source, after).edit() == ("y = 1\n", "y = 2\n")


def test_a_call_is_shown_in_the_lines_that_its_file_will_have() -> None:
    given = {"file_path": "/a.txt", "content": "one\u2028two\nthree\n"}
    head, *shown = call_lines({"name": "write", "input": given}, 80, 80)
    assert "(2 lines)" in head.plain
    assert len(shown) == 2


def test_an_answer_is_cut_at_blank_lines_of_its_own_alone() -> None:
    text = "one\u2028\u2028two\n\nthree"
    assert [len(chunks(text)), text[finished(text) :]] == [2, "three"]
