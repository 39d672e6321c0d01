"""A denial that says what ran in place of the call is read back as it was."""

from __future__ import annotations

import pytest

from workbench.contracts.replaced_calls import Replacement, replacement_of


@pytest.mark.parametrize("failed", [False, True])
def test_what_ran_in_place_of_a_call_is_read_back_whole(failed: bool) -> None:
    ran = Replacement("make test\n\nIt printed:\necho", "two\n\nlines", failed)
    confirmation: dict[str, object] = {"result": "deny", "deny_message": ran.message()}
    read = replacement_of(confirmation)
    assert read is not None
    assert read.message() == ran.message()
    assert replacement_of(confirmation | {"result": "allow"}) is None


def test_a_denial_in_words_is_no_replacement_and_long_texts_keep_both_ends() -> None:
    assert replacement_of({"result": "deny", "deny_message": "No, use make."}) is None
    assert replacement_of({"result": "deny"}) is None
    message = Replacement("a" * 5_000 + "z", "b" * 50_000 + "y", failed=False).message()
    assert len(message) < 10_000
    read = replacement_of({"result": "deny", "deny_message": message})
    assert read is not None
    assert (read.command[0], read.command[-1], read.output[0], read.output[-1]) == ("a", "z", "b", "y")
