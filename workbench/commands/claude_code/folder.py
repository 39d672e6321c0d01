"""The transcripts of a folder as sessions: sub-agents beside their session, and lines that several files have once."""

from __future__ import annotations

import heapq
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workbench.commands.claude_code.conversation import Conversation, digest
from workbench.commands.claude_code.ledger import STATE, Ledger, State, state_of
from workbench.commands.claude_code.lines import Json, Read, abandoned, moment_of
from workbench.commands.claude_code.usage import answer_of, usage_by_answer

REPEATED: Final = "lines that stand in another file or twice"
REWOUND: Final = "lines that a rewind left behind"
GROWS_S: Final = 120.0
"""An answer without an end, in a file that was written since, may still grow."""
_HELPERS: Final = "subagents"
_LONGEST_TITLE: Final = 80
_LONGEST_NAME: Final = 200


@dataclass
class Transcript:
    """One file: its lines, how many things of it were left out, by reason, and what else is to be said of it."""

    path: Path
    lines: list[Json]
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def placed(self) -> list[Json]:
        return [line for line in self.lines if line.get("type") in ("user", "assistant")]

    @property
    def is_helpers(self) -> bool:
        """Whether it is a sub-agent's."""
        return self.path.parent.name == _HELPERS or all(line.get("isSidechain") for line in self.placed)

    @property
    def session(self) -> str:
        """The session's id: that of its name where its lines have it, else the last one, as it may begin with another's lines."""
        named = [str(line["sessionId"]) for line in self.placed if line.get("sessionId")]
        return self.path.stem if self.path.stem in named else named[-1]

    @property
    def begins(self) -> tuple[str, float, str]:
        """What orders files: a fork begins as its parent does, and the program has counted longer in it."""
        first = min((moment for line in self.placed if (moment := moment_of(line))), default="")
        return first, self.states[0].lasted if self.states else 0.0, str(self.path)

    @property
    def states(self) -> list[State]:
        """What the program counted itself, so far each time."""
        return [state for line in self.lines if (state := state_of(line, self.path))]

    def leave_growing(self) -> bool:
        """Leave out the last answer, and what stands below its first line, where it may still grow; whether there is one.

        Its blocks are lines of their own, of which only the last has what all of it used.
        """
        answers = [line for line in self.lines if answer_of(line)]
        if not answers or time.time() - self.path.stat().st_mtime >= GROWS_S:
            return False
        last = answer_of(answers[-1])
        blocks = [line for line in answers if answer_of(line) == last]
        if any(line["message"].get("stop_reason") for line in blocks):
            return False
        del self.lines[self.lines.index(blocks[0]) :]
        return True


@dataclass(frozen=True)
class Session:
    """The body of an import, and the files that it was made of, its own first."""

    body: Json
    files: tuple[Transcript, ...]


def is_transcript(lines: Iterable[Json]) -> bool:
    """Whether these are lines of Claude Code and not of an export."""
    return any("sessionId" in line and line.get("type") in ("user", "assistant") for line in lines)


def transcript_of(path: Path, read: Read) -> Transcript:
    return Transcript(path, read.lines, read.left_out)


def sessions_of(transcripts: Sequence[Transcript]) -> Iterator[Session]:
    """Each session once, the earliest first: a file that repeats another's lines is what it adds to them."""
    usage = usage_by_answer(line for one in transcripts for line in one.lines)
    states = [state for one in transcripts for state in one.states]
    helpers: dict[str, list[Transcript]] = {}
    for one in transcripts:
        if one.is_helpers:
            helpers.setdefault(one.session, []).append(one)
    known: set[str | int] = set()
    counted: set[str] = set()
    ids: set[str] = set()

    def session(named: str, files: tuple[Transcript, ...], new: list[Json]) -> Iterator[Session]:
        ledger = Ledger(files[0].path, states, is_torn=_is_torn(files[0], known))
        told = Conversation("sesn_" + digest("session", named), usage, counted, ledger)
        found = list(_session(files, new, told, known))
        files[0].notes.extend(ledger.notes())
        yield from found

    for own in sorted((one for one in transcripts if not one.is_helpers), key=lambda one: one.begins):
        new = _new_lines(own, known)
        first = next((str(line["uuid"]) for line in new if line.get("uuid")), "")
        named = own.session if own.session not in ids else f"{own.session} {first}"
        ids.add(named)
        yield from session(named, (own, *helpers.pop(own.session, ())), new)
    for named, alone in helpers.items():
        yield from session(named, tuple(alone), [])


