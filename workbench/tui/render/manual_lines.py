"""A page of the manual as lines: its Markdown, laid out for a width."""

from __future__ import annotations

from rich.console import Console
from rich.markdown import Markdown
from rich.style import Style
from rich.text import Text


def manual_lines(page: str, width: int) -> list[Text]:
    """The page without the marks of its generated parts."""
    told = "\n".join(line for line in page.splitlines() if not line.startswith("<!--"))
    console = Console(width=max(20, width), legacy_windows=False, force_terminal=True, color_system="truecolor")
    rows = console.render_lines(Markdown(told, hyperlinks=False), pad=False)
    return [
        Text.assemble(*((segment.text, segment.style or Style.null()) for segment in row if not segment.control))
        for row in rows
    ]
