"""The time zone of this machine's user, in which people ask for days and hours."""

from __future__ import annotations

import os
from typing import Final
from zoneinfo import ZoneInfo

OTHERWISE: Final = "UTC"
_SYSTEMS: Final = "/etc/localtime"


def local_zone() -> str:
    """Its IANA name, by `TZ` or by the system's setting; UTC where neither names one."""
    named = os.environ.get("TZ", "").removeprefix(":") or os.path.realpath(_SYSTEMS).partition("/zoneinfo/")[2]
    try:
        return ZoneInfo(named).key or OTHERWISE
    except (ValueError, OSError, KeyError):
        return OTHERWISE
