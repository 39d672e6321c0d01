"""Lines of hunks: what git makes of a patch of these lines alone, in the project or in the session, and clear words where that cannot be."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.hands.test_changes import told
from tests.hands.test_hunks import apply, discard, file_of, hunks_of, texts
from tests.hands.upper import Made, made, tree, whiteout
from workbench.contracts.files import FilesRefused, HunkName
from workbench.hands.files.hunks import Compared, compared

anywhere = settings(deadline=None, database=None)
Places = Collection[tuple[int, int]]


def differing(one: Compared) -> list[tuple[int, int]]:
    return [
        (place, line)
        for place, hunk in enumerate(one.hunks("f"))
        for line, text in enumerate(hunk.lines, 1)
        if text[:1] in "+-"
    ]


def taken(one: Compared, wanted: Places) -> str:
    return one.with_lines(lambda place, line: (place, line) in wanted)


def as_sides(one: Compared, wanted: Places) -> tuple[list[str], list[str]]:
    """The old lines that stay, and the new ones that come, without their ends."""
    stays, comes = [], []
    for place, hunk in enumerate(one.hunks("f")):
        for line, text in enumerate(hunk.lines, 1):
            if text[:1] == "-" and (place, line) not in wanted:
                stays.append(text[1:])
            if text[:1] == "+" and (place, line) in wanted:
                comes.append(text[1:])
    return stays, comes


@anywhere
@given(texts, texts, some.data())
def test_lines_that_stay_and_lines_that_come_keep_their_order_and_nothing_else_is_in_the_text(
    old: str, new: str, data: some.DataObject
) -> None:
    one = compared(old, new)
    every = differing(one)
    wanted = data.draw(some.sets(some.sampled_from(every))) if every else set()
    assert (taken(one, ()), taken(one, every)) == (old, new)
    stays, comes = as_sides(one, wanted)
    equal = [
        line for group in one.groups for tag, begin, end, _, _ in group if tag == "equal" for line in one.old[begin:end]
    ]
    outside = len(one.old) - sum(group[-1][2] - group[0][1] for group in one.groups)
    lines = taken(one, wanted).split("\n")
    lines = lines[:-1] if lines[-1] == "" else lines
    assert len(lines) == len(stays) + len(comes) + len(equal) + outside
    for kept in (stays, comes):
        # One that was the last of its file, without an end, gets one as its neighbours have it.
        left = (line.removesuffix("\r") for line in lines)
        assert all(line.removesuffix("\r") in left for line in kept)


def patch(one: Compared, wanted: Places) -> Iterator[str]:
    """What a person makes of a diff in an editor: a - that stays becomes a blank, a + that does not come goes."""
    for place, hunk in enumerate(one.hunks("f")):
        yield f"@@ -{hunk.old_start},{hunk.old_lines} +{hunk.new_start},{hunk.new_lines} @@"
        for line, text in enumerate(hunk.lines, 1):
            if (place, line) in wanted or text[:1] == " ":
                yield text
            elif text[:1] == "-":
                yield f" {text[1:]}"


@settings(anywhere, max_examples=40)
@given(some.lists(some.sampled_from(["keep", "keep", "drop", "add", "swap"]), min_size=1, max_size=30), some.data())
def test_git_makes_the_same_of_a_recounted_patch_of_these_lines(plan: list[str], data: some.DataObject) -> None:
    old, new = "", ""
    for number, what in enumerate(plan):
        # Between two places that differ stands a line that does not.
        old += "" if what == "add" else f"old {number}\n"
        new += f"old {number}\n" if what == "keep" else "" if what == "drop" else f"new {number}\n"
        old, new = (f"{side}stays {number}\n" for side in (old, new))
    one = compared(old, new)
    every = differing(one)
    wanted = data.draw(some.sets(some.sampled_from(every), min_size=1)) if every else set()
    if wanted:
        assert taken(one, wanted) == by_git(old, patch(one, wanted))


def by_git(old: str, hunks: Iterator[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "f").write_text(old)
        lines = "\n".join(["--- a/f", "+++ b/f", *hunks, ""])
        subprocess.run(["git", "apply", "--recount", "-"], cwd=folder, input=lines, text=True, check=True)
        return (Path(folder) / "f").read_text()


@pytest.mark.parametrize(
    ("old", "new", "wanted", "becomes"),
    [
        # Of neighbours, what comes takes the place of what goes with it.
        ("a b", "A B", "-a +A", "A\nb\n"),
        ("a b", "A B", "-b +B", "a\nB\n"),
        ("a b c", "A B C", "-a -c +A +C", "A\nb\nC\n"),
        ("a b", "A B", "+A +B", "a\nb\nA\nB\n"),
        ("a b", "A B", "-a +A +B", "A\nB\nb\n"),
        ("a b", "A B", "-a -b +A", "A\n"),
        # Ends of files: one that was the last gets an end where it is not any more, and none where it stays the last.
        ("a b!", "a b c", "+c", "a\nb\nc\n"),
        ("a b!", "a b c!", "+c", "a\nb\nc"),
        ("a b!", "a b c", "-b +b", "a\nb\n"),
        ("a b", "a b!", "+b", "a\nb\nb"),
        ("a b!", "c!", "-b", "a\n"),
        ("a\r b!", "a\r b\r c\r", "+c\r", "a\r\nb\r\nc\r\n"),
    ],
)
def test_neighbours_and_ends_of_files(old: str, new: str, wanted: str, becomes: str) -> None:
    def text(words: str) -> str:
        return words.replace(" ", "\n").replace("!", "") + ("" if words.endswith("!") else "\n")

    one = compared(text(old), text(new))
    [hunk] = one.hunks("f")
    places = [(0, hunk.lines.index(line) + 1) for line in wanted.split(" ")]
    assert taken(one, places) == becomes


# ── of a session ──


def lines_of(one: Made, path: str, *wanted: str) -> HunkName:
    """These lines of the only hunk."""
    [hunk] = file_of(one, path).hunks or ()
    return HunkName(path, hunk.id, frozenset(hunk.lines.index(line) + 1 for line in wanted))


def edited(folder: Path) -> Made:
    one = made(folder, file="one\ntwo\nthree")
    asyncio.run(one.files.checkpoint(one.session, 1))
    (one.upper / "file").write_text("1\ntwo\n3\nfour\n")
    return one


def test_lines_come_into_the_project_and_the_others_are_still_there_to_be_taken(tmp_path: Path) -> None:
    one = edited(tmp_path)
    apply(one, lines_of(one, "file", "-three", "+3", " two"))
    assert (one.project / "file").read_text() == "one\ntwo\n3\n"
    left = file_of(one, "file")
    assert ([hunk.lines for hunk in left.hunks or ()], left.change.conflict) == (
        [("-one", "+1", " two", " 3", "+four")], False,
    )  # fmt: skip
    apply(one, lines_of(one, "file", "-one", "+1"), lines_of(one, "file", "+four"))
    assert ((one.project / "file").read_text(), told(one)) == ("1\ntwo\n3\nfour\n", [])


def test_lines_are_turned_down_in_the_session_alone(tmp_path: Path) -> None:
    one = edited(tmp_path)
    discard(one, hunks=[lines_of(one, "file", "-one", "+1", "+four")])
    assert (one.upper / "file").read_text() == "one\ntwo\n3\n"
    assert (one.project / "file").read_text() == "one\ntwo\nthree\n"
    [hunk] = hunks_of(one, "file")
    # A whole hunk takes its lines in.
    discard(one, hunks=[lines_of(one, "file", "-three"), hunk])
    assert told(one) == []


def test_of_a_new_file_some_lines_come_with_its_folders_and_its_mode_and_the_rest_follows(tmp_path: Path) -> None:
    one = made(tmp_path)
    (one.upper / "new" / "er").mkdir(parents=True)
    (one.upper / "new" / "er" / "run.sh").write_text("one\ntwo\nthree\n")
    (one.upper / "new" / "er" / "run.sh").chmod(0o755)
    apply(one, lines_of(one, "new/er/run.sh", "+two"))
    there = one.project / "new" / "er" / "run.sh"
    assert (there.read_text(), there.stat().st_mode & 0o777) == ("two\n", 0o755)
    file = file_of(one, "new/er/run.sh")
    assert (file.change.kind, file.change.conflict) == ("modified", False)
    discard(one, hunks=[lines_of(one, "new/er/run.sh", "+three")])
    asyncio.run(one.files.apply(one.session, None))
    assert (there.read_text(), told(one)) == ("one\ntwo\n", [])


def test_of_a_new_file_some_lines_are_turned_down_and_with_all_of_them_it_goes(tmp_path: Path) -> None:
    one = made(tmp_path)
    (one.upper / "new").write_text("one\ntwo\n")
    discard(one, hunks=[lines_of(one, "new", "+one")])
    assert (one.upper / "new").read_text() == "two\n"
    discard(one, hunks=[lines_of(one, "new", "+two")])
    assert (told(one), (one.upper / "new").exists()) == ([], False)


def test_a_mode_stays_what_the_project_has_while_only_lines_come(tmp_path: Path) -> None:
    one = edited(tmp_path)
    (one.upper / "file").chmod(0o755)
    apply(one, lines_of(one, "file", "+four"))
    assert (one.project / "file").stat().st_mode & 0o111 == 0
    assert file_of(one, "file").change.mode_after == 0o755


def test_lines_of_a_file_of_which_it_is_not_known_what_it_began_as_are_in_conflict_until_they_are_taken(
    tmp_path: Path,
) -> None:
    one = edited(tmp_path)
    (one.project / "file").write_text("one\ntwo\nthree\nmine\n")
    name = lines_of(one, "file", "-one", "+1")
    with pytest.raises(FilesRefused, match="nothing was applied: file changed in the project as well"):
        apply(one, name)
    apply(one, name, take="theirs")
    assert (one.project / "file").read_text() == "1\ntwo\nthree\nmine\n"
    assert file_of(one, "file").change.conflict


def test_what_cannot_be_taken_line_by_line_is_refused_with_the_reason_and_nothing_changes(tmp_path: Path) -> None:
    one = made(tmp_path, gone="a\nb", kind="k\nl", file="one\ntwo")
    asyncio.run(one.files.checkpoint(one.session, 1))
    whiteout(one.upper / "gone")
    (one.upper / "kind").symlink_to("file")
    (one.upper / "file").write_text("one\n2\n")
    before = (tree(one.project), tree(one.upper))
    [hunk] = hunks_of(one, "file")
    refused = [
        (
            lines_of(one, "gone", "-a"),
            "lines of gone cannot be taken one by one, as the file was deleted; take the file whole",
        ),
        (HunkName("kind", hunks_of(one, "kind")[0].id, frozenset({1})), "the file is a link now; take the file whole"),
        (HunkName("file", hunk.id, frozenset({1})), "nothing differs in these lines"),
        (HunkName("file", hunk.id, frozenset({2, 9})), "has 3 lines, counted from 1"),
        (HunkName("file", "another", frozenset({2})), "hunk another of file is not there any more"),
    ]
    for name, said in refused:
        with pytest.raises(FilesRefused, match=said):
            apply(one, name)
        with pytest.raises(FilesRefused, match=said):
            discard(one, hunks=[name])
    assert (tree(one.project), tree(one.upper)) == before
