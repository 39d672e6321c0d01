"""The digests of a request are those of its exact bytes, whole and by part."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from workbench.brain.fingerprints import PARTS, differing, fingerprint
from workbench.contracts.brain import ModelRequest, written

BODY = {
    "model": "m",
    "messages": [{"role": "user", "content": "ü \ud800 \n"}],
    "max_tokens": 5,
    "tools": [],
    "system": None,
}


@pytest.mark.parametrize("body", [BODY, {}, {"messages": []}, dict(reversed(BODY.items()))])
def test_the_whole_is_of_the_bytes_and_a_part_of_an_object_that_has_it_alone(body: dict[str, Any]) -> None:
    request = ModelRequest(body)
    told = fingerprint(request)
    assert (request.wire(), request.wire(stream=True)) == (written(body), written(body | {"stream": True}))
    assert told["sha256"] == hashlib.sha256(written(body)).hexdigest()
    assert json.loads(written(body).decode("utf-8", "surrogatepass")) == body
    for part in PARTS:
        assert told["parts"][part] == hashlib.sha256(written({part: body.get(part)})).hexdigest()[:16]
    others = {key: value for key, value in body.items() if key not in PARTS}
    assert told["parts"]["settings"] == hashlib.sha256(written(others)).hexdigest()[:16]


@pytest.mark.parametrize("part", [*PARTS, "settings"])
def test_a_difference_has_its_part(part: str) -> None:
    other = BODY | ({"max_tokens": 6} if part == "settings" else {part: "another"})
    assert differing(fingerprint(ModelRequest(BODY))["parts"], fingerprint(ModelRequest(other))["parts"]) == [part]
