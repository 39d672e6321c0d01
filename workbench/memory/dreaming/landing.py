"""Accepted proposals as changes of a store's files, with the grounds of every line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.contracts.values import Json
from workbench.memory.dreaming.proposals import FILES, Proposal, is_pinned, text_of
from workbench.memory.stores.memories import Write
from workbench.memory.stores.rules import MOST_CONTENT_BYTES, sha256_of


@dataclass(frozen=True)
class File:
    """One memory as it is: its content, and why a dream wrote its lines."""

    content: str
    grounds: Json | None = None


def landed(files: Mapping[str, File], proposals: Iterable[Proposal], dream_id: str) -> list[Write]:
    """The writes that make all of these changes; a line that is not there any more is left out of its change.

    A pinned file is never written, whatever is proposed for it.
    """
    contents = {path: file.content for path, file in files.items()}
    grounds = {
        path: {line["text"]: line for line in (file.grounds or {}).get("lines", ())} for path, file in files.items()
    }
    touched: dict[str, None] = {}
    for proposal in proposals:
        path = _with_room(contents, proposal)
        before = contents.get(path, "")
        if is_pinned(path, before):
            continue
        after = _changed(before, path, proposal)
        if after == before:
            continue
        contents[path] = after
        touched[path] = None
        if proposal.text:
            kept = {"text": proposal.text, "evidence": [place.wire() for place in proposal.evidence]}
            grounds.setdefault(path, {})[proposal.text] = kept
    return [
        Write(
            path,
            contents[path],
            sha256_of(files[path].content) if path in files else "",
            _grounds(grounds.get(path, {}), contents[path], dream_id),
        )
        for path in touched
    ]


def _changed(content: str, path: str, proposal: Proposal) -> str:
    lines = (
        content.split("\n") if content else next(([top, ""] for name, top in FILES.values() if path.endswith(name)), [])
    )
    while lines and not lines[-1].strip() and len(lines) > 2:
        lines.pop()
    kept: list[str] = []
    place: int | None = None
    for line in lines:
        if text_of(line) in proposal.old:
            place = len(kept) if place is None else place
        else:
            kept.append(line)
    if proposal.old and place is None:
        return content
    if proposal.text and proposal.text not in map(text_of, kept):
        kept.insert(len(kept) if place is None else place, f"- {proposal.text}")
    return "\n".join(kept) + "\n"


def _with_room(contents: Mapping[str, str], proposal: Proposal) -> str:
    """The file for an added line: the first of its kind that has room for it."""
    if proposal.op != "add":
        return proposal.path
    stem, _, suffix = proposal.path.rpartition(".")
    path, number = proposal.path, 2
    while len(contents.get(path, "").encode()) + len(proposal.text.encode()) + 4 > MOST_CONTENT_BYTES:
        path, number = f"{stem}-{number}.{suffix}", number + 1
    return path


def _grounds(lines: Mapping[str, Json], content: str, dream_id: str) -> Json:
    """Of the lines that are still there."""
    there = set(map(text_of, content.split("\n")))
    return {"dream_id": dream_id, "lines": [line for text, line in lines.items() if text in there]}
