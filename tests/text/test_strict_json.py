"""JSON that everybody can read: what is refused, what is mended, and that both agree."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from workbench.text.strict_json import MOST_DEPTH, NotStrict, fault_of, has_many, loads, mended, read_mended

HALF = "half \ud83d"


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "text",
    ["NaN", '{"a": Infinity}', "[-Infinity]", "1e999", "9" * 400 + ".0", "9" * 5000, '"\\ud83d"', '{"\\ud83d": 1}', "{", "", "[" * 9000, json.dumps(nested(MOST_DEPTH + 1))],
)  # fmt: skip
def test_what_not_everybody_could_read_is_refused(text: str) -> None:
    with pytest.raises(NotStrict):
        loads(text)


@pytest.mark.parametrize("value", [nested(MOST_DEPTH), 10**400, -0.0, "\0", "😀", {"": None}, 1e308, [], True])
def test_what_everybody_can_read_is_taken_as_it_is(value: Any) -> None:
    assert loads(json.dumps(value)) == value
    assert mended(value) == value


@pytest.mark.parametrize(
    "value", [HALF, {HALF: HALF}, math.nan, [{"a": -math.inf}], nested(MOST_DEPTH + 1), nested(MOST_DEPTH + 50), (1, math.inf)]
)  # fmt: skip
def test_what_is_mended_has_no_fault_any_more(value: Any) -> None:
    assert fault_of(value) is not None
    assert fault_of(mended(value)) is None


def test_what_an_older_version_wrote_is_read_with_null_for_a_number_that_is_none() -> None:
    assert read_mended('{"a": [NaN, -Infinity, 1e999, 1.5]}') == {"a": [None, None, None, 1.5]}


def test_values_are_counted_wherever_they_lie() -> None:
    assert [has_many([[1, 2], {"a": 3}], most) for most in (4, 5)] == [True, False]
