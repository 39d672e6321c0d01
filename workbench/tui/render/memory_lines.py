"""What the Memory screen shows, line by line: stores, dreams, memories, versions and proposals. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.text import Text

from workbench.text.display import folded, line, safe
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.cells import cells

Json = dict[str, Any]
Named = Callable[[str], str]
"""What a session is called, by its id."""

MARKS: Final = {"landed": ("✔", "#009E73"), "rejected": ("✘", "#D55E00"), "": ("·", DIM)}
OPS: Final = {"add": "#009E73", "merge": "#56B4E9", "replace": "#E69F00", "remove": "#D55E00"}


def store_line(store: Json, width: int) -> Text:
    name = max(12, width // 3)
    return cells(
        [(" ▤", 3, ""), (safe(store["name"]), name, "bold"), (line(store["description"], 200), width - name - 3, DIM)]
    )


def dream_line(dream: Json, stores: Sequence[Json], width: int) -> Text:
    read = dream["inputs"][0]["memory_store_id"]
    name = next((store["name"] for store in stores if store["id"] == read), read)
    said = f"{dream['status']} · read {len(dream['inputs'][1]['session_ids'])} sessions · {dream['created_at'][:16]}"
    return cells([(" ☾", 3, ""), (f"dream of {safe(name)}", max(12, width // 2), ""), (said, width // 2 - 3, DIM)])


def memory_line(memory: Json, width: int) -> Text:
    size = f"{memory['content_size_bytes']:,} bytes"
    return cells(
        [
            (" " + safe(memory["path"]), width - 34, "bold"),
            (size, -14, DIM),
            ("  " + memory["updated_at"][:16], 20, DIM),
        ]
    )


def proposal_line(proposal: Json, width: int) -> Text:
    mark, style = MARKS[proposal["decision"]]
    text = proposal["text"] if proposal["op"] != "remove" else proposal["old"][0]
    personal = "personal · " if proposal["is_personal"] else ""
    said = f"{personal}{proposal['sessions']} session{'s' * (proposal['sessions'] != 1)}  {proposal['confidence']}"
    return cells(
        [
            (f" {mark}", 3, style),
            (proposal["op"], 8, OPS[proposal["op"]]),
            (f"“{safe(text)}”", max(10, width - 44), ""),
            (said, -33, DIM),
        ]
    )


def proposal_lines(proposal: Json, chosen: int, named: Named) -> list[Text]:
    """One proposal whole: what goes, what comes, and its evidence; the chosen place has a mark."""
    lines = [Text(f"{proposal['op']} in {safe(proposal['path'])}", "bold")]
    lines += [Text(f"old  {safe(old)}", "#D55E00") for old in proposal["old"]]
    if proposal["text"]:
        lines.append(Text(f"new  {safe(proposal['text'])}", "#009E73"))
    lines.append(Text("evidence:" if proposal["evidence"] else "no evidence: these lines say the same", DIM))
    return lines + evidence_lines(proposal["evidence"], chosen, named)


def evidence_lines(places: Sequence[Json], chosen: int, named: Named) -> list[Text]:
    """Where something was said or done; the chosen place has a mark."""
    return [
        Text.assemble(
            f"{'›' if number == chosen else ' '} {place['said_at'][:10]} ",
            (_of(place, named), "bold"),
            (f" {place['channel']:<5}", DIM),
            f" “{line(place['quote'], 160)}”",
        )
        for number, place in enumerate(places)
    ]


def _of(place: Json, named: Named) -> str:
    """Session and event of a place."""
    return f"{line(named(place['session_id']), 40)} #{place['seq']}"


def why_lines(why: Json, chosen: int, named: Named) -> list[Text]:
    """Why a memory says a line: its evidence, and when it came and went."""
    head = "evidence:" if why["evidence"] else "no evidence: a person or an agent wrote it, not a dream"
    lines = [Text(safe(why["line"]), "bold"), Text(head, DIM), *evidence_lines(why["evidence"], chosen, named)]
    lines += [Text(""), Text("history:", DIM)]
    for change in why["history"]:
        by = next((value for name, value in change["by"].items() if name != "type"), "unknown")
        lines.append(Text(f"  {change['at'][:16]} {change['what']} in {change['version_id']} by {by}", DIM))
    return lines


def quarantine_lines(places: Sequence[Json], named: Named) -> list[Text]:
    """Orders that no user gave."""
    lines = [Text(f"quarantined: {len(places)} instructions that no user gave; none is proposed", "bold #E69F00")]
    for place, times in folded(places):
        again = f"  and {times - 1} time{'s' * (times > 2)} more" if times > 1 else ""
        where = f"{place['channel']:<5} {_of(place, named)}"
        lines.append(Text(f"  {where}  {line(place['quote'], 160)}{again}"))
    return lines


def version_lines(memory: Json, versions: Sequence[Json]) -> list[Text]:
    """A memory's content, and below it who wrote it when."""
    lines = [Text(safe(text)) for text in (memory.get("content") or "").split("\n")]
    lines += [Text(""), Text("versions, the newest first:", DIM)]
    for version in versions:
        by = next((value for name, value in (version["created_by"] or {}).items() if name != "type"), "unknown")
        lines.append(Text(f"  {version['created_at'][:16]} {version['operation']:<8} {version['id']} by {by}", DIM))
    return lines


def decided(proposals: Sequence[Json]) -> str:
    """How far a review is."""
    done = sum(bool(proposal["decision"]) for proposal in proposals)
    rest = "" if done == len(proposals) else " · undecided stays out"
    return f"{done} of {len(proposals)} decided{rest}"


def given_lines(found: Sequence[Json]) -> list[Text]:
    """What a session was given of memory when it began, file by file, and the places where its agent read it."""
    lines: list[Text] = []
    for one in found:
        if one["is_gone"]:
            lines.append(Text(f"{safe(one['store'])}: the store was deleted", DIM))
            continue
        places = ", ".join(f"#{read['seq']}" for read in one["reads"])
        line = Text(f"{safe(one['store'])}{safe(one['path'])}", "bold")
        lines.append(line.append(f"  read at {places}" if places else "  not read", "" if places else DIM))
        lines += [Text(f"  {safe(text)}", "" if places else DIM) for text in one["lines"]]
    return lines or [Text("This session has no memory store.", DIM)]
