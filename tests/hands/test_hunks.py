"""Hunks: some and then the rest make the whole, those that are left stay what they were, and what is not there is never guessed at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.hands.test_changes import changed, told
from tests.hands.upper import Made, made, opaque, tree, whiteout
from workbench.contracts.files import FileChanges, FileReview, FilesRefused, Hunk, HunkName, Review, Take
from workbench.hands.files.hunks import CONTEXT, Compared, compared
from workbench.hands.files.matching import MOST_LINES_MATCHED, groups
from workbench.text.lines import whole_lines_of

OLD = "".join(f"line {number}\n" for number in range(40))
NEW = OLD.replace("line 3\n", "").replace("line 20\n", "twenty\n").replace("line 35\n", "line 35\nand more\n")

anywhere = settings(deadline=None, database=None)
texts = some.lists(some.sampled_from(["a\n", "b\n", "\n", "a\r\n", "  c\n"]), max_size=60).flatmap(
    lambda lines: some.sampled_from(["", "a", "end"]).map(lambda end: "".join(lines) + end)
)
edits = some.lists(some.sampled_from(["keep", "keep", "keep", "keep", "drop", "add", "swap"]), max_size=120)


def picked(data: some.DataObject, one: Compared) -> set[int]:
    return data.draw(some.sets(some.integers(0, max(0, len(one.groups) - 1)))) if one.groups else set()


@anywhere
@given(texts, texts, some.data())
def test_some_hunks_and_then_the_rest_make_the_new_text_and_none_of_them_the_old_one(
    old: str, new: str, data: some.DataObject
) -> None:
    one = compared(old, new)
    some_of_them = picked(data, one)
    others = set(range(len(one.groups))) - some_of_them
    between = one.with_hunks(some_of_them)
    rest = compared(between, new)
    assert rest.with_hunks(range(len(rest.groups))) == new
    # What is discarded leaves the old text with the others.
    assert one.with_hunks(others) == compared(old, one.with_hunks(others)).with_hunks(range(1000))
    assert (one.with_hunks(()), one.with_hunks(range(len(one.groups)))) == (old, new)
    assert [line for line in one.printed() if not line.startswith("@@")] == [
        line for hunk in one.hunks("f") for line in hunk.lines
    ]


@anywhere
@given(edits, some.data())
def test_hunks_that_are_left_keep_their_names_and_lines_where_no_line_stands_twice(
    plan: Sequence[str], data: some.DataObject
) -> None:
    old = [f"old {number}\n" for number in range(len(plan))]
    new: list[str] = []
    for number, what in enumerate(plan):
        new += [old[number]] if what in ("keep", "add") else []
        new += [f"new {number}\n"] if what in ("add", "swap") else []
    one = compared("".join(old), "".join(new))
    taken = picked(data, one)
    left = [hunk for place, hunk in enumerate(one.hunks("f")) if place not in taken]

    def names(hunks: Sequence[Hunk]) -> list[tuple[str, tuple[str, ...]]]:
        return [(hunk.id, hunk.lines) for hunk in hunks]

    others = set(range(len(one.groups))) - taken
    applied = compared(one.with_hunks(taken), "".join(new)).hunks("f")
    discarded = compared("".join(old), one.with_hunks(others)).hunks("f")
    assert names(applied) == names(left) == names(discarded)


def test_two_hunks_that_hold_the_same_have_different_names() -> None:
    old = "".join(f"{letter}\n" for letter in "abcdefghij") * 2
    first, second = compared(old, old.replace("e\n", "E\n")).hunks("f")
    assert first.lines == second.lines
    assert first.id != second.id


def test_of_a_long_text_only_the_changed_places_are_hunks() -> None:
    old = [f"line {number}\n" if number % 3 else "}\n" for number in range(4 * MOST_LINES_MATCHED)]
    new = list(old)
    new[4] = "first\n"
    del new[-6:-4]
    new[7000:7000] = ["}\n", "in between\n"]
    one = compared("".join(old), "".join(new))
    assert [(hunk.old_start, hunk.old_lines, hunk.new_lines) for hunk in one.hunks("f")] == [
        (2, 7, 7), (6998, 6, 8), (11992, 8, 6),
    ]  # fmt: skip
    assert one.with_hunks(range(3)) == "".join(new)


@anywhere
@given(texts, texts, some.integers(0, 8))
def test_a_text_that_is_cut_at_lines_that_stand_once_still_becomes_the_other(old: str, new: str, most: int) -> None:
    before, after = whole_lines_of(old), whole_lines_of(new)
    found = groups(before, after, CONTEXT, most)
    one = Compared(before, after, found)
    assert (one.with_hunks(()), one.with_hunks(range(len(found)))) == (old, new)
    for group in found:
        assert group[0][0] != "equal" or group[0][2] - group[0][1] <= CONTEXT
        assert group[-1][0] != "equal" or group[-1][2] - group[-1][1] <= CONTEXT
        assert [step[2] for step in group[:-1]] == [step[1] for step in group[1:]]
        assert all(before[one:end] == after[begin:last] for tag, one, end, begin, last in group if tag == "equal")


def test_where_too_many_lines_differ_they_are_one_hunk() -> None:
    [hunk] = compared("a\n" * (MOST_LINES_MATCHED + 1), "b\n" * 5).hunks("f")
    assert (hunk.old_lines, hunk.new_lines) == (MOST_LINES_MATCHED + 1, 5)


# ── of a session ──────────────────────────────────────────────────────────────────────────────────────────────────────


def review(one: Made, *paths: str) -> Review:
    return asyncio.run(one.files.review(one.session, paths or None))


def file_of(one: Made, path: str) -> FileReview:
    [found] = review(one, path).files
    return found


def hunks_of(one: Made, path: str) -> list[HunkName]:
    return [HunkName(path, hunk.id) for hunk in file_of(one, path).hunks or ()]


def apply(one: Made, *hunks: HunkName, take: Take | None = None) -> FileChanges:
    return asyncio.run(one.files.apply_hunks(one.session, hunks, take=take))


def discard(one: Made, *paths: str, hunks: Sequence[HunkName] = ()) -> None:
    asyncio.run(one.files.discard(one.session, paths, hunks))


def edited(folder: Path) -> Made:
    """A session that changed three places of a file."""
    one = made(folder)
    (one.project / "file").write_text(OLD)
    (one.project / "file").chmod(0o640)
    asyncio.run(one.files.checkpoint(one.session, 1))
    (one.upper / "file").write_text(NEW)
    (one.upper / "file").chmod(0o750)
    return one


def test_a_hunk_comes_into_the_project_alone_and_the_next_look_shows_exactly_the_others(tmp_path: Path) -> None:
    one = edited(tmp_path)
    first, second, third = hunks_of(one, "file")
    seen = file_of(one, "file").digest
    apply(one, second)
    assert (one.project / "file").read_text() == OLD.replace("line 20\n", "twenty\n")
    assert (one.project / "file").stat().st_mode & 0o777 == 0o640
    left = file_of(one, "file")
    assert (hunks_of(one, "file"), left.change.conflict, left.digest) == ([first, third], False, seen)
    apply(one, third, first)
    assert (one.project / "file").read_text() == NEW
    assert file_of(one, "file").whole == "its mode alone is another one"
    asyncio.run(one.files.apply(one.session, None))
    assert (told(one), (one.project / "file").stat().st_mode & 0o777) == ([], 0o750)


def test_a_hunk_is_discarded_in_the_session_alone_and_with_the_last_one_the_session_sees_the_projects_file(
    tmp_path: Path,
) -> None:
    one = edited(tmp_path)
    (one.upper / "file").chmod(0o640)
    first, second, third = hunks_of(one, "file")
    discard(one, hunks=[second])
    assert (one.upper / "file").read_text() == NEW.replace("twenty\n", "line 20\n")
    assert hunks_of(one, "file") == [first, third]
    discard(one, hunks=[first, third])
    assert (told(one), list(one.upper.iterdir())) == ([], [])
    assert (one.project / "file").read_text() == OLD


def test_a_hunk_that_is_another_one_by_now_is_refused_and_no_other_is_taken_in_its_place(tmp_path: Path) -> None:
    one = edited(tmp_path)
    names = hunks_of(one, "file")
    file = one.upper / "file"
    file.write_text(file.read_text().replace("line 22\n", "line 22, mine\n"))
    before = (tree(one.project), tree(one.upper))
    said = f"nothing was changed: hunk {names[1].id} of file is not there"
    with pytest.raises(FilesRefused, match=said) as gone:
        apply(one, *names, take="theirs")
    with pytest.raises(FilesRefused, match=said):
        discard(one, hunks=names)
    assert gone.value.conflicts == ("file",)
    assert (tree(one.project), tree(one.upper)) == before


def test_a_file_of_which_it_is_not_known_what_it_began_as_is_in_conflict_until_it_is_taken_and_stays_so_for_the_rest(
    tmp_path: Path,
) -> None:
    one = edited(tmp_path)
    (one.project / "file").write_text(OLD.replace("line 11\n", "line 11, mine\n"))
    first, owners, second, third = hunks_of(one, "file")
    with pytest.raises(FilesRefused, match="nothing was applied: file changed in the project as well"):
        apply(one, second)
    apply(one, second, take="theirs")
    assert "line 11, mine\n" in (one.project / "file").read_text()
    assert "twenty\n" in (one.project / "file").read_text()
    assert file_of(one, "file").change.conflict
    with pytest.raises(FilesRefused, match="changed in the project as well"):
        asyncio.run(one.files.apply(one.session, None))
    # Whoever discards what is only the owner's change seen from the other side takes it over.
    discard(one, hunks=[owners])
    assert "line 11, mine\n" in (one.upper / "file").read_text()
    assert hunks_of(one, "file") == [first, third]


def test_what_cannot_be_divided_comes_whole_by_any_of_its_hunks_with_the_folders_above(tmp_path: Path) -> None:
    one = changed(tmp_path)
    apply(one, *hunks_of(one, "deep/er/file"), *hunks_of(one, "gone"), *hunks_of(one, "link"))
    assert (one.project / "deep" / "er" / "file").read_text() == "d\n"
    assert not (one.project / "gone").exists()
    assert (one.project / "link").readlink() == Path("edited")
    assert "edited" in [path for _, _, path in told(one)]


PATHS = ["again/new", "again/y", "deep/er/file", "edited", "gone", "link", "run", "tree/a", "tree/b"]


@pytest.mark.parametrize("order", [PATHS, PATHS[::-1]])
def test_files_of_every_kind_are_discarded_one_by_one_and_the_others_stay_as_they_are(
    tmp_path: Path, order: list[str]
) -> None:
    one = changed(tmp_path)
    before, left = tree(one.project), {path: kind for kind, _, path in told(one)}
    for path in order:
        discard(one, path)
        del left[path]
        assert {path: kind for kind, _, path in told(one)} == left, path
    assert tree(one.project) == before


def test_everything_is_discarded_at_once_and_nothing_is_left_in_the_sessions_layer(tmp_path: Path) -> None:
    one = changed(tmp_path)
    (one.upper / "again").chmod(0o700)
    whiteout(one.upper / "kept")
    before = tree(one.project)
    discard(one, ".")
    assert (told(one), tree(one.project)) == ([], before)


def test_a_folder_in_the_place_of_a_file_and_a_file_in_the_place_of_a_folder_go_back(tmp_path: Path) -> None:
    one = made(tmp_path, file="f", folder__deep__a="a", folder__b="b", other__deep__x="x")
    opaque(one.upper / "file")
    (one.upper / "file" / "new").write_text("n\n")
    (one.upper / "folder").write_text("a file\n")
    opaque(one.upper / "other")
    with pytest.raises(FilesRefused, match="nothing was discarded: folder, the folder of folder/b, is a file"):
        discard(one, "folder/b")
    discard(one, "other/deep/x")
    assert [path for _, _, path in told(one)] == ["file/new", "folder", "folder/b", "folder/deep/a"]
    discard(one, "folder", "file")
    assert told(one) == []


def test_every_odd_file_says_what_it_is_and_has_the_lines_that_there_are(tmp_path: Path) -> None:
    one = made(tmp_path, crlf="x", kind="k", bytes="b", big="b", unended="u", run="r")
    (one.project / "crlf").write_bytes(b"one\r\ntwo\r\n")
    asyncio.run(one.files.checkpoint(one.session, 1))
    (one.upper / "crlf").write_bytes(b"one\r\n2\r\n")
    (one.upper / "bytes").write_bytes(b"\0\1")
    (one.upper / "big").write_bytes(b"line\n" * 300_000)
    (one.upper / "unended").write_text("u")
    (one.upper / "empty").touch()
    (one.upper / "kind").symlink_to("big")
    (one.upper / "run").write_text("r\n")
    (one.upper / "run").chmod(0o755)
    found = {file.change.path: file for file in review(one).files}
    assert {path: file.whole for path, file in found.items() if file.whole} == {
        "bytes": "binary",
        "big": "larger than 1 MB",
        "kind": "the file is a link now",
        "run": "its mode alone is another one",
    }
    lines = {path: [hunk.lines for hunk in file.hunks or ()] for path, file in found.items()}
    assert lines == {
        "big": [],
        "bytes": [],
        "crlf": [(" one\r", "-two\r", "+2\r")],
        "empty": [],
        "kind": [("-k",), ("+big", "\\ No newline at end of file")],
        "run": [],
        "unended": [("-u", "+u", "\\ No newline at end of file")],
    }
    apply(one, *hunks_of(one, "crlf"), *hunks_of(one, "unended"), hunks_of(one, "kind")[1])
    assert (one.project / "crlf").read_bytes() == b"one\r\n2\r\n"
    assert (one.project / "unended").read_bytes() == b"u"
    assert (one.project / "kind").is_symlink()


def test_files_after_those_that_are_too_long_together_come_without_lines_until_they_are_asked_for_alone(
    tmp_path: Path,
) -> None:
    one = made(tmp_path)
    for number in range(6):
        (one.upper / f"file{number}").write_text(f"{number}\n" * 500_000)
    assert [file.hunks is None for file in review(one).files] == [False] * 5 + [True]
    assert len(file_of(one, "file5").hunks or ()) == 1
