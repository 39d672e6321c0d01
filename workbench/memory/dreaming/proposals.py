"""What a dream proposes for a store: add, merge, replace or remove a line, each with its evidence. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cached_property
from typing import Final

from workbench.contracts.values import Json
from workbench.memory.dreaming.candidates import Candidate, id_of
from workbench.memory.dreaming.statements import is_said, supersedes
from workbench.memory.reading.evidence import Evidence, evidence_of
from workbench.memory.reading.sentences import Sentence

FILES: Final = {
    "convention": ("/conventions.md", "# Conventions"),
    "instead": ("/conventions.md", "# Conventions"),
    "fact": ("/facts.md", "# Facts"),
    "fix": ("/fixes.md", "# What fixed it"),
    "steps": ("/steps.md", "# Steps that worked"),
}
"""Where a line of each kind goes, and what stands above; what was said in one of several projects goes into a folder of that project."""
PROJECTS_FOLDER: Final = "/projects"
PINNED_FOLDER: Final = "/pinned/"
PINNED_MARK: Final = "<!-- pinned -->"
"""A file that has this, or lies in that folder, is never touched."""
_OF_CANDIDATE: Final = ("kind", "evidence", "confidence", "is_personal", "is_ordered", "is_verified")
OPS: Final = ("add", "merge", "replace", "remove")
_CODE: Final = re.compile(r"`([^`]+)`")
_NAME: Final = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Line:
    """One line of a store's file, when what it says was said last."""

    path: str
    text: str
    said_at: datetime
    is_pinned: bool

    @cached_property
    def sentence(self) -> Sentence:
        return Sentence(self.text)


@dataclass(frozen=True)
class Proposal:
    """One change of a store: `old` are the lines that go, `text` is the one that comes (empty for a removal)."""

    id: str
    op: str
    path: str
    old: tuple[str, ...]
    text: str
    kind: str
    evidence: tuple[Evidence, ...] = ()
    confidence: str = "medium"
    is_personal: bool = False
    candidate_id: str = ""
    decision: str = ""
    is_ordered: bool = False
    """A person typed this very text as an order to remember."""
    is_verified: bool = False
    """A model worded it, and the verifier passed it against two sessions or more."""

    @property
    def sessions(self) -> int:
        return len({place.session_id for place in self.evidence})

    @property
    def ordered_in(self) -> int:
        """In how many sessions it was ordered; what only resembles the order does not count."""
        return len({place.session_id for place in self.evidence if place.is_order})

    def wire(self) -> Json:
        evidence = [place.wire() for place in self.evidence]
        return vars(self) | {"old": list(self.old), "evidence": evidence, "sessions": self.sessions}


def proposal_of(wire: Json) -> Proposal:
    """The proposal that `wire` gave."""
    evidence = tuple(evidence_of(place) for place in wire["evidence"])
    # Records of earlier versions do not say whether it was ordered.
    named = {field.name: wire[field.name] for field in fields(Proposal) if field.name in wire}
    return Proposal(**named | {"old": tuple(wire["old"]), "evidence": evidence})


def is_pinned(path: str, content: str) -> bool:
    return path.startswith(PINNED_FOLDER) or PINNED_MARK in content


def text_of(line: str) -> str:
    """What a line of a file says."""
    return line.strip().removeprefix("- ").strip()


def lines_of(path: str, content: str, changed_at: datetime, grounds: Json | None) -> list[Line]:
    """The lines that say something: bullets, and any other text that is no heading."""
    said = {
        line["text"]: max(evidence_of(place).said_at for place in line["evidence"])
        for line in (grounds or {}).get("lines", ())
        if line["evidence"]
    }
    found = []
    for raw in content.split("\n"):
        text = text_of(raw)
        if text and not text.startswith(("#", "<!--", "---", "```", "|")):
            found.append(Line(path, text, said.get(text, changed_at), is_pinned(path, content)))
    return found


def proposed(
    candidates: Iterable[Candidate],
    lines: Sequence[Line],
    rejected: Mapping[str, int] | None = None,
    *,
    several_projects: bool = False,
) -> list[Proposal]:
    """What would bring the lines up to date; `rejected` has for candidates that were turned down how much evidence they had.

    `several_projects` says that the sessions are of more than one: what only one of them says is then kept as that one's.
    """
    proposals: list[Proposal] = []
    gone: set[tuple[str, str]] = set()
    for candidate in candidates:
        if (rejected or {}).get(candidate.id, -1) >= len(candidate.evidence):
            continue
        living = [line for line in lines if (line.path, line.text) not in gone]
        for proposal in _for_one(candidate, living, _path(candidate, several_projects=several_projects)):
            gone |= {(proposal.path, old) for old in proposal.old}
            proposals.append(proposal)
    living = [line for line in lines if (line.path, line.text) not in gone]
    return sorted([*proposals, *_duplicates(living)], key=_impact)


