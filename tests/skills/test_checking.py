"""The front matter of skills: what is good is taken as it is written, and nothing that anybody writes is a surprise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.skills.checking import SkillRefused, described
from workbench.skills.front_matter import FrontMatterFault, read

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "---",
                "name: a",
                "description: x",
                "- a",
                "a: &b c",
                "a: *b",
                "? [",
                "{",
                "}",
                "!!int 1",
                "|",
                "  x: y",
                "%TAG",
            ]
        ),
        st.text(max_size=20),
    ),
    max_size=12,
)


@given(LINES)
def test_whatever_stands_there_is_taken_or_refused_with_a_line_of_the_file(lines: list[str]) -> None:
    text = "\n".join(["---", *lines, "---", "body"])
    try:
        found = [field.line for field in read(text).values()]
    except FrontMatterFault as refused:
        found = [refused.line]
    assert all(1 <= line <= len(text.splitlines()) + 1 for line in found)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_skill_or_refused(content: bytes) -> None:
    for whole in (content, b"---\n" + content + b"\n---\n"):
        try:
            about = described(whole)
        except SkillRefused as refused:
            found = str(refused)
        else:
            found = about.name
        assert found


@pytest.mark.parametrize(
    ("written", "description"),
    [
        ("description: 'quoted: with a colon'", "quoted: with a colon"),
        ("description: >\n  folded\n  lines", "folded lines"),
        ("description: |\n  lines\n  kept", "lines\nkept"),
        ('description: "12"', "12"),
        ("description: Grüße 🎉 & more", "Grüße 🎉 & more"),
        ("description: a < b and c > d", "a < b and c > d"),
        ("description: x\r", "x"),
    ],
)
def test_a_description_is_what_its_author_wrote(written: str, description: str) -> None:
    about = described(f"---\nname: a\n{written}\n---\n".encode(), "a")
    assert (about.description, about.advice) == (description, ())


def test_a_minute_of_yaml_is_none() -> None:
    """Of an alias of aliases nothing is built, and what nests deep ends early."""
    laughs = "\n".join(f"a{n}: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    for body in (f"a0: &a0 x\n{laughs}", "a: " + "[" * 30_000, "a: " + "{a: " * 7000, "? " * 15_000, "- " * 15_000):
        with pytest.raises(FrontMatterFault):
            read(f"---\n{body}\n---\n")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ('name: a\ndescription: "no end\nlicense: x\nmetadata: y', 3),
        ("name: a\ndescription\nlicense: x", 3),
        ("name: a\nallowed-tools: [a, b\nlicense: x\ndescription: z", 3),
        ("name: a\ndescription: use it: now\nlicense: x", 3),
        ("name: a\ndescription: z\nmetadata:\n  one: 1\n  two:\n    - x", 6),
    ],
)
def test_the_line_of_a_fault_is_where_it_begins(body: str, line: int) -> None:
    with pytest.raises(SkillRefused, match=rf"^SKILL\.md:{line}: "):
        described(f"---\n{body}\n---\n".encode())


def test_a_line_is_the_one_that_an_editor_shows() -> None:
    content = '---\nname: a\ndescription: "one\u2028two\u2029three\x85four"\nlicense: 1\n---\n'
    with pytest.raises(SkillRefused, match=r"^SKILL\.md:4: license"):
        described(content.encode())
