"""What a program says of an agent that it asks for, and the key under which its answer is found again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.contracts.workflows import AgentCall
from workbench.workflows.scopes import Place

_FIELDS: Final = ("prompt", "name", "agent", "system", "schema", "on_error")


@dataclass
class Asked:
    """How often the same was asked for at each place."""

    times: dict[str, int] = field(default_factory=dict)

    def call(self, given: list[Any], named: dict[str, Any], place: Place) -> tuple[AgentCall, bool]:
        """The call, and whether the program goes on without an answer.

        Raises:
            TypeError, ValueError: a wrong argument.
        """
        told = dict(zip(_FIELDS, given, strict=False)) | named
        if unknown := set(told) - set(_FIELDS):
            raise TypeError(f"agent takes {', '.join(_FIELDS)}, not {', '.join(sorted(unknown))}")
        prompt, schema, on_error = told.get("prompt"), told.get("schema"), told.get("on_error", "stop")
        if not isinstance(prompt, str) or not prompt.strip():
            raise TypeError("agent takes a prompt, which is a text")
        if on_error not in ("stop", "skip"):
            raise ValueError("on_error is 'stop' or 'skip'")
        for name in ("name", "agent", "system"):
            if not isinstance(told.get(name), str | None):
                raise TypeError(f"{name} is a text")
        if schema is not None and not isinstance(schema, dict):
            raise TypeError("schema is a dict, a JSON schema")
        key = self._key(place, told)
        call = AgentCall(key, prompt, None, told.get("agent"), told.get("name"), told.get("system"), schema)
        return call, on_error == "skip"

    def _key(self, place: Place, told: dict[str, Any]) -> str:
        """Where the call stands, with what it asks for, and how often the same stood there before: never the order in time."""
        asked = json.dumps({key: told.get(key) for key in _FIELDS[:-1]}, sort_keys=True, default=str)
        key = f"{place.path} {hashlib.sha256(asked.encode()).hexdigest()[:16]}"
        self.times[key] = number = self.times.get(key, -1) + 1
        return f"{key} {number}"
