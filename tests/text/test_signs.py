"""What is shown of text: honest writing as it is, and each sign that hides or steers by its number."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import HIDING, HOSTILE, STEERING, raw_signs
from workbench.text.signs import escaped_json, shown, shown_exactly

HONEST = [
    "naïve Ærø ß – “quoted” … 100 °C\tand\nmore",
    "日本語のテキスト、한국어, ไทย, हिन्दी",
    "שלום עולם",
    "مرحبا بالعالم",
    "می\u200cخواهم",
    "क्\u200dष",
    "👩\u200d👩\u200d👧 🏳\ufe0f\u200d🌈 ❤\ufe0f 👍🏽 1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "Tiê\u0301ng Viê\u0323t e\u0301",
    "├── src │ ✔ ● → ⋯",
    "a\xadb",
    "a\xa0b",
]


@pytest.mark.parametrize("text", HONEST)
def test_honest_writing_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize("text", [*STEERING, *HIDING])
def test_nothing_that_steers_or_hides_is_shown_raw(text: str) -> None:
    assert raw_signs(text) or "\u200c" in text
    assert raw_signs(shown(text)) == []
    assert raw_signs(shown_exactly(text)) == []
    assert "⟨U+" in shown(text)


def test_a_sign_is_named_in_one_form_and_a_flood_once() -> None:
    assert shown("rm \u202ex") == shown_exactly("rm \u202ex") == "rm ⟨U+202E⟩x"
    assert shown("\x1b]52;c\x07\x9b") == "⟨U+001B⟩]52;c⟨U+0007⟩⟨U+009B⟩"
    assert shown("a" + "\u200b" * 500 + "b") == "a⟨U+200B×500⟩b"
    assert shown("\U000e0041\udc80") == "⟨U+E0041⟩⟨U+DC80⟩"
    assert shown("one\r\ntwo\rthree") == "one\ntwo⟨U+000D⟩three"


@pytest.mark.parametrize(
    "sign",
    [
        *"\xa0\u3000\u2000\u200a\u202f\u205f\u1680\xad\u115f\u1160\u3164\uffa0\u2800\u200c\u200d\ufe0f\u034f\u180e\u0600\ue000\r\x85"
    ],
)
def test_in_a_call_each_odd_space_joiner_and_invisible_letter_is_shown(sign: str) -> None:
    assert shown_exactly(f"rm a{sign}b") == f"rm a⟨U+{ord(sign):04X}⟩b"


def test_in_a_call_letters_that_run_the_other_way_are_shown() -> None:
    assert shown_exactly("rm א /ب") == "rm ⟨U+05D0⟩ /⟨U+0628⟩"
    assert shown_exactly("rm 👩\u200d👧 é/е\u0301 日本") == "rm 👩⟨U+200D⟩👧 é/е\u0301 日本"
    assert shown_exactly("rm a/\u0301b") == "rm a/⟨U+0301⟩b"


@given(st.text())
def test_what_is_shown_stays_as_it_is_shown_and_can_be_written(text: str) -> None:
    for show in (shown, shown_exactly):
        assert show(show(text)) == show(text)
        show(text).encode()


@given(st.text())
def test_escaped_json_has_the_same_value(text: str) -> None:
    assert json.loads(escaped_json(json.dumps(text, ensure_ascii=False))) == text


def test_escaped_json_has_nothing_raw() -> None:
    assert raw_signs(escaped_json(json.dumps(HOSTILE, ensure_ascii=False))) == []
