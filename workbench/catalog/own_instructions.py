"""Whether a session reads its project's instructions, as its metadata says."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.catalog.errors import Refused

INSTRUCTIONS_KEY = "workbench.instructions"
NONE = "none"


def wants_instructions(metadata: Mapping[str, str]) -> bool:
    """Whether AGENTS.md and its like are read when the session begins.

    Raises:
        Refused: the key has another value than `none`.
    """
    given = metadata.get(INSTRUCTIONS_KEY)
    if given not in (None, NONE):
        raise Refused(f'metadata.{INSTRUCTIONS_KEY}: must be "{NONE}", or left out so that AGENTS.md is read')
    return given is None
