"""Addresses that a conversation has shown, by who brought them: a function of the log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from workbench.contracts.tools import IN_WEB
from workbench.contracts.values import Entry, Json
from workbench.events import text_of, words_of_user
from workbench.web.addresses import NotAnAddress, read

_URL: Final = re.compile(r"https?://[^\s<>\"'`|\\^{}\x00-\x20]+", re.IGNORECASE)
_BARE: Final = re.compile(
    r"(?<![\w@/.:-])(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w@-])(?:/[^\s<>\"'`|\\^{}]*)?", re.IGNORECASE
)
"""A host, and what is behind it, as people write it without `https://`."""
_TRAILING: Final = ".,;:!?*_~'\"“”’"
_PAIRS: Final = {")": "(", "]": "["}


def shown(entries: Sequence[Entry], sources: Mapping[str, Any]) -> set[str]:
    """Every address, in its one spelling, that the sources which `sources` (an agent's `url_sources`) lets count have brought."""
    names = {one.event.id: one.event.name for one in entries if hasattr(one.event, "name")}
    found = {url for entry in entries for text in _texts(entry, sources, names) for url in addresses_in(text)}
    if _counts(sources.get("user_input"), ""):
        said = [words for one in entries if (words := words_of_user(one.event)) is not None]
        found |= {url for text in said for match in _BARE.finditer(text) for url in addresses_in(f"https://{match[0]}")}
    # The same page, asked for more safely.
    return found | {url.replace("http://", "https://", 1) for url in found if url.startswith("http://")}


def _texts(entry: Entry, sources: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    event = entry.event
    match event.type:
        case "user.message" | "user.define_outcome":
            if _counts(sources.get("user_input"), ""):
                yield words_of_user(event) or ""
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
        try:
            yield read(_trimmed(match[0])).url
        except NotAnAddress:
            continue


def _trimmed(url: str) -> str:
    """Without what belongs to the sentence around it: marks at its end, and brackets that it does not open."""
    unpaired = {closing: url.count(closing) - url.count(opening) for closing, opening in _PAIRS.items()}
    end = len(url)
    while end and (url[end - 1] in _TRAILING or unpaired.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in unpaired:
            unpaired[url[end]] -= 1
    return url[:end]