def _is_torn(file: Transcript, known: set[str | int]) -> bool:
    """Whether lines before the file's are in no file: of one that was forked after a compaction, it begins with that."""
    placed = [line for line in file.lines if line.get("uuid")]
    here = known | {str(line["uuid"]) for line in placed}
    begins = bool(placed) and placed[0].get("subtype") == "compact_boundary" and placed[0]["uuid"] not in known
    return begins or any(line["logicalParentUuid"] not in here for line in placed if line.get("logicalParentUuid"))


def _session(
    files: tuple[Transcript, ...], new: list[Json], conversation: Conversation, known: set[str | int]
) -> Iterator[Session]:
    main = [file for file in files if not file.is_helpers]
    left = abandoned([line for file in main for line in file.lines])
    parts = [new]
    for helper in files[len(main) :]:
        parts.append(_new_lines(helper, known))
        _name(conversation, helper)
    for _, _, line in heapq.merge(*map(_in_order, parts, itertools.count()), key=lambda one: one[:2]):
        is_left = line.get("uuid") in left
        if is_left:
            files[0].left_out[REWOUND] += 1
        conversation.take(line, is_left=is_left)
    files[0].left_out.update(conversation.left_out)
    if not conversation.events:
        return
    placed = [line for part in parts for line in part if line.get("type") in ("user", "assistant")] or files[0].placed
    body = {
        "id": conversation.session_id,
        "title": (_title(files[0]) or conversation.first_words or "Claude Code")[:_LONGEST_TITLE],
        "agent_name": "claude-code",
        "model": conversation.model[:_LONGEST_NAME],
        "project": next((str(line["cwd"]) for line in placed if line.get("cwd")), None),
        "source": "claude-code",
        "created_at": conversation.events[0]["processed_at"],
        "events": conversation.events,
        "models": conversation.models,
        "purposes": conversation.purposes,
        "hour_tokens": conversation.hour_tokens,
        "web_searches": conversation.web_searches,
    }
    yield Session(body, files)


def _in_order(lines: Sequence[Json], number: int) -> Iterator[tuple[str, int, Json]]:
    """Each line with a moment that is never before that of the line above it: lines of one file stay in their order.

    What the program counted stands behind all that sub-agents did before the next line.
    """
    last = ""
    for place, line in enumerate(lines):
        moment = moment_of(line)
        if line.get("type") == STATE:
            following = itertools.islice(lines, place, None)
            moment = next((found for one in following if (found := moment_of(one))), "~")
        last = max(last, moment or "")
        yield last, number, line


def _new_lines(file: Transcript, known: set[str | int]) -> list[Json]:
    """The lines that no file before has; a resumed or forked session begins with copies, with or without their old ids."""
    found = []
    for line in file.lines:
        keys = _keys(line)
        if any(key in known for key in keys):
            file.left_out[REPEATED] += 1
        else:
            found.append(line)
        known.update(keys)
    return found


def _keys(line: Json) -> list[str | int]:
    """What the line is known by."""
    if line.get("type") not in ("user", "assistant") or not line.get("uuid"):
        return []
    said = json.dumps(line.get("message"), sort_keys=True)
    return [str(line["uuid"]), hash((str(line["type"]), str(line.get("timestamp")), said))]


def _title(file: Transcript) -> str:
    """What the person called it, else what the program did; a summary of another file's session is none."""
    leaves = {line.get("uuid") for line in file.lines}
    found = {"custom-title": "", "ai-title": "", "summary": ""}
    for line in file.lines:
        match line.get("type"):
            case "custom-title":
                found["custom-title"] = str(line.get("customTitle") or "")
            case "ai-title":
                found["ai-title"] = str(line.get("aiTitle") or "")
            case "summary" if line.get("leafUuid") in leaves:
                found["summary"] = str(line.get("summary") or "")
    return next((" ".join(title.split()) for title in found.values() if title.strip()), "")


def _name(conversation: Conversation, helper: Transcript) -> None:
    """What its record beside it calls a sub-agent."""
    try:
        about = json.loads(helper.path.with_suffix(".meta.json").read_bytes())
    except (OSError, ValueError):
        return
    agent_id = next((str(line["agentId"]) for line in helper.placed if line.get("agentId")), "")
    if isinstance(about, dict) and isinstance(about.get("agentType"), str):
        conversation.name_agent(agent_id, about["agentType"][:_LONGEST_NAME])
