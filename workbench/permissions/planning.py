"""What a session in plan mode may do: calls that surely only read, and the proposal of a plan."""

from __future__ import annotations

from workbench.contracts.tools import BASH, BY_NAME, command_of
from workbench.contracts.values import Json
from workbench.permissions.rules import Pattern, Rules

_MAKES: frozenset[str] = frozenset({"mkdir"})
"""Commands that the shipped rules allow and that change something."""
_PLAIN: frozenset[str] = frozenset({"action", "command", "timeout_ms", "wait_s"})
"""Fields of a call that do no more than run its command."""


def only_reads(rules: Rules, name: str, tool_input: Json) -> bool:
    """Whether the call surely changes nothing: a tool that reads, or a command that the shipped rules allow without any writing."""
    kind = BY_NAME.get(name)
    if kind is not None and kind.only_reads(tool_input):
        return True
    if command_of(name, tool_input) is None or set(tool_input) - _PLAIN:
        return False
    layers = tuple(tuple(one for one in layer if one[0] != "allow" or _reads(one[1])) for layer in rules.shipped)
    return Rules(shipped=layers).decision(name, tool_input) == "allow"


def _reads(pattern: Pattern) -> bool:
    if pattern.tool == BASH.name:
        return pattern.words[:1] != () and pattern.words[0] not in _MAKES
    return BY_NAME[pattern.tool].is_read_only if pattern.tool in BY_NAME else False
