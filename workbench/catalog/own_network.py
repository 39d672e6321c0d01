"""The workbench's own network rules of an environment, which the public API has no field for: in its metadata, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workbench.catalog.errors import Refused
from workbench.contracts.values import Json

_LISTS: Final = {
    "workbench.private_hosts": "private_hosts",
    "workbench.tunnel_hosts": "tunnel_hosts",
    "workbench.plain_http_hosts": "plain_http",
}
_PORTS: Final = "workbench.ports"
_WEBSOCKETS: Final = "workbench.websockets"


def own_rules(metadata: Mapping[str, str]) -> Json:
    """The rules: hosts, by commas, that may lead to private addresses, pass unopened, or are asked in plain HTTP; ports.

    Raises:
        Refused: a port is none, or `workbench.websockets` is neither true nor false.
    """
    rules: Json = {name: _words(metadata[key]) for key, name in _LISTS.items() if metadata.get(key)}
    if metadata.get(_PORTS):
        rules["ports"] = [_port(word) for word in _words(metadata[_PORTS])]
    if metadata.get(_WEBSOCKETS, "false") not in ("true", "false"):
        raise Refused(f"metadata.{_WEBSOCKETS}: must be true or false")
    if metadata.get(_WEBSOCKETS) == "true":
        rules["websockets"] = True
    return rules


def _words(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]


def _port(word: str) -> int:
    if not word.isascii() or not word.isdigit() or not 0 < int(word) < 65536:
        raise Refused(f"metadata.{_PORTS}: {word!r} is no port")
    return int(word)
