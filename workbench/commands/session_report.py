"""Parts of a report on a session as Markdown: quotations, changed files, commits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from workbench.client import paths
from workbench.client.attachments import words_of
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.diff import LETTERS
from workbench.commands.surface import Json
from workbench.text import display
from workbench.text.lines import lines_of

MOST_FILES: Final = 60
MOST_COMMITS: Final = 40
MOST_WORDS: Final = 4000
"""Characters of one message."""
_MAIL: Final = re.compile(
    r"^From ([0-9a-f]{40}) Mon Sep 17 00:00:00 2001\n(?:.+\n)*?Subject: (?:\[PATCH[^\]]*\] )?(.+)$", re.MULTILINE
)
"""How git begins each commit of a patch: a fixed moment marks it."""


def section(title: str, lines: list[str]) -> Iterator[str]:
    """A heading with these lines; nothing where there are none."""
    if lines:
        yield from ("", f"## {title}", "", *lines)


SAID: Final = ("user.message", "user.define_outcome")
"""What people said to an agent."""


def quoted(event: Json) -> str:
    """A message as a quotation."""
    return "\n".join(f"> {line}" for line in lines_of(_words(event))) + "\n"


def _words(event: Json) -> str:
    text = display.safe(event.get("description") or words_of(event.get("content")))
    return text if len(text) <= MOST_WORDS else f"{text[:MOST_WORDS]} … ({len(text) - MOST_WORDS} more characters)"


def changes(engine: Client, session: Json) -> Iterator[str]:
    """The files that it changed in its project, a line each."""
    try:
        found = engine.get(paths.own(session["id"], "changes"))
    except ApiError as refused:
        yield f"They cannot be listed: {display.line(refused.message, 300)}"
        return
    shown = [change for change in found["changes"] if not change["ignored"]]
    for change in shown[:MOST_FILES]:
        also = " (changed in the project as well)" if change["conflict"] else ""
        yield f"- {LETTERS[change['kind']][0]} `{display.exact(change['path'])}`{also}"
    if len(shown) > MOST_FILES:
        yield f"- … {len(shown) - MOST_FILES} more: `workbench diff --stat {surface.short(session['id'])}`"


def commits(engine: Client, session: Json) -> Iterator[str]:
    """Its commits, oldest first, a line each."""
    try:
        mails = engine.get(paths.own(session["id"], "patch"))["text"]
    except ApiError as refused:
        if session["metadata"].get("workbench.project"):
            yield f"They cannot be listed: {display.line(refused.message, 300)}"
        return
    for commit_id, subject in _MAIL.findall(mails)[:MOST_COMMITS]:
        yield f"- {commit_id[:9]} {display.line(subject, 120)}"
