"""Keys that answer a call: the card has them, and so has every list that shows one."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from workbench.tui.render.approval_lines import MOST_PICKS

ANSWERS: Final[list[BindingType]] = [
    Binding("y", "reply", "answer", id="card.reply"),
    Binding("y", "answer('allow')", "allow", id="card.allow"),
    Binding("a", "always", "always…", id="card.always"),
    Binding("n", "answer('deny')", "deny", id="card.deny"),
    Binding("c", "comment", "comment", id="card.comment"),
    Binding("e", "edit", "edit and run", id="card.edit"),
    Binding("Y", "everyone", "all identical", id="card.everyone"),
    *(Binding(str(n), f"pick({n})", f"choice {n}", show=False, id=f"card.pick_{n}") for n in range(1, MOST_PICKS + 1)),
]
ACTIONS: Final = frozenset({"answer", "reply", "always", "comment", "edit", "everyone", "pick"})
