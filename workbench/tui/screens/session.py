"""Sessions that one talks to: their transcripts as tiles, the call that waits, what is queued, and one prompt."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content

from workbench.text.display import line
from workbench.tui.render.board_lines import age
from workbench.tui.render.input_status import trouble_lines, waiting_lines
from workbench.tui.screens.transcript_actions import Reading
from workbench.tui.state.budgets import BudgetLimit, budget_limit
from workbench.tui.state.rows import WAITING, WORKING
from workbench.tui.state.splits import Tree, leaves
from workbench.tui.state.store import Store
from workbench.tui.state.troubles import trouble_of
from workbench.tui.widgets.approval_card import GRACE_S, ApprovalCard
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.tile import Tile
from workbench.tui.widgets.tiling import Tiles
from workbench.tui.widgets.transcript import Transcript

_ENTER = {WORKING: "steers: taken at the next step", WAITING: "keeps it until you have answered"}


class SessionScreen(Reading):
    """One session, or several beside each other. The prompt belongs to the chosen tile and says so."""

    DEFAULT_CSS = """
    SessionScreen > #waiting { padding: 0 1; max-height: 5; }
    """
    heading = "Session"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "write", "write", priority=True, id="talk.write"),
        Binding("escape", "stop", "interrupt", priority=True, id="talk.interrupt"),
        Binding("up", "take_back", "take back", id="talk.take_back"),
        Binding("left", "app.out", "back", show=False, id="talk.back"),
        Binding("ctrl+o", "fold", "details", id="talk.details"),
        Binding("pageup", "page(-1)", "scroll", priority=True, id="talk.scroll_up"),
        Binding("pagedown", "page(1)", "scroll down", priority=True, show=False, id="talk.scroll_down"),
        Binding("end", "end", "to the end", priority=True, id="talk.end"),
        Binding("alt+a", "again", "try again", priority=True, id="talk.again"),
        Binding("alt+m", "budget", "raise the budget", priority=True, id="talk.budget"),
    ]

    def __init__(self, store: Store, tree: Tree) -> None:
        super().__init__(store)
        self.splits = tree
        self.chosen = self.session_ids[0]
        self.tiling = Tiles(tree)
        self._tiles = [Tile(session_id) for session_id in self.session_ids]
        self._waiting_shown: dict[str, str] = {}
        self._offered = ""
        self._key_at = 0.0
        self._drafting = ""
        self.prompt.on_text = self._typed
        self.card = ApprovalCard()
        self._waiting = Sheet(id="waiting")

    def content(self) -> ComposeResult:
        with self.tiling:
            yield from self._tiles
        yield from (self.card, self._waiting, self.prompt)

    @property
    def session_ids(self) -> list[str]:
        return leaves(self.splits)

    def on_mount(self) -> None:
        for tile in self._tiles:
            self._follow(tile)
        self.choose(self.chosen)

    def _follow(self, tile: Tile) -> None:
        """Fill a tile and keep it up to date, until this screen is left or the tile is taken away."""
        self.run_worker(self.store.follow(tile.conversation, self._changed(tile)), group=tile.session_id)

    async def divide(self, tree: Tree) -> None:
        """Other tiles from now on, or in other places; those that stay keep their place in their transcript."""
        self.splits = tree
        wanted = self.session_ids
        for tile in [tile for tile in self._tiles if tile.session_id not in wanted]:
            self.workers.cancel_group(self, tile.session_id)
            await tile.remove()
        known = {tile.session_id: tile for tile in self._tiles}
        new = [Tile(session_id) for session_id in wanted if session_id not in known]
        known |= {tile.session_id: tile for tile in new}
        self._tiles = [known[session_id] for session_id in wanted]
        self.tiling.divide(tree)
        await self.tiling.mount(*new)
        for tile in new:
            self._follow(tile)
        self.choose(self.chosen if self.chosen in wanted else wanted[0])

    def _changed(self, tile: Tile) -> Callable[[], None]:
        def changed() -> None:
            if tile.is_mounted:
                tile.transcript.show(tile.conversation)
                if tile.session_id == self.chosen and tile.conversation.waiting != self._waiting_shown:
                    self._draw_waiting()

        return changed

    def on_transcript_near_top(self, event: Transcript.NearTop) -> None:
        tile = event.transcript.parent
        if isinstance(tile, Tile):
            self.act(tile.load_older(self.store))

    def choose(self, session_id: str) -> None:
        """Give the prompt to this session, with what was typed for it before."""
        self.chosen = session_id
        self._drafting = session_id
        self.prompt.set(self.store.drafts.of(session_id).text)
        self.set_focus(self.prompt)
        for tile in self._tiles:
            tile.set_class(len(self._tiles) > 1 and tile.session_id == session_id, "-chosen")
        self.redraw()

    @property
    def tile(self) -> Tile | None:
        return next((tile for tile in self._tiles if tile.session_id == self.chosen), None)

    def visible_sessions(self) -> Collection[str]:
        return self.session_ids

    # ── drawing ──

    def draw(self) -> None:
        now, row = self.store.clock(), self.row
        several = len(self._tiles) > 1
        for number, tile in enumerate(self._tiles, 1):
            known = self.store.rows.get(tile.session_id)
            gone = tile.session_id in self.store.gone
            tile.draw(number if several else 0, known, age(known.last_event_at, now) if known else "", gone=gone)
        name = row.name if row else "nobody"
        # What Enter does is worth more than the end of a name.
        lands = f" · Enter {_ENTER.get(row.mark, 'sends')}" if row else ""
        shown = line(name, max(12, self.size.width - len(lands) - 6))
        # As content: of a text Textual would take a name's brackets for markup.
        self.prompt.placeholder = Content(self.over(self.chosen) or f"to {shown}{lands}")
        waits = f"waits {age(row.last_event_at, now)}" if row else ""
        self.ask(self.card, row, waits)
        self._draw_waiting()
        self._offer_card()
        if self.is_current and self.app.app_focus:
            for session_id in self.visible_sessions():
                self.store.look_at(session_id)

    def _draw_waiting(self) -> None:
        self._waiting_shown = dict(self.tile.conversation.waiting) if self.tile else {}
        sent = self.tile.conversation.waiting.values() if self.tile else ()
        self._waiting.show([*self.warnings(), *waiting_lines(self.row, self.store.drafts.of(self.chosen), sent)])

    def warnings(self) -> list[Text]:
        """What one has to know before Enter; the last thing that may be cut."""
        trouble = trouble_of(self.row) if self.row else None
        key = key_of(self, trouble.action.replace("list.", "talk.")) if trouble else ""
        return trouble_lines(self.row, trouble, key, self.size.width - 2)

    def _offer_card(self) -> None:
        """The card takes the focus once, over an empty prompt, and only when no key came for a moment."""
        call = self.card.call
        if call is None:
            if self.focused is self.card:
                self.set_focus(self.prompt)
            return
        if call["id"] == self._offered or self.focused is not self.prompt or self.prompt.text:
            return
        if time.monotonic() - self._key_at < GRACE_S:
            self.set_timer(GRACE_S, self.redraw)
            return
        self._offered = call["id"]
        self.set_focus(self.card)

    # ── keys ──

    def on_prompt_key(self) -> None:
        self._key_at = time.monotonic()

    def on_key(self, event: events.Key) -> None:
        """A letter that means nothing to the card was meant for the prompt, and so is what was typed right behind it."""
        answers = self.focused is self.card and not self.card.is_new and event.key in self.active_bindings
        if event.is_printable and event.character and not answers:
            event.stop()
            self.set_focus(self.prompt)
            self.prompt.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted over a question answers nothing: it is text for the prompt."""
        if self.focused is self.card:
            event.stop()
            self.set_focus(self.prompt)
            self.prompt.insert(event.text)

    def _typed(self, text: str) -> None:
        was_empty = not self.store.drafts.of(self._drafting).text.strip()
        self.store.drafts.typed(self._drafting, text)
        if was_empty is bool(text.strip()):
            # Which keys work depends on whether something was typed, and not on what.
            self.refresh_bindings()

    def on_screen_resume(self) -> None:
        """In a place above, the same draft may have been written on or sent."""
        if self._drafting:
            self.prompt.set(self.store.drafts.of(self._drafting).text)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        if event.text.strip():
            self.hear(event.text.strip())
        else:
            self.store.resume(self.chosen)
        self._took_over()

    def on_prompt_queued(self, event: Prompt.Queued) -> None:
        self.say(event.text.strip(), "turn")
        self._took_over()

    def _took_over(self) -> None:
        """The line is kept elsewhere now, or is done: the draft is what stands in the prompt."""
        self._typed(self.prompt.text)
        self.redraw()

    def action_write(self) -> None:
        """From the card back to the prompt."""
        self.set_focus(self.prompt)

    def action_take_back(self) -> None:
        self.prompt.set(self.store.drafts.take_back(self.chosen))
        self.redraw()

    def action_stop(self) -> None:
        if self.card.is_open:
            self.card.leave()
        else:
            self.act(self.store.interrupt(self.chosen))

    def action_fold(self) -> None:
        for tile in self._tiles:
            tile.transcript.fold(unfolded=not tile.transcript.unfolded)

    def action_page(self, pages: int) -> None:
        scrolled = self._scrolled()
        if isinstance(scrolled, ApprovalCard):
            scrolled.scroll_pages(pages)
        elif scrolled is not None:
            scrolled.scroll_by(pages * max(1, scrolled.size.height - 2))
            self.refresh_bindings()

    def _scrolled(self) -> ApprovalCard | Transcript | None:
        """What the page keys move: the card's call where it has the focus and is too long, else the transcript."""
        if self.focused is self.card and self.card.scrolls:
            return self.card
        return self.tile.transcript if self.tile else None

    def action_end(self) -> None:
        if self.tile is not None:
            self.tile.transcript.to_end()
            self.refresh_bindings()

    def action_again(self) -> None:
        self.try_again()

    def action_budget(self) -> None:
        """Put a command with a higher budget into the prompt."""
        self.act(budget_limit(self.store.engine, self.chosen), self._suggest_budget)

    def _suggest_budget(self, found: BudgetLimit) -> None:
        self.notify(found.text, title="its budget is reached")
        self.prompt.set(f"/budget {found.suggested}")
        self.set_focus(self.prompt)

    def answer_now(self) -> None:
        """Go to the call that waits."""
        self.set_focus(self.card)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: PLR0911 - one return a key
        typing = self.focused is self.prompt
        match action:
            case "again" | "budget":
                trouble = trouble_of(self.row) if self.row else None
                # A draft is never replaced.
                free = action == "again" or not self.prompt.text
                return trouble is not None and trouble.action == f"list.{action}" and free
            case "write":
                return self.focused is self.card
            case "stop":
                working = self.row is not None and self.row.busy
                return working or self.card.is_open
            case "take_back":
                return typing and not self.prompt.text and self.store.can_take_back(self.chosen)
            case "app.out":
                return typing and not self.prompt.text
            case "page":
                scrolled = self._scrolled()
                return scrolled is not None and scrolled.scrolls
            case "fold":
                return any(
                    block.kind in ("call", "thinking") for tile in self._tiles for block in tile.conversation.blocks
                )
            case "end":
                return self.tile is not None and not self.tile.transcript.follows
        return super().check_action(action, parameters)
