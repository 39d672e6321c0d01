"""Files of sessions: which there are under a path, what program each is of, and what they say."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from workbench.commands import past
from workbench.commands.claude_code import folder
from workbench.commands.claude_code.lines import Read, read_lines
from workbench.commands.other_agents import codex, gemini, opencode, vibe
from workbench.commands.other_agents.session import OtherSession
from workbench.commands.past import END, HEAD, REQUESTS, VERSION
from workbench.commands.surface import Json, Wrong

MOST_BYTES: Final = 1 << 29
"""Of one file: it is read into memory whole."""
_PATTERNS: Final = ("*.jsonl", "*.parquet", "opencode.db", "crush.db", vibe.CURRENT)
_IRREGULAR: Final = "pipe, link or device"


class Cut(ValueError):
    """An export that does not have all that it says that it has."""


@dataclass
class Told:
    """What became of a file: its session, its events that are new and that were here, what was left out, and what else is to be said."""

    file: str
    session: str = ""
    taken: int = 0
    known: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def words(self) -> str:
        parts = [f"{self.taken:,} events taken"] if self.taken else []
        parts += [f"{self.known:,} were here already"] if self.known else []
        parts += [
            "left out: " + ", ".join(f"{count:,} {what}" for what, count in sorted(self.left_out.items()))
        ] * bool(self.left_out)
        return "; ".join([*parts, *self.notes]) or "nothing in it"


@dataclass
class Outcome:
    """What became of all files, and of the sessions in them; `continued` are those taken ones that were here in part."""

    taken: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    continued: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    files: list[Told] = field(default_factory=list)
    others: list[OtherSession] = field(default_factory=list)
    """Sessions of other agents than Claude Code, read and not taken yet."""
    is_later: bool = False
    """Whether something was left for later, as it may still grow."""


def files_of(path: Path, outcome: Outcome) -> list[Path]:
    """The regular files of the path: a pipe would be waited for, and a link in a folder may lead to a device without an end."""
    if not path.exists():
        raise Wrong(f"{path} is not there; give a folder or a file of an export, or where an agent keeps its sessions")
    found = [path]
    if path.is_dir():
        found = [file for pattern in _PATTERNS for file in sorted(path.rglob(pattern)) if not _is_part(file)]
    files = []
    for file in found:
        about = file.stat() if file == path else file.lstat()
        if not stat.S_ISREG(about.st_mode):
            outcome.files.append(Told(str(file), left_out=Counter([_IRREGULAR])))
        elif about.st_size > MOST_BYTES and file.suffix != ".parquet":
            outcome.failed[str(file)] = f"{about.st_size >> 20:,} MiB; at most {MOST_BYTES >> 20} MiB are read"
        else:
            files.append(file)
    if not files and not any("MiB" in reason for reason in outcome.failed.values()):
        raise Wrong(
            f"{path} has no sessions: no .jsonl, .parquet or database of an agent; workbench import alone says what is there"
        )
    return files


def _is_part(file: Path) -> bool:
    """Whether a file is a part of one of Mistral Vibe's sessions, which is read by its folder."""
    return file.suffix == ".jsonl" and file.parent.name == "journal" and (file.parent.parent / vibe.CURRENT).is_file()


def exported_in(file: Path, transcripts: list[folder.Transcript], outcome: Outcome) -> Iterator[Json]:
    """The exported sessions of the file as bodies of imports; a transcript joins the others, as they are read together."""
    if file.suffix == ".parquet":
        for session, events in past.sessions_of(file):
            yield _body(session, events)
        return
    if others := _others_in(file):
        outcome.others += others
        return
    with file.open("rb") as source:
        content = source.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Cut(f"at most {MOST_BYTES >> 20} MiB are read")
    read = read_lines(content)
    if read.lines and read.lines[0].get("type") == HEAD:
        if (body := _exported(read)) is not None:
            yield body
            return
    elif folder.is_transcript(read.lines) and _reader_of(read) is None:
        transcripts.append(folder.transcript_of(file, read))
        return
    elif read.lines or read.left_out:
        outcome.others += _other(read, file)
        return
    outcome.files.append(Told(str(file), left_out=read.left_out))


def _other(read: Read, file: Path) -> list[OtherSession]:
    """The session of another agent's file; none where nothing was said in it."""
    reader = _reader_of(read)
    if reader is None:
        what = ", ".join(f"{count} lines {reason}" for reason, count in read.left_out.items())
        raise Cut("neither an export nor an agent's record of a session" + (f" ({what})" if what else ""))
    session = reader(read.lines, file)
    if session is None:
        raise Cut("nothing was said in this session")
    session.left_out.update(read.left_out)
    return [session]


def _others_in(file: Path) -> list[OtherSession]:
    """The sessions of a database, or of the folder that a file CURRENT lies in."""
    if file.suffix == ".db":
        return list(opencode.sessions_in(file))
    if file.name == vibe.CURRENT:
        return [session] if (session := vibe.session_in(file.parent)) else []
    return []


def _reader_of(read: Read) -> Callable[[Sequence[Json], Path], OtherSession | None] | None:
    """What reads these lines, if they are another agent's than Claude Code's."""
    for is_theirs, reader in _READERS:
        if is_theirs(read.lines):
            return reader
    return None


_READERS: Final = (
    (codex.is_codex, codex.session_of),
    (gemini.is_qwen, gemini.session_of_qwen),
    (gemini.is_gemini, gemini.session_of_gemini),
)


def _exported(read: Read) -> Json | None:
    head, *lines = read.lines
    events = [line for line in lines if line.get("type") not in ("session.deleted", END)]
    if head.get("version", 1) >= VERSION:
        last = lines[-1] if lines else {}
        count = sum(line.get("type") != END for line in lines)
        if last.get("type") != END or last["events"] != count:
            whole = f" of {last['events']}" if last.get("type") == END else ""
            raise Cut(f"the file is not whole: it has {count}{whole} events; export it again")
    return _body(head["session"], events) if events else None


def _body(session: Json, events: Sequence[Json]) -> Json:
    requests = [one for one in session.get(REQUESTS, ()) if one.get("model")]

    def named(name: str) -> dict[str, Any]:
        return {one["model_request_start_id"]: one[name] for one in requests if one.get(name)}

    return {
        "id": session["id"],
        "title": session["title"],
        "agent_name": session["agent"]["name"],
        "model": session["agent"]["model"]["id"],
        "project": session["metadata"].get("workbench.project"),
        "source": "export",
        "created_at": session["created_at"],
        "events": [event for event in events if event.get("type") != "session.deleted"],
        "models": named("model"),
        "purposes": {start: purpose for start, purpose in named("purpose").items() if purpose != "answer"},
        "hour_tokens": named("cache_creation_1h_tokens"),
        "web_searches": named("web_searches"),
    }
