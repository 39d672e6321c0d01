"""Log file of the engine itself: where it is, and its end without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from workbench.contracts.values import Json
from workbench.settings import Settings
from workbench.text.secrets import without_secrets

MOST_BYTES: Final = 64 * 1024
MOST_LINE: Final = 1000


def engine_log(settings: Settings) -> Path:
    """Where the engine writes what it says."""
    return settings.data / "engine.log"


def tail(file: Path, after: int | None) -> Json:
    """Whole lines behind a position, or the last ones; `is_new` where the file was begun again or more came than is told."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            begin = max(0, size - MOST_BYTES)
            goes_on = after is not None and begin <= after <= size
            opened.seek(after if after is not None and goes_on else begin)
            raw = opened.read(MOST_BYTES)
            position = opened.tell()
    except FileNotFoundError:
        return {"lines": [], "position": 0, "is_new": True}
    whole, _, rest = raw.rpartition(b"\n")
    lines = whole.decode(errors="replace").split("\n") if whole else []
    if not goes_on and begin:
        # Where it was cut, the first one is a part of a line.
        lines = lines[1:]
    told = [without_secrets(line)[:MOST_LINE] for line in lines]
    return {"lines": told, "position": position - len(rest), "is_new": not goes_on}
