"""The tool `read`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandboxes.runner import files
from sandboxes.runner.outcomes import Outcome

if TYPE_CHECKING:
    from sandboxes.runner.tools import Sandbox


def run(sandbox: Sandbox, given: Mapping[str, Any]) -> Outcome:
    """One call."""
    return files.read(sandbox.places, given, sandbox.looks, sandbox.thread)
