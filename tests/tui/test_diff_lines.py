"""A diff as rows: its numbers, its sides, what differs within a line, and bounds for what is long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from tests.tui.fake import reviewed
from workbench.hands.files.hunks import compared
from workbench.tui.render.call_lines import ADDED
from workbench.tui.render.diff_lines import MOST_LINES, Diff, about
from workbench.tui.render.intraline import differing
from workbench.tui.render.syntax import LONGEST_CODE, coloured
from workbench.tui.state.comments import Comment
from workbench.tui.state.review import ReviewedFile, review_of

OLD = "one\ntwo\nthree\nfour\nfive\nsix\n"
NEW = "one\ntwo\n3\nfour\nfour and a half\nfive\nsix\n"


def file_of(old: str, new: str, path: str = "file.txt", **change: Any) -> ReviewedFile:
    [file] = review_of({"files": [reviewed(path, old, new, **change)], "ignored": 0, "left_out": []}).files
    return file


def shown(diff: Diff) -> list[str]:
    return [diff.text(row).plain.rstrip() for row in diff.rows]


def test_each_line_has_its_numbers_on_both_sides_and_its_sign() -> None:
    assert shown(Diff(file_of(OLD, NEW), 60, beside=False)) == [
        "@@ -1,6 +1,7 @@  1 of 1",
        "1 1   one",
        "2 2   two",
        "3   - three",
        "  3 + 3",
        "4 4   four",
        "  5 + four and a half",
        "5 6   five",
        "6 7   six",
    ]


def test_side_by_side_the_old_line_stands_beside_the_one_in_its_place_and_no_half_is_wider_than_its_own() -> None:
    assert shown(Diff(file_of(OLD, NEW), 44, beside=True)) == [
        "@@ -1,6 +1,7 @@  1 of 1",
        "1   one              │ 1   one",
        "2   two              │ 2   two",
        "3 - three            │ 3 + 3",
        "4   four             │ 4   four",
        "                     │ 5 + four and a half",
        "5   five             │ 6   five",
        "6   six              │ 7   six",
    ]


def test_a_long_line_goes_on_in_the_next_row_without_a_number_and_without_a_sign_of_its_own() -> None:
    diff = Diff(file_of("", "a" * 30 + "é漢" * 6 + "\n"), 30, beside=False)
    rows = shown(diff)
    assert rows[1:] == ["  1 + " + "a" * 23, "      " + "a" * 7 + "é漢" * 5 + "é", "      漢"]
    assert "".join(row[6:] for row in rows[1:]) == diff.lines[0].text
    assert max(diff.text(row).cell_len for row in diff.rows) <= 29


def test_words_that_differ_within_a_line_are_marked_and_lines_with_little_in_common_are_not() -> None:
    old, new = "    return round(net * rate)", "    return round(net * rate, 2)"
    assert differing(old, new) == ([], [(27, 30)])
    assert [new[start:end] for start, end in differing(old, new)[1]] == [", 2"]
    assert differing("a wholly different line", "nothing_of_it = stays(here)") == ([], [])
    diff = Diff(file_of(f"{old}\n", f"{new}\n", "tax.py"), 60, beside=False)
    came = next(diff.text(row) for row in diff.rows if diff.text(row).plain.startswith("  1"))
    marked = [came.plain[span.start : span.end] for span in came.spans if span.style == f"bold underline {ADDED}"]
    assert marked == [", 2"]


def test_the_same_language_is_coloured_by_the_files_name_and_text_that_is_too_long_stays_plain() -> None:
    [line] = coloured("a.py", ["def f(): return 'x'  # why"])
    assert line.spans
    assert not coloured("a.unknown", ["def f(): return 'x'"])[0].spans
    assert not coloured("a.py", ["x = 1"] * LONGEST_CODE)[0].spans
    assert not coloured("a.py", ["'" + "x" * 5000 + "'"])[0].spans


def test_a_string_over_several_lines_is_one_string_in_each() -> None:
    first, second = coloured("a.py", ["x = '''def one", "def two'''"])
    assert second.spans[0].style == first.spans[-1].style
    assert (second.spans[0].start, second.spans[0].end) >= (0, 7)


def test_carriage_returns_are_shown_only_where_not_every_line_has_one() -> None:
    mixed = Diff(file_of("one\r\ntwo\r\n", "one\r\ntwo\n"), 60, beside=False)
    assert shown(mixed)[1:] == ["1 1   one␍", "2   - two␍", "  2 + two"]
    both = Diff(file_of("one\r\ntwo\r\n", "one\r\n2\r\n"), 60, beside=False)
    assert shown(both)[1:] == ["1 1   one", "2   - two", "  2 + 2"]


def test_a_missing_end_of_line_is_told_on_the_side_where_it_is_missing() -> None:
    diff = Diff(file_of("a\nlast", "a\nlast\n"), 90, beside=True)
    assert shown(diff)[2:] == [
        "2 - last                                    │ 2 + last",
        "  \\  No newline at end of file              │",
    ]


def test_what_would_steer_the_terminal_or_hide_is_named_in_a_line_of_code() -> None:
    diff = Diff(file_of("", "x = 1\x1b[2J\u202e\n\tx\n"), 60, beside=False)
    assert shown(diff)[1:] == ["  1 + x = 1⟨U+001B⟩[2J⟨U+202E⟩", "  2 +     x"]


def test_a_file_of_many_lines_ends_with_how_many_more_there_are_and_a_long_line_too() -> None:
    many = Diff(file_of("", "x\n" * (MOST_LINES + 5)), 60, beside=False)
    assert (len(many.lines), shown(many)[-1]) == (MOST_LINES, "… 5 more lines; workbench diff shows them")
    long = Diff(file_of("", "x" * 900_000 + "\n"), 60, beside=False)
    assert long.lines[0].text.endswith("x … 896000 more characters")


def test_a_comment_stands_below_its_last_line_and_above_all_where_its_lines_are_not_what_they_were() -> None:
    lines = Diff(file_of(OLD, NEW), 60, beside=False).lines
    on_new, on_old = about("file.txt", lines[3:5]), about("file.txt", lines[2:3])
    assert (on_new.place, on_old.place) == ("file.txt, lines 3–4", "file.txt, line 3 as it was before")
    gone = Comment("file.txt", False, 9, 9, ("+nine",), "nine?")
    said = [_with(on_new, "new"), _with(on_old, "old"), gone]
    for beside in (False, True):
        rows = shown(Diff(file_of(OLD, NEW), 80, beside, said))
        assert rows[0] == "    ▌ on line 9, which is gone: nine?"
        place = rows.index("    ▌ new")
        assert "four" in rows[place - 1]
        assert "three" in rows[rows.index("    ▌ old") - 1]


def _with(comment: Comment, text: str) -> Comment:
    return Comment(**{**asdict(comment), "quoted": comment.quoted, "text": text})


lines = some.lists(some.sampled_from(["a\n", "bb\n", "\n", "c c c c c c c c c c\n", "é漢\tx\r\n"]), max_size=25)


@settings(deadline=None, database=None)
@given(lines, lines, some.sampled_from(["", "x"]), some.integers(24, 60), some.booleans())
def test_every_line_of_every_hunk_stands_in_the_rows_once_whatever_the_width(
    old: Sequence[str], new: Sequence[str], end: str, width: int, beside: bool
) -> None:
    before, after = "".join(old), "".join([*new, end])
    diff = Diff(file_of(before, after, "x.py"), width, beside=beside)
    seen = {place for row in diff.rows if row.kind == "line" for place in (row.left, row.right) if place is not None}
    assert seen == set(range(sum(len(hunk.lines) for hunk in compared(before, after).hunks("x.py"))))
    assert all(diff.text(row).cell_len < width for row in diff.rows if row.kind == "line")
