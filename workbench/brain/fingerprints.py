"""What is kept of a model request, whose whole is a function of the log: digests of its exact bytes, whole and by part. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final

from workbench.contracts.values import Json

PARTS: Final = ("system", "tools", "messages")
"""Parts of a body with a digest of their own, so that a difference has a place; `settings` are all others."""
SETTINGS: Final = "settings"
_PART_SIGNS: Final = 16


def written(value: Json | str | None) -> bytes:
    """The body as it goes out: order counts, as a cache at the other end sees bytes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def fingerprint(body: Json) -> Json:
    """`sha256` of the whole, and in `parts` the beginning of each part's; each part is written once for both."""
    pieces = {key: b"%s:%s" % (written(key), written(value)) for key, value in body.items()}
    digests = {part: _digest([pieces.get(part, b"%s:null" % written(part))])[:_PART_SIGNS] for part in PARTS}
    others = [piece for key, piece in pieces.items() if key not in PARTS]
    return {"sha256": _digest([*pieces.values()]), "parts": digests | {SETTINGS: _digest(others)[:_PART_SIGNS]}}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """The parts that are not the same."""
    return [part for part in (*PARTS, SETTINGS) if one.get(part) != other.get(part)]


def _digest(pieces: Sequence[bytes]) -> str:
    """Of an object of these members, as `written` has it."""
    return hashlib.sha256(b"{%s}" % b",".join(pieces)).hexdigest()
