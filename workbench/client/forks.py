"""Names of forks: what one is called that nobody has given a name of its own, and what is said of one beside its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHORT_ID = 6


def title_of(state: Mapping[str, Any]) -> str:
    """The title of a session; of a fork that has its parent's still, that it is a fork of it. Empty where it has none."""
    return str(state["title"] or "") if not _parent_of(state) or _has_own(state) else f"fork of {_parent_of(state)}"


def beside_title(state: Mapping[str, Any]) -> str:
    """Of what a session is a fork, where its title does not say so, and at which other service it works; else nothing."""
    fork = f"fork of {_parent_of(state)}" if _parent_of(state) and _has_own(state) else ""
    return " · ".join(filter(None, [fork, f"at {state['hosted']}" if state.get("hosted") else ""]))


def _parent_of(state: Mapping[str, Any]) -> str:
    """The title of the session that it was forked from, or the end of its id; empty where it is no fork."""
    parent = state.get("forked_from")
    return str(parent["title"] or parent["session_id"][-SHORT_ID:]) if parent else ""


def _has_own(state: Mapping[str, Any]) -> bool:
    return (state["title"] or "") not in ("", state["forked_from"]["title"])
