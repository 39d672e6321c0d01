"""Signs that a reader does not see, or that steer a terminal or the order of letters: shown as ⟨U+202E⟩ wherever they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final

# What needs no look at its neighbours: everything else is looked at sign by sign.
_PLAIN: Final = re.compile(
    r"[\t\n -~\xa0-\u02ff\u0370-\u0377\u0384-\u0482\u048a-\u052f\u1e00-\u1eff\u2000-\u200a\u2010-\u2027\u202f-\u205f"
    r"\u2070-\u20cf\u2100-\u27ff\u2801-\u2bff\u3001-\u3029\u3030-\u3098\u309b-\u3130\u3200-\ua48f\uac00-\ud7a3\uf900-\ufa6d"
    r"\uff01-\uff9f\uffe0-\uffee\U0001f000-\U0001f6d7\U0001f900-\U0001f9ff\U00020000-\U0002fa1d]*"
)
_PLAIN_IN_CALLS: Final = re.compile(
    r"[\t\n -~¡-¬®-ʯ\u0391-\u03a1\u03a3-\u03ff\u0400-\u0482\u2010-\u2027\u2190-\u21ff\u2500-\u259f\u3041-\u3096\u4e00-\u9fff]*"
)
_MOST_MARKS: Final = 6
"""On one letter; Vietnamese, Hebrew and Tibetan need up to five."""
_MOST_MARKS_IN_CALLS: Final = 2
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
"""Letters, marks and symbols without a shape."""
_VISIBLE_FORMATS: Final = frozenset(
    "\xad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format signs with a shape, and the soft hyphen, which breaks words in honest prose."""
_ZWNJ, _ZWJ = "\u200c", "\u200d"
_FLAG: Final = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")


def shown(text: str) -> str:
    """Prose as a terminal may have it: emoji sequences, marks and joiners between letters stay, what hides or steers is named."""
    text = text.replace("\r\n", "\n")
    return text if _PLAIN.fullmatch(text) else _runs(_walked(text, in_call=False, name=_named))


def shown_exactly(text: str) -> str:
    """A command, path, address or code: also each odd space, joiner, invisible letter and letter that runs from right to left."""
    return text if _PLAIN_IN_CALLS.fullmatch(text) else _runs(_walked(text, in_call=True, name=_named))


def escaped_json(text: str) -> str:
    """JSON of the same value, in which JSON's own escapes stand for these signs."""
    return text if _PLAIN.fullmatch(text) else "".join(_walked(text, in_call=False, name=_json))


def _named(sign: str) -> str:
    return f"⟨U+{ord(sign):04X}⟩"


def _json(sign: str) -> str:
    if ord(sign) < 0x10000:
        return f"\\u{ord(sign):04x}"
    high, low = divmod(ord(sign) - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _runs(parts: list[str]) -> str:
    """The text, in which a flood of one sign is named once with its number."""
    made: list[str] = []
    place = 0
    while place < len(parts):
        end = place + 1
        while end < len(parts) and parts[end] == parts[place] and len(parts[place]) > 1:
            end += 1
        made.append(parts[place] if end - place < 3 else f"{parts[place][:-1]}×{end - place}⟩")
        place = end
    return "".join(made)


def _walked(text: str, *, in_call: bool, name: Callable[[str], str]) -> list[str]:
    parts: list[str] = []
    marks, place = 0, 0
    most = _MOST_MARKS_IN_CALLS if in_call else _MOST_MARKS
    while place < len(text):
        sign = text[place]
        flag = None if in_call or sign != "\U0001f3f4" else _FLAG.match(text, place)
        if flag:
            parts += flag[0]
            place = flag.end()
            continue
        before, behind = text[place - 1] if place else "", text[place + 1 : place + 2]
        kind = unicodedata.category(sign)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        is_hidden = _is_hidden_in_call(sign, kind, before) if in_call else _is_hidden(sign, kind, before, behind)
        parts.append(name(sign) if is_hidden or marks > most else sign)
        place += 1
    return parts


def _is_hidden(sign: str, kind: str, before: str, behind: str) -> bool:
    if kind == "Cc":
        return sign not in "\n\t"
    if sign in (_ZWJ, _ZWNJ):
        return not _joins(sign, before, behind)
    if _is_variation_selector(sign):
        return not _varies(sign, before)
    if kind == "Cn":
        return (
            ord(sign) & 0xFFFE == 0xFFFE
            or 0xFDD0 <= ord(sign) <= 0xFDEF
            or ord(sign) >= 0xE0000
            or 0xFFF0 <= ord(sign) <= 0xFFF8
        )
    return (kind in {"Cf", "Cs", "Zl", "Zp"} and sign not in _VISIBLE_FORMATS) or sign in _INVISIBLE


def _is_hidden_in_call(sign: str, kind: str, before: str) -> bool:
    if kind in {"Cc", "Zs"}:
        return sign not in "\n\t "
    if kind in {"Mn", "Me"}:
        return (
            _is_variation_selector(sign)
            or sign in _INVISIBLE
            or not before
            or unicodedata.category(before)[0] not in "LM"
        )
    return (
        kind in {"Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        or sign in _INVISIBLE
        or unicodedata.bidirectional(sign) in {"R", "AL", "AN"}
    )


def _joins(sign: str, before: str, behind: str) -> bool:
    """Whether a joiner stands where writing needs it: between letters of a script that joins them, or between emoji."""
    if not before or not behind:
        return False
    if all(
        one >= "\u0600" and unicodedata.category(one)[0] in "LM" and not "\u1100" <= one <= "\u11ff"
        for one in (before, behind)
    ):
        return not _is_variation_selector(before)
    return sign == _ZWJ and (before == "\ufe0f" or _is_pictorial(before)) and _is_pictorial(behind)


def _varies(sign: str, before: str) -> bool:
    """Whether a variation selector changes the sign before it, as one may: an emoji, a symbol, or a letter of the East."""
    if not before or _is_variation_selector(before):
        return False
    if sign in "\ufe0e\ufe0f":
        return before in "#*0123456789©®" or _is_pictorial(before)
    return before >= "\u1800" and unicodedata.category(before)[0] in "LMS"


def _is_pictorial(sign: str) -> bool:
    return sign >= "\u203c" and (unicodedata.category(sign) in {"So", "Sk", "Sm", "Po", "Cn"} or sign in "〰〽")


def _is_variation_selector(sign: str) -> bool:
    return (
        "\ufe00" <= sign <= "\ufe0f"
        or "\U000e0100" <= sign <= "\U000e01ef"
        or "\u180b" <= sign <= "\u180d"
        or sign == "\u180f"
    )
