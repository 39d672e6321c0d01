"""How much processor time a megabyte of HTML takes on its way to Markdown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from workbench.bench.figure import Figure, median
from workbench.extraction import markdown

_BYTES: Final = 1_000_000
_RUNS: Final = 7
_WORDS: Final = "an engine writes its log before anybody hears of what happened in there"


def read() -> Iterator[Figure]:
    """Pages of running text, of one table and of coloured code, as the text worker reads them."""
    kinds: dict[str, Callable[[int], str]] = {"text": _text, "a table": _row, "code": _code}
    for kind, piece in kinds.items():
        page = _page(piece, around="table" if piece is _row else "div")
        taken = [_processor_ms(page) for _ in range(_RUNS)]
        yield Figure(f"1 MB of HTML as Markdown: {kind}", median(taken), "ms", 100, note=f"processor time, n={_RUNS}")


def _processor_ms(page: str) -> float:
    since = time.process_time()
    markdown.markdown_of(page, "https://pages.example/a/")
    return (time.process_time() - since) * 1000


def _page(piece: Callable[[int], str], *, around: str) -> str:
    pieces = [piece(number) for number in range(_BYTES // len(piece(0)))]
    inside = f"<main><{around}>{''.join(pieces)}</{around}></main>"
    return f"<html><head><title>Pages</title></head><body><nav>elsewhere</nav>{inside}</body></html>"


def _text(number: int) -> str:
    return f"<h2 id=s{number}>Part {number}</h2><p>{_WORDS * 4} <a href='/wiki/{number}'>a link</a> <b>and</b> {_WORDS}.</p>\n"


def _row(number: int) -> str:
    return "<tr>" + "".join(f"<td class='c{place}'>{_WORDS[:12]} {number}</td>" for place in range(8)) + "</tr>\n"


def _code(number: int) -> str:
    line = "<span class='k'>def</span> <span class='n'>f</span>(<span class='p'>x</span>): return x &lt; 1\n"
    return f"<p>{_WORDS} <code>{number}</code></p><pre><code class='language-python'>{line * 20}</code></pre>\n"
