"""What glob and, without ripgrep, grep find, in which order, and what they say of what they left out."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from sandboxes.runner import globbing, search, walk
from sandboxes.runner.children import Children
from sandboxes.runner.outcomes import ToolError
from sandboxes.runner.paths import Places


def placed(folder: Path, *names: str, content: str = "needle\n") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def globbed(folder: Path, pattern: str) -> list[str]:
    said = str(globbing.glob(Places(folder), {"pattern": pattern}).content[0]["text"])
    return said.replace(f"{folder}/", "").split("\n")


def grepped(folder: Path, pattern: str) -> list[str]:
    grep = search.Grep(Children(), {"PATH": "/nowhere"})

    async def story() -> str:
        return str((await grep.run(Places(folder), {"pattern": pattern})).content[0]["text"])

    return asyncio.run(story()).replace(f"{folder}/", "").split("\n")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("**/*.{ts,tsx}", ["a.ts", "src/b.tsx", "src/deep/c.ts"]),
        ("**/*.ts", ["a.ts", "src/deep/c.ts"]),
        ("src/**", ["src", "src/[id].js", "src/b.tsx", "src/deep", "src/deep/c.ts"]),
        ("src/**/c.ts", ["src/deep/c.ts"]),
        ("**/deep/**/*.ts", ["src/deep/c.ts"]),
        ("[a-c].[!x]*", ["a.ts"]),
        ("[^b-z].ts", ["a.ts"]),
        ("src/[id].js", ["src/[id].js"]),
        ("src/\\[id\\].js", ["src/[id].js"]),
        ("{a,src/{b,x}}.t?{,x}", ["a.ts", "src/b.tsx"]),
        (".hidden/*", [".hidden/d.ts.txt"]),
        ("*.hidden*", [".hidden"]),
        ("{a}.ts", ["no matches"]),
    ],
)
def test_patterns_mean_what_they_mean_elsewhere(pattern: str, names: list[str], tmp_path: Path) -> None:
    placed(tmp_path, "a.ts", "src/b.tsx", "src/deep/c.ts", "src/[id].js", ".hidden/d.ts.txt", ".git/e.ts")
    assert sorted(globbed(tmp_path, pattern)) == names


def test_a_glob_that_is_cut_says_of_how_many_and_shows_own_files_first(tmp_path: Path) -> None:
    placed(tmp_path, *(f"node_modules/{number}.js" for number in range(300)))
    placed(tmp_path, "own.js")
    os.utime(tmp_path / "own.js", (1, 1))
    said = globbed(tmp_path, "**/*.js")
    assert said[0] == "own.js"
    assert said[-1] == "[first 200 of 301; a narrower pattern or a path shows the others]"
    assert len(said) == 201


def test_a_pattern_that_is_none_is_an_error_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"'\[' at character 2 of 'a\[b' has no '\]'"):
        globbed(tmp_path, "a[b")


def test_a_folder_that_cannot_be_read_costs_no_other_match_and_is_named(tmp_path: Path) -> None:
    placed(tmp_path, "a.txt", "locked/b.txt")
    (tmp_path / "locked").chmod(0)
    try:
        found, listed = grepped(tmp_path, "needle"), globbed(tmp_path, "**/*.txt")
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert found == ["a.txt:1:needle", "[not searched: locked: permission denied]"]
    assert listed == ["a.txt", "[could not look into locked: permission denied]"]


def test_without_ripgrep_what_was_left_out_is_counted(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\0needle")
    (tmp_path / "long.txt").write_text("needle" + "x" * walk.LINE_LIMIT_BYTES)
    (tmp_path / "latin.txt").write_bytes(b"needle \xe9\n")
    (tmp_path / "link.txt").symlink_to(tmp_path / "latin.txt")
    assert grepped(tmp_path, "needle") == [
        "latin.txt:1:needle \\xe9",
        "[not searched: 1 binary files]",
        "[not searched: 1 files with bytes that are no UTF-8, which match as \\xNN]",
        "[not searched: 1 lines longer than 2,000 bytes]",
    ]
