"""Input for a dream with a model: its name and budget, and an estimate of the cost before it begins."""

from __future__ import annotations

from typing import Any, Final

from textual.message import Message
from textual.widgets import Input

from workbench.client import paths
from workbench.tui.state.store import Store

Json = dict[str, Any]

ASKS: Final = "a model to word the proposals · then the most it may cost, in US cents"
BUDGET_CENTS: Final = 50
MOST_DREAMT: Final = 100


async def inputs(store: Store, memory_store: Json | None) -> Json:
    """What a dream of this store reads: the newest sessions of the Board. Without a store one is made."""
    if memory_store is None:
        memory_store = await store.engine.post(
            paths.MEMORY_STORES, {"name": "memory", "description": "What the sessions taught."}
        )
    rows = [row for row in store.feed.rows.values() if row.agent != "dream"]
    rows.sort(key=lambda row: row.last_event_at.timestamp() if row.last_event_at else 0.0)
    ids = [row.session_id for row in rows[-MOST_DREAMT:]]
    kinds = [{"type": "memory_store", "memory_store_id": memory_store["id"]}, {"type": "sessions", "session_ids": ids}]
    return {"inputs": kinds}


class DreamOffer(Input):
    """Empty at first; once the estimate is there, Enter on the same text begins."""

    class Named(Message):
        """A model was named: `body` is what to ask the engine, `begins` whether the estimate was seen."""

        def __init__(self, body: Json, *, begins: bool) -> None:
            super().__init__()
            self.body = body
            self.begins = begins

    def __init__(self) -> None:
        super().__init__(id="offer", placeholder=ASKS, select_on_focus=False)
        self.display = False
        self._estimated = ""

    def open(self) -> None:
        self._estimated = ""
        self.border_title = ""
        self.display = True
        self.focus()

    def close(self) -> None:
        self.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        model, _, budget = event.value.strip().partition(" ")
        budget = budget.strip()
        if not model or not (budget.isdecimal() or not budget):
            self.border_title = f"write {ASKS}"
            return
        body = {"model": model, "budget_cents": int(budget or BUDGET_CENTS)}
        self.post_message(self.Named(body, begins=self._estimated == event.value.strip()))

    def tell(self, estimate: Json) -> None:
        """What was asked would read and cost this."""
        self._estimated = self.value.strip()
        cost = estimate["cost_cents"]
        price = "at an unknown price" if cost is None else f"for at most {cost:.1f} US cents"
        self.border_title = (
            f"{estimate['proposals']} proposals · it would read {estimate['input_tokens']:,} tokens {price} · "
            "Enter begins, Esc leaves it"
        )
