"""A person's own words in a message, parted from what others wrote: quotes, pastes, logs, documents and programs' blocks. Pure.

The marks of foreign text are the same in every language: quotation marks, fences, rulers, timestamps, headings, lines behind a
colon. Where it is not sure whose words something is, it is not the person's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

GAP: Final = "\ufffc"
"""Stands where foreign words stood inside a line; a sentence that has it is not wholly somebody's own."""

_BLOCKS: Final = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|<!--.*?(?:-->|\Z)|<(?P<tag>[a-z][\w-]*)\b[^<>]*(?<!/)>.*?(?:</(?P=tag)\s*>|\Z)"
    r"|\[(?P<name>\w+)[^\]\n]*\].*?\[/(?P=name)\]|<<-?['\"]?(?P<word>[A-Za-z]\w*)['\"]?[ \t]*\n.*?(?:^\s*(?P=word)\s*$|\Z)|~~[^~\n]+~~",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
"""Fences, comments, and what stands between tags or end words; one without an end goes to the end of the message."""
_MARK: Final = re.compile(r"\s*(?P<mark>[=\-*_~#%<>+|.•·─━═—–])(?:[ \t]*(?P=mark)){2,}[^\n]*")
_MARK_BEHIND: Final = re.compile(r"[^\n]*?(?P<mark>[=\-*_~#%─━═])(?:[ \t]*(?P=mark)){2,}\s*")
"""A line that begins or ends with three of the same mark: a ruler, `=== begin ===`, `-----BEGIN …`, `<<<`."""
_FOREIGN_LINE: Final = re.compile(r"\s*[>|│]|\s*`[^`]+`\s*$|\t| {4,}\S|\s*[$%❯»]\s|@@ |\s*[\w./-]+:\d+:")
"""Quoted, indented, in a table, typed at a prompt, or found in a file's line."""
_PROMPT: Final = re.compile(r"\s*(?:[$%❯»]|>>>|[\w.-]+@[\w.-]+[:~][^\n$#]*[$#])\s+\S")
"""A command at its prompt."""
_STAMPED: Final = re.compile(
    r"\s*[\[(<]?(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}:\d{2}(?::\d{2})?\b|[A-Z][a-z]{2} +\d{1,2} \d{2}:\d{2})"
    r"|\s*[\[(<]?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b|\s*(?:[^\W\d_a-z]{3,}\s+)?[\[【][^\]】\n]{1,30}[\]】]"
)
"""How a line of a log or of a conversation begins."""
_DOCUMENT: Final = re.compile(r" {0,3}#{1,6}\s+\S|diff --git |@@ -\d|index [0-9a-f]{7}|commit [0-9a-f]{7}|Traceback \(")
"""A heading, or how the output of a tool begins."""
_SIGNED: Final = re.compile(r"\s*[—–―]\s*\w[^.!?]*\s*")
"""Who said what stands above it."""
_FIELD: Final = re.compile(r"\w[\w -]{0,30}: \S")
"""As the lines at the head of a mail or of a document are."""
_INLINE_COLON: Final = re.compile(r"[:：]\s+(?=\S)|：(?=\S)")
MOST_LABEL: Final = 3
_INTRODUCES: Final = re.compile(r"[:：]\s*$")
_ASKS: Final = re.compile(r"[?？]\s*$")
_QUOTES: Final = '“”“ ”” „“”" ‟” «» »« ‹› ›‹ 「」 『』 《》 〈〉 〝〞〟 ❝❞ ❛❜ ＂＂ "" ‘’ ‚‘’ \'\' ``'
_CLOSERS: Final = {quote[0]: quote[1:] for quote in _QUOTES.split()}
"""By the mark that opens a quote, those that close it."""
_APOSTROPHES: Final = "'’‘"
_MAY_BE_ALONE: Final = "'‘‚`"


def own_words(text: str, *, introduces: Callable[[str], bool] | None = None) -> str:
    """The lines and parts of lines that the person wrote, with GAP for a quote inside a line.

    `introduces` knows a line after which a colon introduces the person's own words, as an order to remember does.
    """
    lines = _BLOCKS.sub("\n" + GAP + "\n", text.replace("\r\n", "\n")).split("\n")
    return _unquoted("\n".join(_own_lines(lines, introduces)))


