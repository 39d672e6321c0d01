"""The tool `background`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandboxes.runner.outcomes import Outcome

if TYPE_CHECKING:
    from sandboxes.runner.tools import Sandbox


async def run(sandbox: Sandbox, given: Mapping[str, Any]) -> Outcome:
    """One call."""
    return await sandbox.background.run(given)
