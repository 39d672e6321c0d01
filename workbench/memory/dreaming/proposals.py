"""What a dream proposes for a store: add, merge, replace or remove a line, each with its evidence. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from workbench.contracts.values import Json
from workbench.memory.mining.agreement import agree, oppose
from workbench.memory.mining.evidence import Evidence, evidence_of
from workbench.memory.mining.miner import Candidate
from workbench.memory.mining.statement import Statement
from workbench.memory.mining.statements import read
from workbench.memory.mining.tokens import likeness, tokens

FILES: Final = {
    "convention": "/conventions.md",
    "fact": "/facts.md",
    "fix": "/fixes.md",
    "steps": "/steps.md",
}
"""Where a line of each kind goes."""
PINNED_FOLDER: Final = "/pinned/"
PINNED_MARK: Final = "<!-- pinned -->"
"""A file that has this, or lies in that folder, is never touched."""
OPS: Final = ("add", "merge", "replace", "remove")
_SAME_WORDS: Final = 0.85
_BULLET: Final = "- "
_CODE: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Line:
    """One line of a store's file, when what it says was said last."""

    path: str
    text: str
    said_at: datetime
    is_pinned: bool

    @property
    def statement(self) -> Statement:
        found = read(self.text)
        return found or Statement(self.text, "note", tokens(self.text))


@dataclass(frozen=True)
class Proposal:
    """One change of a store: `old` are the lines that go, `text` is the one that comes (empty for a removal)."""

    id: str
    op: str
    path: str
    old: tuple[str, ...]
    text: str
    kind: str
    evidence: tuple[Evidence, ...]
    confidence: str
    is_personal: bool
    candidate_id: str = ""
    decision: str = ""
    is_ordered: bool = False
    """A person typed this very text as an order to remember."""

    @property
    def sessions(self) -> int:
        return len({place.session_id for place in self.evidence})

    @property
    def ordered_in(self) -> int:
        """In how many sessions it was ordered; what only resembles the order does not count."""
        return len({place.session_id for place in self.evidence if place.is_order})

    def wire(self) -> Json:
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "old": list(self.old),
            "evidence": [place.wire() for place in self.evidence],
            "sessions": self.sessions,
        }


_PLAIN: Final = (
    "id",
    "op",
    "path",
    "text",
    "kind",
    "confidence",
    "is_personal",
    "candidate_id",
    "decision",
    "is_ordered",
)


def proposal_of(wire: Json) -> Proposal:
    """The proposal that `wire` gave."""
    evidence = tuple(evidence_of(place) for place in wire["evidence"])
    # Records of earlier versions do not say whether it was ordered.
    return Proposal(**{name: wire[name] for name in _PLAIN if name in wire}, old=tuple(wire["old"]), evidence=evidence)


def is_pinned(path: str, content: str) -> bool:
    return path.startswith(PINNED_FOLDER) or PINNED_MARK in content


def lines_of(path: str, content: str, changed_at: datetime, grounds: Json | None) -> list[Line]:
    """The lines that say something: bullets, and any other text that is no heading."""
    said = {
        line["text"]: max(evidence_of(place).said_at for place in line["evidence"])
        for line in (grounds or {}).get("lines", ())
        if line["evidence"]
    }
    found = []
    for raw in content.split("\n"):
        text = raw.strip().removeprefix(_BULLET).strip()
        if text and not text.startswith(("#", "<!--", "---", "```", "|")):
            found.append(Line(path, text, said.get(text, changed_at), is_pinned(path, content)))
    return found


def proposed(
    candidates: Iterable[Candidate], lines: Sequence[Line], rejected: Mapping[str, int] | None = None
) -> list[Proposal]:
    """What would bring the lines up to date; `rejected` has for candidates that were turned down how much evidence they had."""
    proposals: list[Proposal] = []
    gone: set[tuple[str, str]] = set()
    for candidate in candidates:
        if (rejected or {}).get(candidate.id, -1) >= len(candidate.evidence):
            continue
        living = [line for line in lines if (line.path, line.text) not in gone]
        for proposal in _for_one(candidate, living):
            gone |= {(proposal.path, old) for old in proposal.old}
            proposals.append(proposal)
    living = [line for line in lines if (line.path, line.text) not in gone]
    return sorted([*proposals, *_duplicates(living)], key=_impact)


