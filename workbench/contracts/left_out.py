"""Sentences about what is neither shown nor applied of a session, by which a reader knows what to offer."""

from __future__ import annotations

from typing import Final

COMMITS_STAY: Final = (
    "commits and branches made in the sandbox stay there until workbench branch brings them: .git is no change"
)
