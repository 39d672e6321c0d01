"""Whether this machine runs on its battery, as Linux tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SUPPLIES: Final = Path("/sys/class/power_supply")
WORDS: Final = "this machine runs on its battery; goes on when it is plugged in…"


def on_battery(supplies: Path = SUPPLIES) -> str | None:
    """Why nothing is asked now; None where a supply is plugged in, and where nothing says that there is a battery."""
    plugged = [_read(one / "online") for one in _of_type(supplies, "Mains", "USB")]
    batteries = [_read(one / "status") for one in _of_type(supplies, "Battery")]
    if not batteries or "1" in plugged:
        return None
    return WORDS if "Discharging" in batteries else None


def _of_type(supplies: Path, *kinds: str) -> list[Path]:
    try:
        return [one for one in sorted(supplies.iterdir()) if _read(one / "type") in kinds]
    except OSError:
        return []


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
