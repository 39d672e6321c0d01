"""Commands that a session's sandbox lacks, as the results of its calls tell: what has each, and the setting that brings it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandboxes.runner.hints import LOOKED_AT_CHARACTERS, not_found
from sandboxes.runner.known_commands import ENVIRONMENT, TOOLS, source_of
from workbench.contracts.sandbox_notices import told_in
from workbench.text.display import content_text

Json = dict[str, Any]

EVENTS: Final = ("agent.tool_result", "session.error", "system.message")
"""What tells of them."""
MOST: Final = 6


@dataclass(frozen=True)
class Missing:
    """`kind` and `name` are those of `source_of`."""

    command: str
    kind: str
    name: str

    @property
    def package(self) -> str:
        """As `workbench set` takes it; empty where no package brings it."""
        return "" if self.kind in (TOOLS, ENVIRONMENT) else f"{self.kind}:{self.name}"

    @property
    def says(self) -> str:
        """What brings it, in words."""
        if self.kind == TOOLS:
            return "a new sandbox, with the tools of the default image (unless `sandbox.tools` is none)"
        if self.kind == ENVIRONMENT:
            return f"the environment {self.name}"
        return f"the {'Debian' if self.kind == 'apt' else self.kind} package {self.name}"


def missing_in(outputs: Iterable[str]) -> list[Missing]:
    """What results did not find, the youngest last; commands of which nothing is known are left out."""
    found: dict[str, Missing] = {}
    for output in outputs:
        for command in not_found(output[-LOOKED_AT_CHARACTERS:]):
            kind, name = source_of(command)
            if kind:
                found.pop(command, None)
                found[command] = Missing(command, kind, name)
    return list(found.values())[-MOST:]


def missing_of(events: Sequence[Json]) -> list[Missing]:
    """What the sandbox that a session has now did not find, of events in order."""
    outputs: list[str] = []
    for event in events:
        if event["type"] == "session.error":
            outputs.append(event["error"]["message"])
        elif event["type"] == "agent.tool_result":
            # What succeeded may have read of commands that were not found elsewhere.
            outputs += [content_text(event.get("content") or ())] if event.get("is_error") else []
        elif told_in(event["content"]) is not None:
            outputs.clear()
    return missing_in(outputs)


def packages_of(named: Iterable[str]) -> Json:
    """The field `packages` of a setting.

    Raises:
        ValueError: one is not MANAGER:PACKAGE; the text says so.
    """
    packages: dict[str, list[str]] = {}
    for one in named:
        manager, colon, package = one.partition(":")
        if not (manager and colon and package):
            raise ValueError(
                f"{one!r} is no package: write MANAGER:PACKAGE, such as apt:cmake, npm:typescript or pip:ruff"
            )
        packages.setdefault(manager, []).append(package)
    return packages
