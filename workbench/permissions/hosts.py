"""Hosts in rules: `domain:example.com` is one host, `domain:*.example.com` are all below it."""

from __future__ import annotations

import re
from typing import Final

from workbench.contracts.tools import BY_NAME

_DOMAIN: Final = re.compile(r"domain:((?:\*\.)?(?:[a-z0-9_-]+\.)*[a-z0-9_-]+|\[[0-9a-f:.]+\])", re.IGNORECASE)


AS_IN: Final = (
    'a tool with an address takes a host, as in "web_fetch(domain:example.com)" or "web_fetch(domain:*.example.com)"'
)


def domain_of(tool: str, given: str) -> str | None:
    """The host of a rule's input, in lower case; None for what names none, or is for a tool without an address."""
    match = _DOMAIN.fullmatch(given) if BY_NAME[tool].url_field else None
    return match[1].lower().strip("[]") if match else None


def covers(domain: str, host: str) -> bool:
    """Whether a rule's host is this one, or has it below it."""
    return host.endswith(domain[1:]) and host != domain[2:] if domain.startswith("*.") else host == domain
