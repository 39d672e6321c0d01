"""The message of a commit of a session's files, where its person gives none. Pure."""

from __future__ import annotations

import re
import textwrap
from typing import Final

LONGEST_SUBJECT: Final = 72
LEAST_SUBJECT: Final = 12
LONGEST_BODY: Final = 300
WIDTH: Final = 72
TRAILER: Final = "Workbench-Session"
_NO_PROSE: Final = ("#", "|", "```", "~~~", ">", "    ")
_ITEM: Final = re.compile(r"^(?:[-*+]|\d+[.)])\s+")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_CLAUSE_END: Final = re.compile(r"[.!?;:](?=\s)|,? (?:and|then|so that|because) |,(?=\s)| [-–—(]")
_LOOSE: Final = " ,;:.-–—("
_NO_SUBJECT: Final = "Changes of an agent"


def made(title: str, last_answer: str, session_id: str) -> str:
    """A subject from the session's title, the first sentences of the agent's last answer, and which session it was."""
    said = body(last_answer)
    head = subject(title)
    if len(head) < LEAST_SUBJECT and head != " ".join(title.split()) and (first := _first_sentence(said)):
        # What is left of the title says nothing.
        head, said = first, said[len(first) :].lstrip(" .!")
    parts = (head, said, f"{TRAILER}: {session_id}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _first_sentence(said: str) -> str:
    first = _SENTENCE.split(" ".join(said.split()))[0].rstrip(" .!…")
    return first if LEAST_SUBJECT <= len(first) <= LONGEST_SUBJECT else ""


def subject(title: str) -> str:
    """The title as the first line of a commit: of one that is too long, or was cut before, its first clause, else whole words."""
    words = " ".join(title.split())
    if words and len(words) <= LONGEST_SUBJECT and not words.endswith("…"):
        return words
    room = words.rstrip("…")[:LONGEST_SUBJECT]
    clauses = [found.start() for found in _CLAUSE_END.finditer(room) if found.start() >= LEAST_SUBJECT]
    ends = [place for place in clauses if room[:place].count("`") % 2 == 0]
    whole = room[: ends[-1]] if ends else room.rpartition(" ")[0] or room
    if whole.count("`") % 2:
        # A command that is cut in the middle says less than nothing.
        whole = whole.rpartition("`")[0]
    return whole.rstrip(_LOOSE) or _NO_SUBJECT


def body(answer: str) -> str:
    """The first paragraph of an answer as far as whole sentences go; without marks of Markdown, and nothing of code or tables."""
    paragraphs = (one.strip("\n") for one in re.sub(r"(?ms)^```.*?^```", "", answer).split("\n\n"))
    first = next((one for one in paragraphs if one.strip() and not one.startswith(_NO_PROSE)), "")
    lines = (_ITEM.sub("", line.strip()) for line in first.split("\n"))
    said = " ".join(" ".join(lines).replace("**", "").replace("`", "").split())
    told = ""
    for sentence in _SENTENCE.split(said):
        if len(told) + len(sentence) >= LONGEST_BODY:
            break
        told = f"{told} {sentence}".strip()
    if not told and said:
        told = f"{said[:LONGEST_BODY].rpartition(' ')[0]} …"
    return textwrap.fill(told, WIDTH, break_long_words=False, break_on_hyphens=False)