def is_all_own(text: str) -> bool:
    """Whether the message is one line of the person's own words and of nothing else."""
    text = text.strip("\n")
    return "\n" not in text and own_words(text) == text


def _own_lines(lines: list[str], introduces: Callable[[str], bool] | None) -> list[str]:
    lines = _without_marked(lines)
    said = [line for line in lines if line.strip()]
    if len(said) > 1 and _SIGNED.fullmatch(said[-1]):
        return []
    found: list[str] = []
    is_output = False
    for number, line in enumerate(lines):
        if _begins_document(lines, number):
            break
        # What stands below a command is what it printed, up to an empty line.
        is_output = bool(line.strip()) and (is_output or bool(_PROMPT.match(line)))
        if not (is_output or _FOREIGN_LINE.match(line) or _STAMPED.match(line)):
            found.append(_own_part(line, introduces))
        behind = sum(bool(other.strip()) for other in lines[number + 1 :])
        is_introduction = _INTRODUCES.search(line) and not (introduces and introduces(line.strip()))
        if (is_introduction and behind) or (_ASKS.search(line) and behind):
            # What it introduces has no mark at its end.
            break
    return found


def _own_part(line: str, introduces: Callable[[str], bool] | None) -> str:
    """Without what a longer clause introduces with a colon: a word or three before it, as in `Remember:`, are a label."""
    colon = _INLINE_COLON.search(line)
    label = re.split(r"[.!?]\s+|[。！？]", line[: colon.start()])[-1].strip() if colon else ""
    is_long = len(label.split()) > MOST_LABEL or sum(sign >= "\u3040" for sign in label) > 2 * MOST_LABEL
    return line[: colon.end()] + GAP if colon and is_long and not (introduces and introduces(label)) else line


def _without_marked(lines: list[str]) -> list[str]:
    """Without what stands between the first and the last line with the same mark, or behind the only one."""
    found: list[str] = []
    number = 0
    while number < len(lines):
        mark = _mark(lines[number])
        if mark is None or len(lines) == 1:
            found.append(lines[number])
            number += 1
            continue
        closers = mark["mark"] + {"<": ">", ">": "<"}.get(mark["mark"], "")
        ends = [at for at in range(number, len(lines)) if (end := _mark(lines[at])) and end["mark"] in closers]
        last = ends[-1] if ends else number
        number = last + 1 if last > number else len(lines)
        found.append("")
    return found


def _mark(line: str) -> re.Match[str] | None:
    return _MARK.fullmatch(line) or _MARK_BEHIND.fullmatch(line)


def _begins_document(lines: list[str], number: int) -> bool:
    """A heading, or two fields one after the other, above further lines."""
    line, *following = lines[number:]
    is_above = any(other.strip() for other in following)
    begins = _DOCUMENT.match(line) or (is_above and _FIELD.match(line) and _FIELD.match(following[0]))
    return is_above and bool(begins)


def _unquoted(text: str) -> str:
    """With GAP for each quote of more than one word; a single word is a name. A quote without an end goes to the end."""
    parts: list[str] = []
    at = 0
    while at < len(text):
        end = _end_of_quote(text, at) if _opens(text, at) else at
        if end == at or (end == len(text) and text[at] in _MAY_BE_ALONE):
            parts.append(text[at])
            at += 1
            continue
        quoted = text[at + 1 : end]
        # Of a script that sets no spaces between words, more than a name.
        is_dense = sum(character >= "\u3040" for character in quoted) > 4
        is_name = text[at] == "`" or (len(quoted.split()) < 2 and not is_dense)
        parts.append(text[at : end + 1] if is_name else GAP)
        at = end + 1
    return "".join(parts)


def _opens(text: str, at: int) -> bool:
    mark, before, after = text[at], text[max(at - 1, 0) : at], text[at + 1 : at + 2]
    # Some close as well, and stand for inches and apostrophes.
    closes = mark in "\"'’‘”»›`" and (before.isalnum() or before in (")", "]") or not after.strip())
    return mark in _CLOSERS and not closes


def _end_of_quote(text: str, at: int) -> int:
    """Where the quote that begins there ends; the length of the text when it has no end."""
    for end in range(at + 1, len(text)):
        if text[at] in _MAY_BE_ALONE and text[end] == "\n":
            break
        if text[end] in _CLOSERS[text[at]] and not (text[end] in _APOSTROPHES and text[end + 1 : end + 2].isalnum()):
            return end
    return len(text)
