"""Addresses that a conversation has shown, by who brought them: a function of the log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from workbench.contracts.tools import IN_WEB
from workbench.contracts.values import Entry, Json
from workbench.events import text_of
from workbench.web.addresses import NotAnAddress, read

_URL: Final = re.compile(r"https?://[^\s<>\"'`|\\^{}\x00-\x20]+", re.IGNORECASE)
_TRAILING: Final = ".,;:!?*_~'\"“”’"
_PAIRS: Final = {")": "(", "]": "["}


def shown(entries: Sequence[Entry], sources: Mapping[str, Any]) -> set[str]:
    """Every address, in its one spelling, that the sources which `sources` (an agent's `url_sources`) lets count have brought."""
    names = {one.event.id: one.event.name for one in entries if hasattr(one.event, "name")}
    return {url for entry in entries for text in _texts(entry, sources, names) for url in addresses_in(text)}


def _texts(entry: Entry, sources: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    event = entry.event
    match event.type:
        case "user.message":
            if _counts(sources.get("user_input"), ""):
                yield text_of(event.content)
        case "user.custom_tool_result":
            if _counts(sources.get("client_tool_results"), names.get(event.custom_tool_use_id, "")):
                yield text_of(event.content or [])
        case "agent.tool_result":
            name = names.get(event.tool_use_id, "")
            if name in IN_WEB and _counts(sources.get("server_tool_results"), name):
                yield text_of(event.content or [])


def _counts(source: Json | None, name: str) -> bool:
    """Whether what a tool of this name brought counts."""
    if source is None or source["type"] == "all":
        return True
    if source["type"] == "none":
        return False
    is_named = name in [tool["name"] for tool in source["tools"]]
    return is_named if source["type"] == "only" else not is_named


def addresses_in(text: str) -> Iterator[str]:
    """The addresses in a text, in Markdown's links too."""
    for match in _URL.finditer(text):
        found = match[0]
        while found and (found[-1] in _TRAILING or _is_unpaired(found)):
            found = found[:-1]
        try:
            yield read(found).url
        except NotAnAddress:
            continue


def _is_unpaired(url: str) -> bool:
    return url[-1] in _PAIRS and url.count(url[-1]) > url.count(_PAIRS[url[-1]])
