"""What is written past the screen: the window's title, notices, and the clipboard, each as this terminal takes it."""

from __future__ import annotations

import base64
import contextlib
import select
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from workbench.text.display import safe

_OSC9: Final = ("iTerm.app", "WezTerm", "ghostty", "mintty", "rio", "WarpTerminal")
_OSC777: Final = ("foot", "rxvt", "contour")
_CLIPBOARD_COMMANDS: Final = (
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("", ("pbcopy",)),
)
MOST_OSC52: Final = 74_000
"""Bytes of text; many terminals drop a longer sequence without a word."""


class Terminal:
    """One terminal, known by its environment; `write` sends raw bytes to it."""

    def __init__(self, write: Callable[[str], None], environ: Mapping[str, str], folder: Path) -> None:
        self._write = write
        self._environ = environ
        self._folder = folder
        self._title = ""

    @property
    def in_tmux(self) -> bool:
        return bool(self._environ.get("TMUX"))

    def title(self, title: str) -> None:
        """Name the window; the same name again writes nothing."""
        if title != self._title:
            # The first time, the terminal is asked to remember what stood there.
            self._write(("" if self._title else "\x1b[22;2t") + f"\x1b]2;{_plain(title)}\x07")
            self._title = title

    def restore_title(self) -> None:
        if self._title:
            self._write("\x1b[23;2t")

    def notice(self, title: str, text: str) -> None:
        """Tell a person who looks elsewhere; no window is raised by it."""
        title, text = _plain(title), _plain(text)
        program = self._environ.get("TERM_PROGRAM", "") + " " + self._environ.get("TERM", "")
        if self.in_tmux:
            # tmux marks the window by the bell, and hands the rest on only where it was allowed to.
            self._write("\x07" + _through_tmux(f"\x1b]9;{title}: {text}\x07"))
        elif "kitty" in program:
            self._write(f"\x1b]99;i=1:d=0;{title}\x1b\\\x1b]99;i=1:p=body;{text}\x1b\\")
        elif any(name in program for name in _OSC777):
            self._write(f"\x1b]777;notify;{title};{text}\x1b\\")
        elif any(name in program for name in _OSC9):
            self._write(f"\x1b]9;{title}: {text}\x07")
        else:
            self._write("\x07")

    def copy(self, text: str) -> str:
        """Put a text on the clipboard; the answer says by which way it went, and what is known of its arrival."""
        for variable, command in _CLIPBOARD_COMMANDS:
            if (not variable or self._environ.get(variable)) and shutil.which(command[0]):
                with contextlib.suppress(OSError, subprocess.SubprocessError):
                    subprocess.run(command, input=text.encode(), check=True, timeout=3, capture_output=True)
                    return f"copied {_size(text)} with {command[0]}"
        if self.in_tmux:
            return self._copy_by_tmux(text)
        encoded = base64.b64encode(text.encode()).decode()
        if len(encoded) > MOST_OSC52:
            return f"too long for the terminal's clipboard: {self._saved(text)}"
        self._write(f"\x1b]52;c;{encoded}\x07")
        return f"sent {_size(text)} to the terminal, which does not say whether it took them"

    def _copy_by_tmux(self, text: str) -> str:
        """tmux keeps it in a buffer in any case, and hands it to the terminal where its options allow that."""
        try:
            command = ["tmux", "load-buffer", "-w", "-"]
            subprocess.run(command, input=text.encode(), check=True, timeout=3, capture_output=True)
            asked = ["tmux", "show-options", "-gsv", "set-clipboard"]
            said = subprocess.run(asked, capture_output=True, text=True, timeout=3, check=True).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            return f"tmux took nothing: {self._saved(text)}"
        if said == "off":
            return f"{_size(text)} in tmux's buffer (prefix ]); tmux's set-clipboard is off: {self._saved(text)}"
        return f"{_size(text)} in tmux's buffer (prefix ]), and sent to the terminal"

    def _saved(self, text: str) -> str:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._folder / "clipboard.txt"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        return f"saved to {file}"


def has_gone(descriptor: int) -> bool:
    """Whether the terminal at this descriptor was closed: then nothing can be read there any more, at once and for ever."""
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))


def _plain(text: str) -> str:
    """One line that steers nothing."""
    return safe(text).replace("\n", " ").replace("\t", " ").replace(";", ",")


def _through_tmux(sequence: str) -> str:
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"


def _size(text: str) -> str:
    lines = text.count("\n") + (not text.endswith("\n"))
    return f"{len(text)} characters, {lines} lines" if lines > 1 else f"{len(text)} characters"
