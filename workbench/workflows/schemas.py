"""Answers of agents that were asked for an object: read, and checked against their schema."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from workbench.contracts.workflows import ProgramFault

_FENCED: Final = re.compile(r"```(?:json)?\s*\n(.*?)\n?```", re.DOTALL)
_MOST_FAULTS: Final = 5


def refuse_schema(schema: dict[str, Any]) -> None:
    """Raises: ProgramFault: it is no JSON schema."""
    # Late: few runs have schemas.
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    try:
        validator_for(schema).check_schema(schema)
    except SchemaError as error:
        raise ProgramFault(f"schema: it is no JSON schema: {error.json_path}: {error.message[:200]}") from None


def fitting(said: str, schema: dict[str, Any]) -> tuple[Any, str]:
    """The value in an answer, and where it does not fit; "" where it does."""
    # Late: few runs have schemas.
    from jsonschema.validators import validator_for

    fenced = _FENCED.findall(said)
    try:
        value = json.loads(fenced[-1] if fenced else said)
    except ValueError as error:
        return None, f"it is no JSON value ({error})"
    found = validator_for(schema)(schema).iter_errors(value)
    faults = [f"{one.json_path}: {one.message[:200]}" for one, _ in zip(found, range(_MOST_FAULTS), strict=False)]
    return value, "; ".join(faults)
