"""Imports in a project's instructions: the paths that a Markdown text names as `@path`, outside of code. Pure."""

from __future__ import annotations

import posixpath
import re
from typing import Final

DOCUMENTS: Final = (".md", ".mdx", ".mdc", ".markdown", ".txt", ".rst", ".adoc")
"""Endings of what may be imported: prose, so that no `.env` or configuration reaches a model by a line in a file."""

_FENCE: Final = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})(?P<rest>.*)")
_INDENTED: Final = re.compile(r" {4}|\t")
_LIST: Final = re.compile(r" {0,3}(?:[-*+]|\d{1,9}[.)])\s")
_SPAN: Final = re.compile(r"(?<!`)(?P<mark>`+)(?!`).*?(?<!`)(?P=mark)(?!`)", re.DOTALL)
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NAMED: Final = re.compile(r"(?:^|(?<=[\s(\[{*_:,;\"'“‘>]))@(?P<path>[^\s@`<>|\"“”]+)", re.MULTILINE)
"""No e-mail address, whose @ stands behind a letter."""
_BEHIND: Final = ".,;:!?)]}'*_’"


def imported(text: str) -> list[str]:
    """The paths as they are written, each once, in order; of documents only."""
    prose = _SPAN.sub(" ", _COMMENT.sub(" ", "\n".join(_outside_code(text))))
    named = (found["path"].rstrip(_BEHIND) for found in _NAMED.finditer(prose))
    return list(dict.fromkeys(path for path in named if path.lower().endswith(DOCUMENTS)))


def resolved(path: str, folder: str) -> str | None:
    """A written path from the file's folder, relative to the root of both; None where it leads out."""
    if path.startswith(("/", "~")):
        return None
    whole = posixpath.normpath(posixpath.join(folder, path))
    return None if whole.startswith("../") or whole == ".." else whole


def _outside_code(text: str) -> list[str]:
    """The lines that stand in no fenced and in no indented block of code."""
    found: list[str] = []
    fence, is_after_blank, in_list = "", True, False
    for line in text.split("\n"):
        mark = _FENCE.match(line.lstrip() if in_list else line)
        if fence:
            if mark and mark["mark"].startswith(fence) and not mark["rest"].strip():
                fence = ""
            continue
        if mark and not ("`" in mark["mark"] and "`" in mark["rest"]):
            fence = mark["mark"]
            found.append("")
            continue
        if not line.strip():
            is_after_blank = True
        elif _INDENTED.match(line):
            # Within a list it is a paragraph of its item.
            if is_after_blank and not in_list:
                continue
        else:
            in_list = bool(_LIST.match(line)) or (in_list and not is_after_blank)
            is_after_blank = False
        found.append(line)
    return found
