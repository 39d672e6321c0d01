"""Completion list above a prompt: it opens as one types, and takes only keys that are no text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rich.text import Text

from workbench.text.display import safe
from workbench.tui.render.board_lines import DIM
from workbench.tui.state.completion import Choice, Word, fitting, last_word
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.sheet import Sheet

MOST: Final = 6
"""The choices that are shown at once."""


class Completion(Sheet):
    """What the word at the end of a prompt can be; Enter or Tab takes the chosen one, Esc closes the list."""

    DEFAULT_CSS = "Completion { height: auto; padding: 0 1; background: $panel; display: none; }"

    def __init__(self, prompt: Prompt) -> None:
        super().__init__()
        self.source: Callable[[Word], Sequence[Choice]] = lambda word: ()
        """Everything that a word of this kind can be; called again with every letter."""
        self._prompt = prompt
        self._word: Word | None = None
        self._choices: list[Choice] = []
        self._chosen = 0
        prompt.completion = self

    @property
    def is_open(self) -> bool:
        return bool(self._choices)

    def look(self) -> None:
        """Show what fits the prompt's text as it is now."""
        prompt = self._prompt
        at_end = prompt.cursor_location == prompt.document.end
        word = last_word(prompt.text) if at_end and prompt.has_focus else None
        choices = fitting(word.typed, self.source(word)) if word is not None else []
        if [one.word for one in choices] == [word.typed if word else ""]:
            # There is nothing left to complete.
            choices = []
        self._word, self._chosen = word, 0
        self._put(choices)

    def close(self) -> None:
        """Hide the list until something more is typed."""
        self._put([])

    def move(self, lines: int) -> None:
        self._chosen = (self._chosen + lines) % len(self._choices)
        self._draw()

    def take(self) -> bool:
        """Put the chosen word into the prompt; a word that is whole already is left alone, and the key is the prompt's own."""
        chosen, word = self._choices[self._chosen], self._word
        if word is None or chosen.word == word.typed:
            self.close()
            return False
        self._prompt.set(f"{word.before}{word.sign}{chosen.word} ")
        return True

    def _put(self, choices: list[Choice]) -> None:
        was_open, self._choices = self.is_open, choices
        self.display = self.is_open
        if self.is_open:
            self._draw()
        if was_open is not self.is_open and self.is_attached:
            # Tab and Esc are the list's while it is open.
            self.screen.refresh_bindings()

    def _draw(self) -> None:
        begin = max(0, min(self._chosen - MOST + 1, len(self._choices) - MOST))
        sign = self._word.sign if self._word else ""
        lines = []
        for place, one in enumerate(self._choices[begin : begin + MOST], begin):
            is_chosen = place == self._chosen
            name = f"{'›' if is_chosen else ' '}{sign}{safe(one.word)}"
            lines.append(
                Text.assemble((f"{name:<24}", "bold reverse" if is_chosen else "bold"), (f"  {safe(one.says)}", DIM))
            )
        more = len(self._choices) - len(lines)
        lines.append(Text(f" Enter takes · ↑ ↓ · Esc closes{f' · {more} more' if more else ''}", DIM))
        self.show(lines)
