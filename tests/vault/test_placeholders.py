"""Placeholders: shaped like what they stand for, and not to be guessed."""

from __future__ import annotations

from workbench.vault.proxy.placeholders import LEAST_RANDOM, MARK, minted, prefix_of


def test_a_placeholder_has_the_prefix_and_the_length_of_its_secret() -> None:
    token = "ghp_" + "a" * 36
    placeholder = minted(prefix_of(token), len(token))
    assert placeholder.startswith("ghp_" + MARK)
    assert len(placeholder) == len(token)


def test_a_short_secret_still_gets_a_placeholder_that_cannot_be_guessed() -> None:
    assert len(minted("", 8)) == len(MARK) + LEAST_RANDOM
    assert len({minted("", 8) for _ in range(100)}) == 100


def test_the_longer_of_two_known_prefixes_is_taken() -> None:
    assert prefix_of("sk-ant-api03-abc") == "sk-ant-api03-"
    assert prefix_of("nothing known") == ""
