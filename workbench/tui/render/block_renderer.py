"""A block as rows of cells: Markdown for what the agent says, a folded line for a call, everything of it when unfolded."""

from __future__ import annotations

import io
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from markdown_it import MarkdownIt
from rich.console import Console, RenderableType
from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text
from rich.theme import Theme
from textual.strip import Strip

from workbench.contracts.call_text import call_line, call_text
from workbench.contracts.replaced_calls import Replacement
from workbench.text.display import exact, span
from workbench.text.lines import lines_of, whole_lines_of
from workbench.tui.state.conversation import Block

KEPT = 2000
MOST_BEGUN = 16
"""Answers whose finished paragraphs are kept as rows."""
MOST_RESULT_LINES = 200
OUTPUT_LINES = 6
"""Of what a running call has printed, while calls are folded."""
_CODE: Final = Theme({"markdown.code": "bold cyan"})
"""Without Rich's black ground, which on a light screen is a hole."""


class _Parsed(Markdown):
    """Markdown that shares one parser: making one takes longer than most texts take to be parsed."""

    def __init__(self, markup: str, parser: MarkdownIt) -> None:
        self.markup = markup
        self.parsed = parser.parse(markup)
        self.code_theme = self.inline_code_theme = "ansi_dark"
        self.justify = None
        self.style = "none"
        self.hyperlinks = False
        self.inline_code_lexer = None


class BlockRenderer:
    """Renders blocks and remembers what it rendered: finished text is laid out once a width."""

    def __init__(self) -> None:
        self._console = Console(
            file=io.StringIO(),
            legacy_windows=False,
            force_terminal=True,
            color_system="truecolor",
            theme=_CODE,
            _environ={},
        )
        self._parser = MarkdownIt().enable("strikethrough").enable("table")
        self._kept: OrderedDict[tuple[object, ...], list[Strip]] = OrderedDict()
        self._begun: OrderedDict[tuple[str, int], tuple[str, list[Strip]]] = OrderedDict()
        """By block and width: the part of an answer that is finished, and its rows."""

    def rows(self, block: Block, width: int, *, unfolded: bool) -> list[Strip]:
        """The rows of one block, with an empty one before what somebody said."""
        if block.kind == "agent":
            return self._said(block, width)
        # What a person ran has no id that is its own in every session.
        key = (block.id, block.text, block.result, block.answer, block.output, block.attached, unfolded, width)
        return self._kept_rows(key) or self._keep(key, width, block_lines(block, unfolded=unfolded))

    def paragraphs(self, block: Block, width: int) -> list[tuple[int, str]]:
        """For each row of what the agent said, its paragraph's number and source."""
        numbered = enumerate(chunks(block.text))
        return [(number, chunk) for number, chunk in numbered for _ in self._chunk(chunk, width)]

    def _said(self, block: Block, width: int) -> list[Strip]:
        """An answer grows at its end, many times a second: what is finished of it is neither cut nor looked up again."""
        done, rows = self._begun.pop((block.id, width), ("", []))
        if not block.text.startswith(done):
            done, rows = "", []
        rest = block.text[len(done) :]
        cut = finished(rest)
        rows = rows + self._chunks(rest[:cut], width) if cut else rows
        self._begun[block.id, width] = (done + rest[:cut], rows)
        if len(self._begun) > MOST_BEGUN:
            self._begun.popitem(last=False)
        return rows + self._chunks(rest[cut:], width)

    def _chunks(self, text: str, width: int) -> list[Strip]:
        return [row for chunk in chunks(text) for row in self._chunk(chunk, width)]

    def _chunk(self, chunk: str, width: int) -> list[Strip]:
        key = (chunk, width)
        return self._kept_rows(key) or self._keep(key, width, [Text(), _Parsed(chunk, self._parser)])

    def _kept_rows(self, key: tuple[object, ...]) -> list[Strip] | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: tuple[object, ...], width: int, parts: Iterable[RenderableType]) -> list[Strip]:
        options = self._console.options.update_width(width)
        parts_rows = [[Strip(row) for row in self._console.render_lines(part, options)] for part in parts]
        rows = [row for part in parts_rows for row in _without_margin(part)]
        self._kept[key] = rows
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return rows


def _without_margin(rows: list[Strip]) -> list[Strip]:
    """The rows without the empty ones that Markdown puts around lists and code."""
    full = [place for place, row in enumerate(rows) if row.text.strip()]
    return rows[full[0] : full[-1] + 1] if full else rows[:1]


def chunks(text: str) -> list[str]:
    """The text cut at blank lines outside fences: all but the last are finished and never change."""
    found: list[list[str]] = [[]]
    fenced = False
    for line in lines_of(text):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        if line.strip() or fenced:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return ["\n".join(lines) for lines in found if lines]


def finished(text: str) -> int:
    """How many characters of a text that still grows end with a blank line outside fences: `chunks` of them never change."""
    end = place = 0
    fenced = False
    for line in whole_lines_of(text):
        place += len(line)
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and not line.strip() and line.endswith("\n"):
            end = place
    return end


def block_lines(block: Block, *, unfolded: bool) -> list[RenderableType]:
    """What a block that is not the agent's own words looks like."""
    match block.kind:
        case "user":
            said = [Padding(Text(block.text), (0, 0, 0, 2))] if block.text or not block.attached else []
            return [Text(), Text("you", "bold #56B4E9"), *said, *_attached_lines(block, 2)]
        case "call":
            return _call_lines(block, unfolded=unfolded)
        case "evaluation":
            return _evaluation_lines(block, unfolded=unfolded)
        case "ran":
            return _ran_lines(block)
        case "message" | "thinking":
            return _aside_lines(block, unfolded=unfolded)
    is_error = block.kind == "error"
    return [Text(f"{'!' if is_error else '■'} {block.text}", "bold #D55E00" if is_error else "#999999")]


