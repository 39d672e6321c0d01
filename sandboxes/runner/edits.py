"""Finds what an edit asks for in a text, with the text's own line ends, and says what is nearest where it is not there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher

MOST_PLACES = 10
MOST_SHOWN_LINES = 12
MOST_SHOWN_CHARACTERS = 200
MOST_COMPARED_LINES = 20_000
LEAST_LIKENESS = 0.6

_TYPOGRAPHIC = str.maketrans(
    {**dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("“”„‟″«»", '"'), **dict.fromkeys("‐‑‒–—−", "-"), "…": "..."}
)
_SIGNS = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]")


def places_of(content: str, old: str) -> list[tuple[int, int]]:
    """Where `old` stands; its line feeds stand for CRLF as well, unless it has carriage returns of its own."""
    parts = [re.escape(part) for part in old.split("\n")]
    pattern = ("\n" if "\r" in old else "\r?\n").join(parts)
    return [found.span() for found in re.finditer(pattern, content)]


def replaced(content: str, places: list[tuple[int, int]], old: str, new: str) -> str:
    """The content with `new` in these places; its line feeds become the line ends of what it takes the place of."""
    pieces, at = [], 0
    for start, end in places:
        pieces += [content[at:start], new if "\r" in old else _with_ends(content, start, end, old, new)]
        at = end
    return "".join([*pieces, content[at:]])


def _with_ends(content: str, start: int, end: int, old: str, new: str) -> str:
    before, after = old.split("\n"), new.split("\n")
    ends = re.findall(r"\r?\n", content[start:end])
    same_head = _common(before[:-1], after[:-1])
    same_tail = min(_common(before[::-1], after[::-1]), len(after) - 1 - same_head, len(ends) - same_head)
    head, tail = ends[:same_head], ends[len(ends) - same_tail :]
    middle = ends[same_head : len(ends) - same_tail] or [(tail or head[-1:] or [_end_near(content, start, end)])[0]]
    count = len(after) - 1 - len(head) - len(tail)
    chosen = [*head, *(middle[min(number, len(middle) - 1)] for number in range(count)), *tail, ""]
    return "".join(line + _end_after(line, chosen[number]) for number, line in enumerate(after))


def _end_after(line: str, ending: str) -> str:
    """A line of the new text that ends in CR brings its own."""
    return "\n" if line.endswith("\r") and ending == "\r\n" else ending


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count


def _end_near(content: str, start: int, end: int) -> str:
    """The end of the line that a place is in; of the last line, the end of the one before."""
    at = content.find("\n", end)
    at = at if at >= 0 else content.rfind("\n", 0, start)
    return "\r\n" if at > 0 and content[at - 1] == "\r" else "\n"


def lines_of(content: str, places: list[tuple[int, int]]) -> str:
    """The lines that places begin in, as words."""
    numbers = [content.count("\n", 0, start) + 1 for start, _ in places[:MOST_PLACES]]
    more = f" and {len(places) - MOST_PLACES:,} more" if len(places) > MOST_PLACES else ""
    return f"lines {', '.join(map(str, numbers))}{more}"


def nearest(content: str, old: str) -> str:
    """What in the content is most like `old`, and what differs; nothing where nothing is like it."""
    lines, wanted = [line.rstrip("\r") for line in content.split("\n")], old.replace("\r\n", "\n").split("\n")
    for what, normal in _DIFFERENCES:
        if (at := _found(lines, wanted, normal)) is not None:
            return _shown(lines, wanted, at, f"only {what} differ")
    first = max(wanted, key=lambda line: len(line.strip()))
    compared = [(number, line) for number, line in enumerate(lines[:MOST_COMPARED_LINES]) if line.strip()]
    at, likeness = _most_like(compared, first)
    if likeness < LEAST_LIKENESS:
        return ""
    return _shown(lines, wanted, max(0, at - wanted.index(first)), "partly the same")


def _most_like(compared: list[tuple[int, str]], wanted: str) -> tuple[int, float]:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted.strip()[:MOST_SHOWN_CHARACTERS])
    best, likeness = 0, 0.0
    for number, line in compared:
        matcher.set_seq1(line.strip()[:MOST_SHOWN_CHARACTERS])
        # The cheap upper bounds first.
        bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)
        if all(bound() > likeness for bound in bounds):
            best, likeness = number, matcher.ratio()
    return best, likeness


def _found(lines: list[str], wanted: list[str], normal: Callable[[str], str]) -> int | None:
    """The first line of the place that is the same, seen this way; the first and last wanted line may be parts of lines."""
    seen = [normal(line) for line in wanted]
    if not any(seen):
        return None
    text = [normal(line) for line in lines]
    for at in range(len(lines) - len(wanted) + 1):
        if len(seen) == 1:
            if seen[0] in text[at]:
                return at
        elif (
            text[at].endswith(seen[0])
            and text[at + len(seen) - 1].startswith(seen[-1])
            and text[at + 1 : at + len(seen) - 1] == seen[1:-1]
        ):
            return at
    return None


def _plain(line: str) -> str:
    return _SIGNS.sub("", unicodedata.normalize("NFKC", line.translate(_TYPOGRAPHIC)))


def _without_spaces(line: str) -> str:
    return "".join(line.split())


_DIFFERENCES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("spaces at line ends", str.rstrip),
    ("spaces and tabs at the beginning or end", str.strip),
    ("spaces and tabs", _without_spaces),
    ("typographic or invisible characters", _plain),
    ("upper and lower case", str.casefold),
    ("spaces, typographic or invisible characters", lambda line: _without_spaces(_plain(line))),
    ("spaces, upper and lower case", lambda line: _without_spaces(_plain(line)).casefold()),
)


def _shown(lines: list[str], wanted: list[str], at: int, what: str) -> str:
    count = min(len(wanted), len(lines) - at)
    shown = [f"{at + number + 1}\t{_cut(lines[at + number])}" for number in range(min(count, MOST_SHOWN_LINES))]
    left_out = [f"… {count - MOST_SHOWN_LINES:,} more lines"] if count > MOST_SHOWN_LINES else []
    where = f"line {at + 1}" if count == 1 else f"lines {at + 1} to {at + count}"
    return "\n".join(
        [f"Nearest is {where} ({what}):", *shown, *left_out, *_first_difference(lines[at : at + count], wanted)]
    )


def _cut(line: str) -> str:
    more = len(line) - MOST_SHOWN_CHARACTERS
    return line if more <= 0 else f"{line[:MOST_SHOWN_CHARACTERS]}… ({more:,} more characters)"


def _first_difference(found: list[str], wanted: list[str]) -> Iterator[str]:
    """What stands there and what was asked for, from the first sign on that is not the same."""
    for number, there in enumerate(found):
        asked = wanted[number]
        if asked in there and (len(wanted) == 1 or there == asked):
            continue
        begin = _begin(there, asked)
        column = _common(list(there[begin:]), list(asked))
        yield (
            f"First difference, line {number + 1} of old_string, character {column + 1}: "
            f"the file has {there[begin + column :][:20]!a}, old_string has {asked[column:][:20]!a}."
        )
        return


def _begin(there: str, asked: str) -> int:
    """Where in a line of the file a part of a line that was asked for begins."""
    match = SequenceMatcher(None, there, asked, autojunk=False).find_longest_match(0, len(there), 0, len(asked))
    return max(0, match.a - match.b) if match.size else 0
