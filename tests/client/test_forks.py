"""Forks and their names."""

from __future__ import annotations

import pytest

from workbench.client.forks import beside_title, title_of

PARENT = {"session_id": "sesn_0123456789abcdef", "title": "tax"}
NAMELESS = PARENT | {"title": None}


@pytest.mark.parametrize(
    ("title", "parent", "called", "beside"),
    [
        ("tax", None, "tax", ""),
        (None, None, "", ""),
        ("tax", PARENT, "fork of tax", ""),
        (None, PARENT, "fork of tax", ""),
        ("tax, another way", PARENT, "tax, another way", "fork of tax"),
        (None, NAMELESS, "fork of abcdef", ""),
        ("tax", NAMELESS, "tax", "fork of abcdef"),
    ],
)
def test_a_fork_says_of_what_it_is_one_in_its_name_or_beside_it(
    title: str | None, parent: dict[str, str] | None, called: str, beside: str
) -> None:
    state = {"title": title, "forked_from": parent}
    assert (title_of(state), beside_title(state)) == (called, beside)