def _ran_lines(block: Block) -> list[RenderableType]:
    """A person's own command, with the end of what it prints while it runs."""
    head = [
        Text(),
        Text(f"you ran  {block.text}" if block.result is not None else f"you run  {block.text}", "bold #56B4E9"),
    ]
    if block.result is None:
        return [*head, *(_printed(block)[-OUTPUT_LINES:] or _indented(["running …"], "#999999"))]
    return [*head, *_indented(lines_of(block.result)[:MOST_RESULT_LINES], "#D55E00" * block.failed)]


def _evaluation_lines(block: Block, *, unfolded: bool) -> list[RenderableType]:
    """A line for a goal and for each round; behind it the rubric, or every criterion with what is missing."""
    head = Text(
        f"◎ {block.text}", "bold #D55E00" if block.failed else "bold", no_wrap=not unfolded, overflow="ellipsis"
    )
    return [Text(), head, *(_indented(lines_of(block.result or "")[:MOST_RESULT_LINES], "#999999") if unfolded else [])]


def _aside_lines(block: Block, *, unfolded: bool) -> list[RenderableType]:
    if block.kind == "message":
        return _message_lines(block, unfolded=unfolded)
    return [Text(), Text(_thought(block, unfolded=unfolded), "#999999")]


def _message_lines(block: Block, *, unfolded: bool) -> list[RenderableType]:
    """What agents say to each other, or how far a run is: a line, and behind it all of it."""
    style = "bold #D55E00" if block.failed else "#56B4E9"
    if not unfolded:
        return [Text(), Text(block.text, style, no_wrap=True, overflow="ellipsis")]
    head, body = block.text, lines_of((block.result or "").strip())
    if body:
        head = block.text.removesuffix(f": {body[0]}")
    return [Text(), Text(head, style), *_indented(body[:MOST_RESULT_LINES])]


def _thought(block: Block, *, unfolded: bool) -> str:
    if not block.answer:
        return "~ thinking …"
    said = "~ thought" if block.seconds is None else f"~ thought for {span(block.seconds)}"
    if not unfolded:
        return said
    exactly = f" ({block.seconds:.1f} s)" if block.seconds is not None else ""
    return f"{said}{exactly} · the API does not tell what"


def _call_lines(block: Block, *, unfolded: bool) -> list[RenderableType]:
    call = block.call or {"name": block.text, "input": {}}
    by = f"{block.by}  " if block.by else ""
    head = Text.assemble((f"{_call_mark(block)} {by}", ""), (call["name"], "bold"), f"  {call_line(call, 400)}", end="")
    if block.answer:
        head.append(f"  {block.answer} by you", "#999999")
    if block.seconds is not None:
        head.append(f"  {block.seconds:.1f} s", "#999999")
    head.no_wrap, head.overflow = not unfolded, "ellipsis"
    if block.instead:
        return [head, *_instead_lines(block, block.instead, unfolded=unfolded)]
    result = lines_of((block.result or "").strip())
    if unfolded:
        shown = [*_indented(lines_of(call_text(call))), *_indented(result[:MOST_RESULT_LINES], "#999999")]
        left = len(result) - MOST_RESULT_LINES
        more = _indented([f"… {left} more lines"] if left > 0 else [])
        return [head, *shown, *more, *_attached_lines(block, 4), *_printed(block)]
    if block.failed and result:
        return [head, *_indented(result[-1:], "#D55E00")]
    return [head, *_attached_lines(block, 4), *_printed(block)[-OUTPUT_LINES:]]


def _attached_lines(block: Block, indent: int) -> list[RenderableType]:
    """Each picture and document in a line."""
    lines = [
        Text(f"{' ' * indent}▣ {one.line}", "#56B4E9", no_wrap=True, overflow="ellipsis") for one in block.attached
    ]
    return list(lines)


def _printed(block: Block) -> list[RenderableType]:
    """The end of what a running call has printed, a row each."""
    lines = [Text(f"    {line}", "#999999", no_wrap=True, overflow="ellipsis") for line in lines_of(block.output)]
    return list(lines)


def _instead_lines(block: Block, instead: Replacement, *, unfolded: bool) -> list[RenderableType]:
    """What ran in place of the call, whole where it is unfolded."""
    ran = lines_of(exact(instead.command))
    shown = [Text(f"you ran  {ran[0] if ran else ''}{' …' if ran[1:] and not unfolded else ''}", "bold #56B4E9")]
    result = lines_of((block.result or "").strip())
    if unfolded:
        rest = [*_indented(ran[1:]), *_indented(result[:MOST_RESULT_LINES], "#999999")]
    else:
        rest = _indented(result[-1:], "#D55E00") if block.failed else []
    return [*(Padding(line, (0, 0, 0, 4)) for line in shown), *rest]


def _call_mark(block: Block) -> str:
    if block.result is None:
        return "?" if block.by else "▶"
    return "✗" if block.failed else "✓"


def _indented(lines: Iterable[str], style: str = "") -> list[RenderableType]:
    return [Padding(Text(line, style), (0, 0, 0, 4)) for line in lines]
