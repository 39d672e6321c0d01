"""Where a person types. Nothing else on the screen ever takes a key from it, and every key is saved at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol, Self

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from workbench.tui.widgets.drawn_once import KeptLines


class Completes(Protocol):
    """A list of what the last word can be."""

    @property
    def is_open(self) -> bool: ...

    def look(self) -> None: ...

    def move(self, lines: int) -> None: ...

    def take(self) -> bool: ...

    def close(self) -> None: ...


class Prompt(TextArea):
    """A few lines of text; Enter hands them over and Ctrl+J begins a new line."""

    DEFAULT_CSS = """
    Prompt { height: auto; max-height: 6; border: none; padding: 0 1; background: $surface; }
    Prompt:focus { border: none; border-left: heavy $primary; padding: 0 1 0 0; background: $boost; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "send", show=False, id="prompt.send"),
        Binding("tab", "queue", "queue", show=False, id="prompt.queue"),
        Binding("ctrl+j", "newline", "new line", show=False, id="prompt.newline"),
    ]

    class Submitted(Message):
        """Enter: this text, which has left the prompt where the prompt lets go of it."""

        def __init__(self, prompt: Prompt, text: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.text = text

    class Queued(Message):
        """Tab: this text, for later."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Key(Message):
        """A key went into the prompt."""

    def __init__(self, placeholder: str, *, keeps: bool = False, queues: bool = False, name: str = "") -> None:
        self._kept = KeptLines(self)
        super().__init__(
            placeholder=placeholder,
            id=name or None,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
        )
        self.cursor_blink = False
        self.on_text: Callable[[str], None] = lambda text: None
        """Called with every change at once: its message comes when there may be another text, or nobody who hears it."""
        self.completion: Completes | None = None
        self._asked_for_help = False
        self._keeps = keeps
        self._queues = queues

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        self._kept.forget()
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        return self._kept.of(crop, super().render_lines)

    def post_message(self, message: Message) -> bool:
        if isinstance(message, TextArea.Changed):
            self.on_text(self.text)
            if self.completion is not None:
                self.completion.look()
            if self._asked_for_help is not self.asks_for_help and self.is_attached:
                self._asked_for_help = self.asks_for_help
                self.screen.refresh_bindings()
        return super().post_message(message)

    def action_submit(self) -> None:
        text = self.text if self._keeps else self._let_go()
        self.post_message(self.Submitted(self, text))

    def action_queue(self) -> None:
        self.post_message(self.Queued(self._let_go()))

    def _let_go(self) -> str:
        """Empty it without a word: its text stays kept until its screen has taken it over, so that no crash comes between."""
        text, on_text = self.text, self.on_text
        self.on_text = lambda text: None
        self.set("")
        self.on_text = on_text
        return text

    def action_newline(self) -> None:
        self.insert("\n")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In an empty prompt there is nothing to move in: the arrows are the screen's."""
        if action in ("cursor_up", "cursor_down", "cursor_left", "cursor_right"):
            return bool(self.text)
        if action == "submit":
            # Whatever Enter does there is said by the screen.
            return bool(self.text.strip())
        if action == "queue":
            return self._queues and bool(self.text.strip())
        return True

    def set(self, text: str) -> None:
        """Put a text into the prompt, with the cursor behind it."""
        if text != self.text:
            self.load_text(text)
            self.move_cursor(self.document.end)
        if self.completion is not None:
            # What was put there by no key asks for nothing.
            self.completion.close()

    @property
    def asks_for_help(self) -> bool:
        """Whether there is nothing but a question mark in it."""
        return self.text.strip() == "?"

    @property
    def is_completing(self) -> bool:
        """Whether a list of words is open, which has Tab, Enter, Esc and the arrows."""
        return self.completion is not None and self.completion.is_open

    def _completed(self, key: str) -> bool:
        """Whether this key was for the list of words."""
        if self.completion is None or not self.completion.is_open:
            return False
        match key:
            case "up" | "down":
                self.completion.move(1 if key == "down" else -1)
            case "escape":
                self.completion.close()
            case "enter" | "tab":
                return self.completion.take()
            case _:
                return False
        return True

    async def _on_key(self, event: events.Key) -> None:
        self.post_message(self.Key())
        if self._completed(event.key):
            event.stop()
            event.prevent_default()
            return
        # Here and not as a priority binding, which would overtake letters that are still on their way into the prompt.
        if event.key == "enter" or (event.key == "tab" and self.check_action("queue", ())):
            event.stop()
            event.prevent_default()
            self.action_submit() if event.key == "enter" else self.action_queue()
            return
        await super()._on_key(event)
