"""Edits of files with any line ends, and what an edit that matches nothing says."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandboxes.runner import files
from sandboxes.runner.outcomes import ToolError
from sandboxes.runner.paths import Places


def edited(folder: Path, content: str, old: str, new: str, *, everywhere: bool = False) -> str:
    """The file after the edit."""
    file = folder / "file.txt"
    file.write_bytes(content.encode())
    given = {"file_path": "file.txt", "old_string": old, "new_string": new, "replace_all": everywhere}
    files.edit(Places(folder), given)
    return file.read_bytes().decode()


def refusal(folder: Path, content: str, old: str) -> str:
    with pytest.raises(ToolError) as refused:
        edited(folder, content, old, "new")
    assert (folder / "file.txt").read_bytes().decode() == content
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "old", "new", "right"),
    [
        ("line one\r\nline two\r\nthree\r\n", "line one\nline two", "line 1\nline 2", "line 1\r\nline 2\r\nthree\r\n"),
        ("a\r\nb\r\n", "a", "a\nnew", "a\r\nnew\r\nb\r\n"),
        ("a\r\nb", "b", "b\nlast", "a\r\nb\r\nlast"),
        ("a\r\nb\r\n", "a\nb\n", "a\nb", "a\r\nb"),
        ("a\r\nb\nc\n", "a\nb\nc", "a\nmore\nb\nc", "a\r\nmore\nb\nc\n"),
        ("a\nb\r\nc\nd", "a\nb\nc", "A\nb\nC", "A\nb\r\nC\nd"),
        ("a\nb\n", "a\nb", "a\r\nb", "a\r\nb\n"),
        ("a\r\nb\r\n", "a\r\nb", "a\nb", "a\nb\r\n"),
        ("a\r\nb\r\n", "a\n", "x\r\n", "x\r\nb\r\n"),
        ("a\nb\r\n", "a\n", "", "b\r\n"),
        ("\ufeffa\r\nb", "a\nb", "x\ny", "\ufeffx\r\ny"),
        ("a.b\n", "a.b\n", "\\1\n", "\\1\n"),
    ],
)
def test_new_text_gets_the_line_ends_of_what_it_replaces(
    content: str, old: str, new: str, right: str, tmp_path: Path
) -> None:
    assert edited(tmp_path, content, old, new) == right


def test_every_place_keeps_its_own_line_ends(tmp_path: Path) -> None:
    assert edited(tmp_path, "a\r\nb\r\na\nb\n", "a\nb", "x\ny", everywhere=True) == "x\r\ny\r\nx\ny\n"


@pytest.mark.parametrize(
    ("content", "old", "words"),
    [
        (
            "x\nsay “hi”\n",
            'say "hi"',
            "Nearest is line 2 (only typographic or invisible characters differ):\n2\tsay “hi”",
        ),
        (
            "x\n\tif a:\n\t\tb\n",
            "    if a:\n        b",
            "Nearest is lines 2 to 3 (only spaces and tabs at the beginning or end differ):\n2\t\tif a:\n3\t\t\tb",
        ),
        ("total  = 1\n", "total = 1", "Nearest is line 1 (only spaces and tabs differ):\n1\ttotal  = 1"),
        ("Total = 1\n", "total = 1", "Nearest is line 1 (only upper and lower case differ):\n1\tTotal = 1"),
        ("def add(a, b):\n", "def add(a, c):", "Nearest is line 1 (partly the same):\n1\tdef add(a, b):"),
    ],
)
def test_a_text_that_is_not_there_is_answered_with_the_nearest_line_and_its_difference(
    content: str, old: str, words: str, tmp_path: Path
) -> None:
    said = refusal(tmp_path, content, old)
    assert said.startswith(f"edit: old_string not found in file.txt\n{words}\nFirst difference, line 1 of old_string")


def test_the_first_difference_is_spelled_out(tmp_path: Path) -> None:
    said = refusal(tmp_path, "print(say “hi”)\n", 'say "hi"')
    assert said.endswith("character 5: the file has '\\u201chi\\u201d)', old_string has '\"hi\"'.")


def test_a_text_that_nothing_is_like_is_only_not_found(tmp_path: Path) -> None:
    assert refusal(tmp_path, "one\ntwo\n", "completely different") == "edit: old_string not found in file.txt"


def test_several_places_are_told_by_their_lines(tmp_path: Path) -> None:
    said = refusal(tmp_path, "one\ntwo\none\n", "one")
    told = "It begins in lines 1, 3. Add lines around it, or set replace_all."
    assert said == f"edit: old_string appears 2 times in file.txt (must be unique)\n{told}"


def test_written_bytes_are_counted_as_bytes(tmp_path: Path) -> None:
    said = files.write(Places(tmp_path), {"file_path": "a.txt", "content": "é–"})
    assert said.content[0]["text"] == "wrote 5 bytes to a.txt"
