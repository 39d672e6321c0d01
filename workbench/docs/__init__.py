"""The manual: a page a topic, shown by `workbench help TOPIC` and by F1 in the terminal app."""

from __future__ import annotations

from importlib import resources
from typing import Final

TOPICS: Final = (
    "start",
    "run",
    "outcomes",
    "agents",
    "trades",
    "deployments",
    "triggers",
    "app",
    "editors",
    "others",
    "keys",
    "models",
    "permissions",
    "import",
    "environments",
    "workers",
    "hosted",
    "skills",
    "secrets",
    "web",
    "security",
    "memory",
    "replay",
    "sql",
    "telemetry",
    "events",
    "settings",
    "api",
    "internals",
    "contributing",
)
"""In the order in which a newcomer would read them."""


def text(topic: str) -> str:
    """The page, in Markdown.

    Raises:
        KeyError: there is no such topic.
    """
    if topic not in TOPICS:
        raise KeyError(topic)
    return resources.files(__name__).joinpath(f"{topic}.md").read_text(encoding="utf-8")


def summary(topic: str) -> str:
    """What the page is about: its first paragraph, in one line."""
    return " ".join(text(topic).partition("\n\n")[2].partition("\n\n")[0].split())
