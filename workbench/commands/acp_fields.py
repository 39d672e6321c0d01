"""The field `acp` of an agent's YAML: the agent of others that thinks in its sessions, which the API has in the agent's metadata."""

from __future__ import annotations

import json
import shlex
from typing import Any, Final

from workbench.commands.surface import Json, Wrong
from workbench.contracts.acp_agents import ACP_ENVIRONMENT_KEY, ACP_KEY

ACP: Final = "acp"
_SHAPE: Final = (
    "acp: takes a known name (`acp: claude`), or `command` (a list of words, or a line) and, if it needs some, `env`"
)


def with_acp(content: Json, place: str) -> Json:
    """The content as the API takes it; `place` is where the field stands.

    Raises:
        Wrong: the field is none of its shapes.
    """
    if ACP not in content:
        return content
    told = content[ACP]
    given: Json = {"command": told} if isinstance(told, str) else told if isinstance(told, dict) else {}
    command, environment = given.get("command"), given.get("env", {})
    if given.keys() - {"command", "env"} or not isinstance(environment, dict):
        raise Wrong(f"{place}: {_SHAPE}")
    if not all(isinstance(one, str) for pair in environment.items() for one in pair):
        raise Wrong(f"{place}: acp.env: each variable is a name and a text; put numbers into quotes")
    named = {ACP_KEY: _line(command, place)}
    if environment:
        named[ACP_ENVIRONMENT_KEY] = json.dumps(environment)
    rest = {key: value for key, value in content.items() if key != ACP}
    return rest | {"metadata": {**(rest.get("metadata") or {}), **named}}


def _line(command: Any, place: str) -> str:
    if isinstance(command, list) and command and all(isinstance(word, str) for word in command):
        return shlex.join(command)
    if not isinstance(command, str) or not command.strip():
        raise Wrong(f"{place}: {_SHAPE}")
    return command
