"""Which search the agents of this installation have, for `workbench doctor`."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlsplit

from workbench.commands.surface import Json
from workbench.contracts.hands import Check
from workbench.contracts.web import SEARCH_SERVICES, SEARXNG_PLACES

PROBE_S = 1.0
_MOST_BYTES = 1 << 22
CURE = "workbench vault add BRAVE_API_KEY --host api.search.brave.com, or a SearXNG: workbench help web"


def search_check(
    credentials: Iterable[Json],
    searxng: str | None,
    *,
    places: Sequence[str] = SEARXNG_PLACES,
    is_searxng: Callable[[str], bool] | None = None,
) -> Check:
    """What a session with these credentials would search with."""
    hosts = {host for one in credentials for host in _hosts(one)}
    named = next((one for one in SEARCH_SERVICES if one.host in hosts), None)
    if named is not None:
        found = f"{named.name}, with the key of the vault default"
    elif searxng:
        found = f"SearXNG at {searxng}, as settings.toml says"
    else:
        there = next((place for place in places if (is_searxng or _is_searxng)(place)), None)
        found = f"SearXNG, found at {there}" if there else ""
    return Check("The web can be searched", bool(found), found or "there is no search", CURE, serious=False)


def _hosts(credential: Json) -> Sequence[str]:
    auth = credential["auth"]
    if auth["type"] != "environment_variable" or credential.get("archived_at"):
        return ()
    networking = auth["networking"]
    return (
        networking["allowed_hosts"] if networking["type"] == "limited" and auth["injection_location"]["header"] else ()
    )


def _is_searxng(place: str) -> bool:
    """Whether a SearXNG answers there: other servers have these ports, too."""
    connection = http.client.HTTPConnection(urlsplit(place).netloc, timeout=PROBE_S)
    try:
        connection.request("GET", "/config")
        told = json.loads(connection.getresponse().read(_MOST_BYTES))
    except (OSError, http.client.HTTPException, ValueError, RecursionError):
        return False
    finally:
        connection.close()
    return isinstance(told, dict) and "engines" in told
