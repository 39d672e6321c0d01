"""A call as a question to a person: what the engine says of it, the rules that would allow it for good, and both as lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rich.text import Text

from workbench.text.display import exact, safe
from workbench.tui.render.call_lines import prose, wrapped
from workbench.tui.state.approvals import Twin, rule_text

Json = dict[str, Any]

DIM: Final = "#999999"
MOST_PICKS: Final = 9


@dataclass(frozen=True)
class Question:
    """A call, who asks, how long, what the engine says of it, and the calls of others that ask for the same."""

    session_id: str
    call: Json
    waits: str
    who: str
    agent_id: str = ""
    told: Json | None = None
    twins: tuple[Twin, ...] = ()


def offered(question: Question) -> list[tuple[Json, str]]:
    """The rules that a person can choose, each with whom it is for; the narrowest first, and none chosen beforehand."""
    scopes: list[tuple[Json, str]] = [({"session": question.session_id}, "in this session")]
    if question.agent_id:
        scopes.append(({"agent": question.agent_id}, f"for the agent {question.who}"))
    scopes.append(({}, "everywhere"))
    offers = (question.told or {}).get("offers", [])
    return [({**offer, **scope}, said) for offer in offers for scope, said in scopes][:MOST_PICKS]


def always_lines(question: Question, width: int) -> list[Text]:
    lines = prose("Allow for good? A digit writes this into permissions.toml and allows the call:", width, "bold")
    numbered = list(enumerate(offered(question), 1))
    for text in dict.fromkeys(rule_text(rule) for _, (rule, _) in numbered):
        lines += wrapped(exact(text), width, "bold")
        lines += prose(
            "  ".join(f"{number} {said}" for number, (rule, said) in numbered if rule_text(rule) == text), width
        )
    return [*lines, *prose("Esc back · workbench rules ls shows them, workbench rules rm takes them back", width, DIM)]


def risk_lines(told: Json, width: int) -> list[Text]:
    """What the call could do; it stands first, because it is what one must not overlook."""
    return prose(f"risk: {safe(' · '.join(told['risks']))}", width, "bold #D55E00") if told.get("risks") else []


def why_lines(told: Json, width: int) -> list[Text]:
    """Where it runs, and why it asks."""
    if not told:
        return []
    where = prose(safe(" · ".join(told["where"])), width, DIM)
    return [*where, *prose(f"asked because {safe(told['why'])}", width, DIM)]
