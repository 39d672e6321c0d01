"""The key map: profiles and a person's own keys, laid over the keys that the screens bind under their actions' ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from textual.keys import Keys, key_to_character

UNBOUND: Final = "unbound"
_TMUX: Final = {
    "app.board": "f2,ctrl+q,ctrl+b w",
    "app.out": "ctrl+z,ctrl+b d",
    "app.leave": "ctrl+b D",
    "app.panes": "f3,ctrl+b p",
    "app.inbox": "f4,ctrl+b a",
    "app.next": "alt+n,ctrl+b n",
    "app.palette": "ctrl+p,ctrl+b colon",
    "app.help": "f1,ctrl+b question_mark",
    "panes.next": "ctrl+n,ctrl+b o",
    "panes.previous": "ctrl+b semicolon",
    "panes.zoom": "ctrl+e,ctrl+b z",
    "panes.layout": "f3,ctrl+b space",
    "panes.close": "alt+w,ctrl+b x",
    "panes.split_right": "alt+v,ctrl+b percent_sign",
    "panes.split_down": "alt+s,ctrl+b quotation_mark",
    "panes.left": "alt+h,alt+left,ctrl+b left",
    "panes.right": "alt+l,alt+right,ctrl+b right",
    "panes.up": "alt+up,ctrl+b up",
    "panes.down": "alt+down,ctrl+b down",
    "board.box": "tab,ctrl+b c",
}
_VIM: Final = {
    "app.palette": "ctrl+p,colon",
    "app.next": "alt+n,g n",
    "list.first": "home,g g",
    "list.last": "end,G",
    "panes.next": "ctrl+n,g t",
    "panes.previous": "g T",
    "panes.up": "alt+up,alt+k",
    "panes.down": "alt+down,alt+j",
}
_CLAUDE: Final = {
    "app.help": "f1,question_mark",
}
PROFILES: Final[Mapping[str, Mapping[str, str]]] = {"direct": {}, "tmux": _TMUX, "vim": _VIM, "claude": _CLAUDE}
_SPECIAL: Final = {key.value for key in Keys}


def keymap(profile: str, own: Mapping[str, str]) -> dict[str, str]:
    """An action's id → its keys in Textual's words; a chord is keys with blanks between them."""
    chosen = {**PROFILES[profile], **own}
    return {action: UNBOUND if keys.strip() == "none" else _plain(keys) for action, keys in chosen.items()}


def _plain(keys: str) -> str:
    """Every chord with one blank between its keys."""
    return ",".join(" ".join(key.split()) for key in keys.split(","))


def mistakes(own: Mapping[str, str], known: Iterable[str]) -> list[str]:
    """What is wrong with a person's own keys: an action that is none, or a key that no terminal sends."""
    ids = set(known)
    said = [f"[keys] {action}: there is no such action; workbench keys lists them" for action in own.keys() - ids]
    said += [
        f"[keys] {action}: {key!r} is no key; write one as workbench keys shows them, as in ctrl+x"
        for action, keys in own.items()
        for key in _plain(keys).replace(",", " ").split()
        if action in ids and key != "none" and not is_key(key)
    ]
    return sorted(said)


def is_key(key: str) -> bool:
    """Whether this is a key by Textual's name for it."""
    *modifiers, last = key.split("+")
    if not set(modifiers) <= {"ctrl", "alt", "shift"}:
        return False
    return len(last) == 1 or key in _SPECIAL or last in _SPECIAL or key_to_character(last) is not None


class Chords:
    """Keys that mean something only one after the other, as tmux's prefix does."""

    def __init__(self) -> None:
        self.held: tuple[str, ...] = ()

    def press(self, key: str, character: str | None, bound: Iterable[str], *, typing: bool) -> str | None:
        """The chord that this key completes; empty while one is in the making; None when the key is nobody's but its own.

        `bound` are the keys that do something now; where somebody types, a letter begins nothing.
        """
        if not self.held and typing and character is not None and character.isprintable():
            return None
        # A capital is a character of its own here, and a terminal's name for it is not what a person writes.
        named = character if character is not None and len(character) == 1 and character.isalpha() else key
        pressed = (*self.held, named)
        chords = [tuple(chord.split(" ")) for chord in bound if " " in chord]
        was_held, self.held = bool(self.held), ()
        if pressed in chords:
            return " ".join(pressed)
        if any(chord[: len(pressed)] == pressed for chord in chords):
            self.held = pressed
            return ""
        return "" if was_held else None
