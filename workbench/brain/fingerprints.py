"""What is kept of a model request, whose whole is a function of the log: digests of its exact bytes, whole and by part. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from workbench.contracts.brain import ModelRequest, written
from workbench.contracts.values import Json

PARTS: Final = ("system", "tools", "messages")
"""Parts of a body with a digest of their own, so that a difference has a place; `settings` are all others."""
SETTINGS: Final = "settings"
_PART_SIGNS: Final = 16


def fingerprint(request: ModelRequest) -> Json:
    """`sha256` of the whole, and in `parts` the beginning of each part's; each part is written once for both."""
    pieces = request.members
    digests = {part: _digest([pieces.get(part, b"%s:null" % written(part))])[:_PART_SIGNS] for part in PARTS}
    others = [piece for key, piece in pieces.items() if key not in PARTS]
    return {"sha256": _digest([*pieces.values()]), "parts": digests | {SETTINGS: _digest(others)[:_PART_SIGNS]}}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The parts that are not the same."""
    return [part for part in (*PARTS, SETTINGS) if one.get(part) != other.get(part)]


def _digest(pieces: Sequence[bytes]) -> str:
    """Of an object of these members, as `written` has it."""
    return hashlib.sha256(b"{%s}" % b",".join(pieces)).hexdigest()
