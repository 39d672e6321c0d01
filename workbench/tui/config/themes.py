"""How the app looks on this terminal: theme, colours for it, marks without them, and marks in plain ASCII.

Every colour and mark is written once, for a dark screen; what a look changes is changed in the finished lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter
from textual.theme import BUILTIN_THEMES, Theme

from workbench.tui.config.preferences import Preferences

# The four colours that mean something: needs you and removed, failed, done and added, beside the point.
_MEANT: Final = ("#e69f00", "#d55e00", "#56b4e9", "#999999")
_COLOURS: Final[Mapping[str, tuple[str, ...]]] = {
    "light": ("#8a4b00", "#a63400", "#005a94", "#5c5c5c"),
    "contrast": ("#ffd166", "#ff8c5a", "#8fd3ff", "#ffffff"),
    "ansi": ("yellow", "red", "cyan", "bright_black"),
}
_THEMES: Final = {"light": "workbench-light", "contrast": "workbench-contrast", "ansi": "ansi-dark"}
CONTRAST: Final = Theme(
    name="workbench-contrast",
    primary="#ffffff",
    secondary="#8fd3ff",
    warning="#ffd166",
    error="#ff8c5a",
    success="#8fd3ff",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#202020",
    boost="#101010",
    dark=True,
)
LIGHT: Final = replace(BUILTIN_THEMES["textual-light"], name="workbench-light", warning="#8a4b00", error="#a63400")
"""Textual's own, with frames and titles of questions in an orange that can be read on light ground."""
# Both sides have the same width in cells.
_SHAPES: Final = "›⏎●◐○±✔✗✓×▶■·…─│╭╮╰╯━┃┏┓┗┛┌┐└┘├┤▌▎↑↓←→⋯•—“”‘’ "
_ASCII: Final = ">|*~.=+x+x>#..-|++++-|++++++++++||^v<>.*-\"\"'' "
_TO_ASCII: Final = str.maketrans(_SHAPES, _ASCII)


@dataclass(frozen=True)
class Look:
    """A theme, and the filters that the finished lines go through."""

    theme: str
    filters: tuple[LineFilter, ...]
    ansi: bool = False


def look_of(choices: Preferences, environ: Mapping[str, str]) -> Look:
    """What was chosen; else what this terminal can show. NO_COLOR is Textual's own to follow."""
    colours = choices.colours or ("ansi" if environ.get("TERM") == "linux" else "dark")
    marks = choices.marks or ("ascii" if environ.get("TERM") in ("linux", "dumb") else "shapes")
    filters: list[LineFilter] = []
    if colours in _COLOURS:
        filters.append(Recoloured(colours))
    if colours == "none":
        filters.append(Uncoloured())
    if marks == "ascii":
        filters.append(Spelt())
    return Look(_THEMES.get(colours, "textual-dark"), tuple(filters), ansi=colours == "ansi")


class Recoloured(LineFilter):
    """The colours that mean something, as they can be read on this background."""

    def __init__(self, colours: str) -> None:
        super().__init__()
        self._other = dict(zip(_MEANT, _COLOURS[colours], strict=True))
        self._styled = lru_cache(1024)(self._style)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, self._styled(style) if style else style, control) for text, style, control in segments]

    def _style(self, style: Style) -> Style:
        named = style.color.name.lower() if style.color else ""
        return style + Style(color=self._other[named]) if named in self._other else style


class Uncoloured(LineFilter):
    """No colour at all: bold, reverse and underlined are left, and what stands out by its ground stands out reversed."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text, _without_colour(style) if style else style, control) for text, style, control in segments]


@lru_cache(1024)
def _without_colour(style: Style) -> Style:
    default = RichColor.default()
    plain = Style(bold=style.bold, italic=style.italic, underline=style.underline, reverse=style.reverse)
    return plain + Style.from_color(default, default)


class Spelt(LineFilter):
    """Marks, lines and arrows as ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [Segment(text.translate(_TO_ASCII), style, control) for text, style, control in segments]
