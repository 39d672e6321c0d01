"""Lines of an approval: risks and reasons of a call, and the rules that would allow it for good."""

from __future__ import annotations

from typing import Any, Final

from rich.text import Text

from workbench.text.display import exact, line, safe
from workbench.tui.render.call_lines import prose, wrapped
from workbench.tui.state.approvals import Approval, rule_text

Json = dict[str, Any]

DIM: Final = "#999999"
MOST_PICKS: Final = 9


def offered(approval: Approval) -> list[tuple[Json, str]]:
    """The rules that a person can choose, each with whom it is for; the narrowest first, and none chosen beforehand."""
    scopes: list[tuple[Json, str]] = [({"session": approval.session_id}, "in this session")]
    # An agent that was defined when it was started has no id, and an engine of before tells none.
    agent = (approval.explanation or {}).get("agent") or {}
    if agent.get("id"):
        scopes.append(({"agent": agent["id"]}, f"for the agent {line(agent['name'], 60)}"))
    scopes.append(({}, "everywhere"))
    offers = (approval.explanation or {}).get("offers", [])
    return [({**offer, **scope}, said) for offer in offers for scope, said in scopes][:MOST_PICKS]


def always_lines(approval: Approval, width: int) -> list[Text]:
    lines = prose("Always allow? A digit writes this rule into permissions.toml and allows the call:", width, "bold")
    numbered = list(enumerate(offered(approval), 1))
    for text in dict.fromkeys(rule_text(rule) for _, (rule, _) in numbered):
        lines += wrapped(exact(text), width, "bold")
        lines += prose(
            "  ".join(f"{number} {said}" for number, (rule, said) in numbered if rule_text(rule) == text), width
        )
    return [*lines, *prose("Esc back · workbench rules ls shows them, workbench rules rm removes them", width, DIM)]


def risk_lines(explanation: Json, width: int) -> list[Text]:
    """What the call could do; it stands first, because it is what one must not overlook."""
    return (
        prose(f"risk: {safe(' · '.join(explanation['risks']))}", width, "bold #D55E00")
        if explanation.get("risks")
        else []
    )


def why_lines(explanation: Json, width: int) -> list[Text]:
    """Where it runs, and why it asks."""
    if not explanation:
        return []
    where = prose(safe(" · ".join(explanation["where"])), width, DIM)
    return [*where, *prose(f"asked because {safe(explanation['why'])}", width, DIM)]


def twins_words(count: int, *, for_all: bool) -> str:
    """How many sessions ask for the same, and whether one answer is for all of them."""
    if for_all:
        return f"y or n answers all {count + 1} sessions"
    return f"{count} more {'is' if count == 1 else 'are'} the same"
