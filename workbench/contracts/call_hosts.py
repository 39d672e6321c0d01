"""The host that a tool call goes to."""

from __future__ import annotations

from urllib.parse import urlsplit

from workbench.contracts.tools import BY_NAME, Json


def host_of(name: str, given: Json) -> str | None:
    """The host that a call goes to, in lower case and without the dot of its root; None for a tool without an address.

    An address that cannot be read gives an empty one.
    """
    kind = BY_NAME.get(name)
    if kind is None or not kind.url_field:
        return None
    url = given.get(kind.url_field)
    try:
        return (urlsplit(url.strip()).hostname or "").rstrip(".") if isinstance(url, str) else ""
    except ValueError:
        return ""
