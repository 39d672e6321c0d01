"""Whether a session reads its project's instructions and skills, as its metadata says."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.catalog.errors import Refused

INSTRUCTIONS_KEY = "workbench.instructions"
SKILLS_KEY = "workbench.skills"
NONE = "none"


def wants_instructions(metadata: Mapping[str, str]) -> bool:
    """Whether AGENTS.md and its like are read when the session begins.

    Raises:
        Refused: the key has another value than `none`.
    """
    return _wants(metadata, INSTRUCTIONS_KEY, "AGENTS.md is read")


def wants_skills(metadata: Mapping[str, str]) -> bool:
    """Whether skills of the project and of the user's home are looked for.

    Raises:
        Refused: the key has another value than `none`.
    """
    return _wants(metadata, SKILLS_KEY, "skills of the project are looked for")


def _wants(metadata: Mapping[str, str], key: str, otherwise: str) -> bool:
    given = metadata.get(key)
    if given not in (None, NONE):
        raise Refused(f'metadata.{key}: must be "{NONE}", or left out so that {otherwise}')
    return given is None
