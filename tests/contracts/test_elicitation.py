"""Answers to questions of MCP servers: what a person writes becomes what a server takes, or is refused with what fits."""

from __future__ import annotations

import re

import pytest

from workbench.contracts import elicitation
from workbench.contracts.elicitation import Question, Unfit
from workbench.contracts.values import Json

FORM: Json = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "title": "Your name"},
        "age": {"type": "integer", "default": 30},
        "share": {"type": "number"},
        "ok": {"type": "boolean", "default": True},
        "colour": {"type": "string", "enum": ["r", "g"], "enumNames": ["red", "green"]},
        "sizes": {"type": "array", "items": {"anyOf": [{"const": "s", "title": "small"}, {"const": "l"}]}},
    },
    "required": ["name"],
}
ASKED = elicitation.event_input("shop", "sevt_1", Question("k", "Who are you?", FORM))
DEFAULTS: Json = {"age": 30, "ok": True}


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("name: Ann", {"name": "Ann"}),
        ("name: a: b\nage = 7\nok: no", {"name": "a: b", "age": 7, "ok": False}),
        ('{"name": "Ann", "share": 0.5, "ok": false}', {"name": "Ann", "share": 0.5, "ok": False}),
        ("name: Ann\ncolour: green\nsizes: small, l", {"name": "Ann", "colour": "g", "sizes": ["s", "l"]}),
        ("name: Ann\nage:\ncolour: r", {"name": "Ann", "colour": "r"}),
    ],
)
def test_an_answer_has_the_types_of_its_form_and_its_defaults(text: str, content: Json) -> None:
    assert elicitation.reply(ASKED, text, is_error=False) == {"action": "accept", "content": DEFAULTS | content}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "name is required; it takes text"),
        ("just words", "write a line `field: value` for each of name, age"),
        ("name: Ann\nage: old", "age: 'old' does not fit; it takes a whole number"),
        ("name: Ann\nage: 1e999", "age: '1e999' does not fit"),
        ("name: Ann\nok: perhaps", "it takes yes or no"),
        ("name: Ann\ncolour: blue", "colour: 'blue' does not fit; one of red, green"),
        ('{"nome": "Ann"}', "there is no field nome; fields are name, age"),
        ("{", "it is no JSON"),
    ],
)
def test_an_answer_that_does_not_fit_says_what_does(text: str, words: str) -> None:
    with pytest.raises(Unfit, match=re.escape(words)):
        elicitation.reply(ASKED, text, is_error=False)


def test_a_form_of_one_field_takes_the_bare_value_and_a_page_takes_none() -> None:
    one = elicitation.event_input("s", "c", Question("k", "?", {"properties": {"city": {"type": "string"}}}))
    assert elicitation.reply(one, "New York", is_error=False)["content"] == {"city": "New York"}
    page = elicitation.event_input("s", "c", Question("k", "Pay", url="https://pay.example"))
    assert elicitation.reply(page, "", is_error=False) == {"action": "accept"}
    assert elicitation.reply(page, "no", is_error=True) == {"action": "decline"}
    assert elicitation.reply(ASKED, "cancel", is_error=True) == {"action": "cancel"}


def test_a_question_is_shown_with_who_asks_and_what_fits_however_odd_its_schema_is() -> None:
    lines = elicitation.shown(ASKED)
    assert lines[:2] == ["The MCP server shop asks:", "Who are you?"]
    assert "  name (Your name): string; required" in lines
    assert "  colour: string, one of red, green; may be left out" in lines
    assert elicitation.template(ASKED).splitlines()[:2] == ["name: ", "age: 30"]
    odd_ones: list[Json] = [
        {"properties": []},
        {"properties": {"a": 7, "b": {"enum": 3, "items": []}}, "required": "a"},
        {},
    ]
    many = {"properties": {"a": {"type": "array", "items": {"enum": ["x", "y"]}, "default": ["x", "y"]}}}
    several = elicitation.event_input("s", "c", Question("k", "?", many))
    assert elicitation.template(several) == "a: x, y"
    filled = elicitation.reply(several, elicitation.template(several), is_error=False)
    assert filled["content"] == {"a": ["x", "y"]}
    for odd in odd_ones:
        asked = elicitation.event_input("s", "c", Question("k", "?", odd))
        assert elicitation.shown(asked)[1] == "?"
        assert elicitation.reply(asked, "", is_error=False)["action"] == "accept"
