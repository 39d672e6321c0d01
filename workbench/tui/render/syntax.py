"""Colours of code by the name of its file, within bounds: what is too long to colour at once stays plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

LONGEST_CODE: Final = 40_000
LONGEST_LINE: Final = 1_000
_NO_LANGUAGE: Final = frozenset({"default", "text"})


def coloured(path: str, lines: Sequence[str]) -> list[Text]:
    """The lines with the colours of their language; plain where it is not known, or they are too long."""
    code = "\n".join(lines)
    if not code or len(code) > LONGEST_CODE or max(map(len, lines)) > LONGEST_LINE:
        return [Text(line) for line in lines]
    # Late: it has a module a language, and only a diff that is looked at needs one.
    from rich.syntax import Syntax

    language = Syntax.guess_lexer(path, code)
    if language in _NO_LANGUAGE:
        return [Text(line) for line in lines]
    whole = Syntax(code, language, theme="ansi_dark").highlight(code)
    found = list(Text(whole.plain, spans=whole.spans).split("\n", allow_blank=True))[: len(lines)]
    # A lexer that takes signs away, or adds some, would colour others.
    is_same = [one.plain for one in found] == list(lines)
    return found if is_same else [Text(line) for line in lines]
