"""The engine's own port, which a shell has as its model endpoint after `eval "$(workbench serve)"`: never a model endpoint of the engine."""

from __future__ import annotations

import contextlib
import json
from typing import Final
from urllib.parse import urlsplit

from workbench.settings import Endpoint, Settings

DEFAULT_PORT: Final = 4181
TOKEN_PREFIX: Final = "wb-"
FILE_NAME: Final = "serve.json"
NOWHERE: Final = "http://workbench-does-not-serve.invalid"
"""What `serve` names where it failed: an unset URL means the hosted service to a program of the SDK."""


def without_own_port(settings: Settings) -> Endpoint | None:
    """The configured endpoint; None where it is the engine itself."""
    return None if own_port(settings) else settings.endpoint


def own_port(settings: Settings) -> str | None:
    """What to say where the configured endpoint is the engine itself; None where it is not."""
    named = settings.endpoint
    if named is None or not _is_own(named, _served_port(settings)):
        return None
    if named.name == "settings":
        return f"model.base_url in settings.toml ({named.base_url}) is the engine's own port and no model endpoint; name another, or remove it"
    return (
        f"ANTHROPIC_BASE_URL of this shell ({named.base_url}) is the engine's own port, from `workbench serve`, and no model "
        "endpoint: it is left out. Where your own was in that variable, start the engine from another shell, or keep the key "
        "with `workbench login`"
    )


def _is_own(named: Endpoint, served: int | None) -> bool:
    try:
        address = urlsplit(named.base_url)
        port = address.port
    except ValueError:
        return False
    if address.hostname == urlsplit(NOWHERE).hostname:
        return True
    if address.hostname not in ("127.0.0.1", "localhost", "::1"):
        return False
    # From a shell, a token or the usual port is enough: `serve --stop` leaves no file, and the variables stay.
    from_shell = (named.api_key or "").startswith(TOKEN_PREFIX) or port == DEFAULT_PORT
    return (port is not None and port == served) or (from_shell and named.name != "settings")


def _served_port(settings: Settings) -> int | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads((settings.data / FILE_NAME).read_text(encoding="utf-8"))["port"])
    return None
