"""The screen behind a line that a search found: the moment in its session, or the memory in its store."""

from __future__ import annotations

from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.search_hits import memory_of, place_of
from workbench.tui.state.store import Store


def found_screen(store: Store, line_id: str) -> BaseScreen | None:
    """None for a line that no search found."""
    if (place := place_of(line_id)) is not None:
        # Late, as every screen that one goes to.
        from workbench.tui.screens.excerpt import Excerpt

        return Excerpt(store, *place)
    if (found := memory_of(line_id)) is None:
        return None
    # Late, as above.
    from workbench.tui.screens.memory import Memory

    store_id, memory_id = found
    screen = Memory(store, {"id": store_id, "name": ""})
    screen.rows.expect(memory_id)
    return screen