def _impact(proposal: Proposal) -> tuple[int, int, str, str]:
    """What matters most comes first: adds before merges before replacements before removals, by sessions, then by text."""
    return OPS.index(proposal.op), -proposal.sessions, proposal.path, proposal.text or proposal.old[0]


def _path(candidate: Candidate, *, several_projects: bool) -> str:
    path, _ = FILES[candidate.kind]
    if several_projects and len(candidate.projects) == 1:
        [project] = candidate.projects
        return f"{PROJECTS_FOLDER}/{_NAME.sub('-', project.rstrip('/').rpartition('/')[2]) or 'project'}{path}"
    return path


def _for_one(candidate: Candidate, lines: Sequence[Line], path: str) -> list[Proposal]:
    same = [line for line in lines if _is_said(candidate, line)]
    against = [line for line in lines if _is_against(candidate, line, path)]
    if any(line.is_pinned for line in (*same, *against)) or any(line.said_at > candidate.last_at for line in against):
        # Pinned lines stay, and so does what somebody wrote to the contrary later than this was said.
        return []
    if same:
        # What stands there stays as it is worded; only what it makes wrong goes.
        return [*_merged(candidate, same), *(_removal(line, candidate) for line in against)]
    if against:
        first, *rest = against
        replacing = _proposal("replace", first.path, (first.text,), candidate.text, candidate)
        return [replacing, *(_removal(line, candidate) for line in rest)]
    return [_proposal("add", path, (), candidate.text, candidate)]


def _removal(line: Line, candidate: Candidate) -> Proposal:
    return _proposal("remove", line.path, (line.text,), "", candidate)


def _merged(candidate: Candidate, same: Sequence[Line]) -> list[Proposal]:
    """Several lines of one file that say the same become one."""
    by_path: dict[str, list[str]] = {}
    for line in same:
        by_path.setdefault(line.path, []).append(line.text)
    path, texts = max(by_path.items(), key=lambda item: len(item[1]))
    if len(texts) == 1:
        return []
    return [_proposal("merge", path, tuple(texts), texts[-1], candidate)]


def _duplicates(lines: Sequence[Line]) -> list[Proposal]:
    """Lines of one file that are the same but for spaces and letters."""
    seen: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        if not line.is_pinned:
            seen.setdefault((line.path, " ".join(line.text.lower().split()).rstrip(".")), []).append(line)
    repeated = [(path, tuple(line.text for line in same)) for (path, _), same in seen.items() if len(same) > 1]
    return [
        Proposal(id_of("prop", "merge", path, *old), "merge", path, old, old[-1], "convention", confidence="high")
        for path, old in repeated
    ]


def removal_of(line: Line) -> Proposal:
    """That a line goes which nobody reads: there is no evidence but that."""
    place = line.path, line.text
    own, unread = id_of("prop", "remove", *place), id_of("prop", "unread", *place)
    return Proposal(own, "remove", line.path, place[1:], "", "unread", candidate_id=unread)


def _proposal(op: str, path: str, old: tuple[str, ...], text: str, candidate: Candidate) -> Proposal:
    shared = {name: getattr(candidate, name) for name in _OF_CANDIDATE}
    return Proposal(id_of("prop", op, path, *old, text), op, path, old, text, candidate_id=candidate.id, **shared)


def _is_said(candidate: Candidate, line: Line) -> bool:
    is_same = candidate.text.lower().rstrip(".") == line.text.lower().rstrip(".")
    return is_same or (candidate.is_said and is_said(candidate.sentence, line.sentence))


def _is_against(candidate: Candidate, line: Line, path: str) -> bool:
    """Whether the candidate takes the line's place; what one project says takes no place of what all say."""
    if path.startswith(PROJECTS_FOLDER) and not line.path.startswith(path.rpartition("/")[0]):
        return False
    if candidate.is_said:
        return line.text in candidate.old or supersedes(candidate.sentence, line.sentence)
    # The same command fails, and something else mends it; or something else is to be run in a command's place.
    sign = {"fix": " fails", "instead": "Use `"}.get(candidate.kind)
    ours, theirs = _CODE.findall(candidate.text), _CODE.findall(line.text)
    if sign is None or sign not in line.text or line.text == candidate.text:
        return False
    return ours[:1] == theirs[:1] if candidate.kind == "fix" else set(ours) == set(theirs) or ours[-1:] == theirs[-1:]


def reworded(proposal: Proposal, text: str) -> Proposal:
    """The same change with another wording, by its reviewer."""
    is_same = text == proposal.text
    return replace(
        proposal, text=text, is_ordered=proposal.is_ordered and is_same, is_verified=proposal.is_verified and is_same
    )