def _impact(proposal: Proposal) -> tuple[int, int, str, str]:
    """What matters most comes first: adds before merges before replacements before removals, by sessions, then by text."""
    return OPS.index(proposal.op), -proposal.sessions, proposal.path, proposal.text or proposal.old[0]


def _for_one(candidate: Candidate, lines: Sequence[Line]) -> list[Proposal]:
    same = [line for line in lines if _is_said(candidate, line)]
    against = [line for line in lines if _is_against(candidate, line)]
    if any(line.is_pinned for line in (*same, *against)):
        return []
    stale = [line for line in against if line.said_at <= candidate.last_at]
    if len(stale) < len(against):
        # Somebody wrote the opposite later than this was said.
        return []
    if same:
        return [
            *_merged(candidate, same),
            *(_proposal("remove", line.path, (line.text,), "", candidate) for line in stale),
        ]
    if stale:
        first, *rest = stale
        return [
            _proposal("replace", first.path, (first.text,), candidate.text, candidate),
            *(_proposal("remove", line.path, (line.text,), "", candidate) for line in rest),
        ]
    return [_proposal("add", FILES[candidate.kind], (), candidate.text, candidate)]


def _merged(candidate: Candidate, same: Sequence[Line]) -> list[Proposal]:
    """Several lines of one file that say the same become one."""
    by_path: dict[str, list[str]] = {}
    for line in same:
        by_path.setdefault(line.path, []).append(line.text)
    path, texts = max(by_path.items(), key=lambda item: len(item[1]))
    if len(texts) == 1:
        return []
    return [_proposal("merge", path, tuple(texts), candidate.text, candidate)]


def _duplicates(lines: Sequence[Line]) -> list[Proposal]:
    """Lines of one file that are the same but for spaces and letters."""
    seen: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if not line.is_pinned:
            seen.setdefault((line.path, " ".join(line.text.lower().split()).rstrip(".")), []).append(line)
    return [
        Proposal(
            id=_id("merge", path, *(line.text for line in same)),
            op="merge",
            path=path,
            old=tuple(line.text for line in same),
            text=same[-1].text,
            kind="convention",
            evidence=(),
            confidence="high",
            is_personal=False,
        )
        for (path, _), same in seen.items()
        if len(same) > 1
    ]


def _proposal(op: str, path: str, old: tuple[str, ...], text: str, candidate: Candidate) -> Proposal:
    return Proposal(
        id=_id(op, path, *old, text),
        op=op,
        path=path,
        old=old,
        text=text,
        kind=candidate.kind,
        evidence=candidate.evidence,
        confidence=candidate.confidence,
        is_personal=candidate.is_personal,
        candidate_id=candidate.id,
        is_ordered=candidate.is_ordered,
    )


def _is_said(candidate: Candidate, line: Line) -> bool:
    if candidate.text.lower().rstrip(".") == line.text.lower().rstrip("."):
        return True
    if candidate.statement is None:
        return False
    statement = line.statement
    return agree(candidate.statement, statement) or (
        likeness(candidate.statement.all, statement.all) >= _SAME_WORDS and not oppose(candidate.statement, statement)
    )


def _is_against(candidate: Candidate, line: Line) -> bool:
    if candidate.statement is not None:
        return oppose(candidate.statement, line.statement) and not _is_said(candidate, line)
    # The same command fails, and something else mends it.
    is_fix = candidate.kind == "fix" and " fails " in line.text and line.text != candidate.text
    return is_fix and _CODE.findall(line.text)[:1] == _CODE.findall(candidate.text)[:1]


def reworded(proposal: Proposal, text: str) -> Proposal:
    """The same change with another wording, by its reviewer."""
    return replace(proposal, text=text, is_ordered=proposal.is_ordered and text == proposal.text)


def _id(*parts: str) -> str:
    return "prop_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
