"""HTML as Markdown: what a page is about, without what stands around it."""

from __future__ import annotations

import html
import re
from typing import Final

from html_to_markdown import ConversionOptions, convert

_AROUND: Final = ["nav", "header", "footer", "aside", "script", "style", "noscript", "template", "svg"]
_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{0,2000})", re.I)
_COLOURED: Final = re.compile(r"""<span(?: class=(?:"[^"<>]*"|'[^'<>]*'|[\w-]+))?>([^<]*)</span>""")
_BLANK: Final = re.compile(r"\n{3,}")


def markdown_of(page: str, base_url: str) -> tuple[str, str]:
    """The title and the text; links lead from `base_url`."""
    title = _TITLE.search(page)
    # The text of `<main>` alone has no header of the page, but may well have one of its own.
    main = _only(page, "main") or _only(page, "article")
    around = [one for one in _AROUND if not main or one != "header"]
    options = ConversionOptions(
        extract_metadata=False, compact_tables=True, exclude_selectors=around, base_url=base_url or None
    )
    text = convert(_plain_code(main or page), options).content or ""
    return " ".join(html.unescape(title[1]).split()) if title else "", _BLANK.sub("\n\n", text).strip()


def _only(page: str, name: str) -> str | None:
    """The element of this name, where there is exactly one; found by its tags, as a parser would take as long again."""
    lower, end_tag = page.lower(), f"</{name}>"
    begins = [match.start() for match in re.finditer(rf"<{name}[\s>]", lower)]
    end = lower.rfind(end_tag)
    # With its end tag: the library takes half as long again for an element that nothing closes.
    return page[begins[0] : end + len(end_tag)] if len(begins) == 1 and end > begins[0] else None


def _plain_code(page: str) -> str:
    """The page without the colours of its code: each word a `<span>` of its own is most of what a page of code has to be parsed for."""
    before, *pieces = page.split("<pre")
    return before + "".join(map(_uncoloured, pieces))


def _uncoloured(piece: str) -> str:
    code, end, after = piece.partition("</pre>")
    return "<pre" + (_COLOURED.sub(r"\1", code) if end else code) + end + after
