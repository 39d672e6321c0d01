"""Imports in a project's instructions."""

from __future__ import annotations

import pytest

from workbench.hands.files.instruction_imports import imported, resolved


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("@docs/style.md", ["docs/style.md"]),
        ("See @docs/style.md, @./b.txt and (@c.rst).", ["docs/style.md", "./b.txt", "c.rst"]),
        ("- @a.md\n  - **@b.md**\n\n    @c.md", ["a.md", "b.md", "c.md"]),
        ("twice @a.md and @a.md", ["a.md"]),
        ("mail anna@example.md or ask @anna, @team/lead and @types/node", []),
        ("`@a.md` and ``x ` @b.md`` but @c.md", ["c.md"]),
        ("```\n@a.md\n```\n@b.md", ["b.md"]),
        ("~~~sh\n@a.md\n```\n@b.md\n~~~\n@c.md", ["c.md"]),
        ("````\n```\n@a.md\n```\n````\n@b.md", ["b.md"]),
        ("```\n@a.md never closed", []),
        ("- item\n\n  ```\n  @a.md\n  ```\n", []),
        ("code:\n\n    @a.md\n\n@b.md", ["b.md"]),
        ("<!-- @a.md -->@b.md", ["b.md"]),
        ("@.env @.git/config @package.json @Makefile", []),
        ("@@a.md @a@b.md @ .md", []),
        ("@größe.md @日本.md", ["größe.md", "日本.md"]),
    ],
)
def test_an_import_is_a_document_named_in_prose_and_no_address_mention_or_code(text: str, paths: list[str]) -> None:
    assert imported(text) == paths


@pytest.mark.parametrize(
    ("path", "folder", "whole"),
    [
        ("a.md", "", "a.md"),
        ("./b/../a.md", "docs", "docs/a.md"),
        ("../a.md", "docs", "a.md"),
        ("../a.md", "", None),
        ("../../a.md", "docs", None),
        ("..a/a.md", "", "..a/a.md"),
        ("/etc/a.md", "docs", None),
        ("~/a.md", "docs", None),
    ],
)
def test_a_path_is_taken_from_its_files_folder_and_never_leads_out(path: str, folder: str, whole: str | None) -> None:
    assert resolved(path, folder) == whole
