"""Answers under a JSON Schema: checked, sent back, and given up with an exit code of their own."""

from __future__ import annotations

import json

import pytest

from tests.line.installation import installation
from tests.messages_server import Play, text

SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"failing": {"type": "array", "items": {"type": "string"}}},
        "required": ["failing"],
    }
)


def test_an_answer_that_does_not_fit_is_sent_back_until_it_does() -> None:
    script: list[Play] = [
        text("There are two of them."),
        text('{"failing": [1]}'),
        text('```json\n{"failing": ["test_a"]}\n```'),
    ]
    with installation(script) as here:
        done = here.say("run", "--json-schema", SCHEMA, "list the failing tests")
        assert (done.code, json.loads(done.out)) == (0, {"failing": ["test_a"]})
        assert "it is no JSON value" in done.err
        assert "$.failing[0]: 1 is not of type" in done.err
        first, _, third = here.model.requests
        assert SCHEMA[1:20] in json.dumps(first["messages"]).replace("\\", "")
        assert "$.failing[0]" in json.dumps(third["messages"][-1])


def test_an_answer_that_never_fits_ends_with_an_exit_code_of_its_own() -> None:
    with installation([text("no")] * 6) as here:
        done = here.say("run", "--json-schema", SCHEMA, "list the failing tests")
        assert (done.code, done.out) == (6, "")
        assert "after 5 corrections" in done.err
        assert len(here.model.requests) == 6


@pytest.mark.parametrize(
    ("given", "said"),
    [("/nowhere/schema.json", "No such file"), ("{not json", "is no JSON"), ('{"type": "wood"}', "is no JSON Schema")],
)
def test_a_schema_that_is_none_is_refused_before_anything_is_asked(given: str, said: str) -> None:
    with installation([]) as here:
        done = here.say("run", "--json-schema", given, "list the failing tests")
        assert (done.code, done.out) == (2, "")
        assert said in done.err
        assert here.model.requests == []
