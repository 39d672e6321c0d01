"""The mounts by which programs in a container trust the workbench's authority."""

from __future__ import annotations

from typing import Any

from workbench.hands.environment import BUNDLE_NAME, JAVA_NAME, TRUST_INSIDE, has_authority
from workbench.settings import Settings

SYSTEM_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Where Debian's own programs look; wget, apt, GnuTLS and Go know no variable."""
JAVA_STORE = "/etc/ssl/certs/java/cacerts"
"""Where Debian's Java looks."""


def trust_mounts(settings: Settings) -> list[dict[str, Any]]:
    """The bundle of the authority and the public roots, under a name of our own and in place of the system's."""
    if not has_authority(settings):
        return []
    mounts = [
        _read_only(str(settings.trust), TRUST_INSIDE),
        _read_only(f"{settings.trust}/{BUNDLE_NAME}", SYSTEM_BUNDLE),
    ]
    # An authority of an earlier build has none.
    if (store := settings.trust / JAVA_NAME).exists():
        mounts.append(_read_only(str(store), JAVA_STORE))
    return mounts


def _read_only(source: str, destination: str) -> dict[str, Any]:
    options = ["ro", "rbind", "nosuid", "nodev", "noexec"]
    return {"type": "bind", "source": source, "destination": destination, "options": options}
