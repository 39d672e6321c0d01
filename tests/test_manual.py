"""The manual: its generated parts are those of the program, and what it names is there."""

from __future__ import annotations

import re

import pytest

from tests.manual import PICTURE, ROOT, as_it_should_be, picture
from workbench import docs

AS_WRITTEN = "python -m tests.manual writes it anew"


@pytest.mark.parametrize("topic", docs.TOPICS)
def test_the_generated_parts_of_a_page_are_as_the_program_has_them(topic: str) -> None:
    text = docs.text(topic)
    assert text == as_it_should_be(text), AS_WRITTEN


def test_the_picture_of_the_readme_is_the_one_that_the_boards_test_holds() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), AS_WRITTEN


def test_every_page_is_a_topic_and_says_what_it_is_about() -> None:
    files = {file.stem for file in (ROOT / "workbench" / "docs").glob("*.md")}
    assert files == set(docs.TOPICS)
    for topic in docs.TOPICS:
        assert docs.text(topic).startswith("# ")
        assert 20 < len(docs.summary(topic)) < 160, topic


def test_every_decision_names_a_test_that_is_there() -> None:
    rows = re.findall(r"^\| .+ \| `([\w/]+)::(\w+)` \|$", docs.text("api"), re.MULTILINE)
    assert len(rows) > 50
    for file, name in rows:
        assert f"def test_{name}(" in (ROOT / "tests" / f"{file}.py").read_text(encoding="utf-8"), (file, name)


def test_what_contributing_names_is_there() -> None:
    named = re.findall(r"`((?:workbench|sandboxes|tests)/[\w./]+)`", docs.text("contributing"))
    assert len(named) > 12
    assert [path for path in named if not (ROOT / path).exists()] == []
