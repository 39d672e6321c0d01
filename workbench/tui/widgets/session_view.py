"""The part of a screen where a person talks to sessions: transcripts as tiles, the call that waits, lines that wait, a prompt."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, cast

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from workbench.text.display import line
from workbench.tui.app_protocol import AppProtocol
from workbench.tui.render.board_lines import age
from workbench.tui.render.input_status import (
    background_lines,
    chip_lines,
    ended_line,
    lacking_lines,
    progress_lines,
    trouble_lines,
    waiting_lines,
)
from workbench.tui.state import background, changed_files
from workbench.tui.state.drafts import When
from workbench.tui.state.lacking import lacking_now
from workbench.tui.state.prompt_files import PromptFiles
from workbench.tui.state.rows import WAITING, WORKING, Row
from workbench.tui.state.splits import Tree, leaves
from workbench.tui.state.store import Store
from workbench.tui.state.troubles import trouble_of
from workbench.tui.widgets.approval_card import GRACE_S, ApprovalCard
from workbench.tui.widgets.completion import Completion
from workbench.tui.widgets.drawn_once import DrawnOnce
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.prompt import Prompt
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.team_tree import TeamTree
from workbench.tui.widgets.tile import Tile
from workbench.tui.widgets.tiling import Tiles
from workbench.tui.widgets.transcript import Transcript

_ENTER: Final = {WORKING: "steers: taken at the next step", WAITING: "keeps it until you have answered"}


class SessionView(DrawnOnce, Vertical):
    """One session, or several beside each other. The prompt belongs to the chosen tile and says so."""

    DEFAULT_CSS = """
    SessionView { height: 1fr; }
    SessionView > #team { background: $surface; }
    SessionView > #waiting { padding: 0 1; max-height: 5; }
    """

    def __init__(self, store: Store, tree: Tree) -> None:
        super().__init__()
        self.splits = tree
        self.chosen = self.session_ids[0]
        self.tiling = Tiles(tree)
        self.prompt = Prompt("", queues=True, name="prompt")
        self.prompt.on_text = self._typed
        self.completion = Completion(self.prompt)
        # How much of it can be shown is a matter of the whole screen.
        self.card = ApprovalCard(height=lambda: self.screen.size.height)
        self.on_line: Callable[[str], None] = lambda text: None
        """Called with a line that a person entered."""
        self.to_all = False
        """Whether the next line goes to every tile."""
        self.files = PromptFiles()
        """Pictures and PDFs that the text names."""
        self._store = store
        self._tiles = [Tile(session_id) for session_id in self.session_ids]
        self.team = TeamTree(store)
        self._waiting = Sheet(id="waiting")
        self._waiting_shown: dict[str, str] = {}
        self._offered = ""
        self._key_at = 0.0
        self._drafting = ""

    def compose(self) -> ComposeResult:
        yield self.team
        with self.tiling:
            yield from self._tiles
        yield from (self.card, self._waiting, self.completion, self.prompt)

    @property
    def _workbench(self) -> AppProtocol:
        return cast("AppProtocol", self.app)

    @property
    def session_ids(self) -> list[str]:
        return leaves(self.splits)

    @property
    def row(self) -> Row | None:
        """The chosen session."""
        return self._store.rows.get(self.chosen)

    @property
    def tiles(self) -> list[Tile]:
        return self._tiles

    @property
    def tile(self) -> Tile | None:
        """The chosen session's."""
        return next((tile for tile in self._tiles if tile.session_id == self.chosen), None)

    # ── tiles ──

    def begin(self) -> None:
        """Follow every session, and give the prompt to the chosen one."""
        for tile in self._tiles:
            self._follow(tile)
        self.choose(self.chosen)

    def _follow(self, tile: Tile) -> None:
        """Fill a tile and keep it up to date, until the screen is left or the tile is taken away."""
        self.run_worker(self._store.follow(tile.conversation, self._changed(tile)), group=tile.session_id)
        looking = background.follow(self._store.engine, tile.conversation, self._workbench.redraw)
        self.run_worker(looking, group=tile.session_id)
        counting = changed_files.follow(
            self._store.engine,
            tile.conversation,
            lambda: self._store.rows.get(tile.session_id),
            self._workbench.redraw,
        )
        self.run_worker(counting, group=tile.session_id)

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
            self._workbench.act(tile.load_older(self._store))

    def choose(self, session_id: str) -> None:
        """Give the prompt to this session, with what was typed for it before."""
        self.chosen = session_id
        self._drafting = session_id
        self.prompt.set(self._store.drafts.of(session_id).text)
        self.screen.set_focus(self.prompt)
        for tile in self._tiles:
            tile.set_class(len(self._tiles) > 1 and tile.session_id == session_id, "-chosen")
        self._workbench.redraw()

    @property
    def can_wait(self) -> bool:
        """Whether a line may be kept for the end of the turn, which there is one of: at rest, it would go at once."""
        return not self.to_all and self.row is not None and self.row.busy and not self.prompt.is_completing

    # ── drawing ──

    @property
    def follows_clock(self) -> bool:
        """Whether agents or runs are named here, or a call waits: they have times of their own."""
        rows = [self._store.rows.get(one) for one in self.session_ids]
        return self.card.call is not None or any(row is not None and (row.agents or row.runs) for row in rows)

    def draw(self) -> None:
        now = self._store.clock()
        several = len(self._tiles) > 1
        for number, tile in enumerate(self._tiles, 1):
            known = self._store.rows.get(tile.session_id)
            gone = tile.session_id in self._store.gone
            tile.draw(number if several else 0, known, age(known.last_event_at, now) if known else "", gone=gone)
        self.prompt.placeholder = self._placeholder()
        row = self.row
        self.team.draw(self.chosen)
        self.card.ask_about(self._store, row, f"waits {age(row.last_event_at, now)}" if row else "")
        self._draw_waiting()
        self._offer_card()
        if self.screen.is_current and self.app.app_focus:
            for session_id in self.session_ids:
                self._store.look_at(session_id)

    def _placeholder(self) -> Content:
        """To whom a line goes, and what Enter does. As content: of a text Textual would take a name's brackets for markup."""
        if self.to_all:
            return Content(f"to ALL {len(self.session_ids)} panes")
        row = self.row
        # What Enter does is worth more than the end of a name.
        lands = f" · Enter {_ENTER.get(row.mark, 'sends')}" if row else ""
        shown = line(row.name if row else "nobody", max(12, self.screen.size.width - len(lands) - 6))
        return Content(self.why_closed(self.chosen) or f"to {shown}{lands}")

    def _draw_waiting(self) -> None:
        self._waiting_shown = dict(self.tile.conversation.waiting) if self.tile else {}
        sent = self.tile.conversation.waiting.values() if self.tile else ()
        progress = progress_lines(self.row, self._store.clock(), self.screen.size.width - 2)
        held = waiting_lines(self.row, self._store.drafts.of(self.chosen), sent)
        beside = background_lines(self.tile.conversation if self.tile else None, self.screen.size.width - 2)
        chips = chip_lines(self.files.chips, key_of(self.screen, "talk.take_off"), self.screen.size.width - 2)
        self._waiting.show([*self._warnings(), *progress, *held, *beside, *self._lacks(), *chips])

    def _lacks(self) -> list[Text]:
        missing = lacking_now(self.tile.conversation) if self.tile else []
        if not missing:
            return []
        return lacking_lines(missing[-1], key_of(self.screen, "talk.packages"), self.screen.size.width - 2)

    def _warnings(self) -> list[Text]:
        """What one has to know before Enter; the last thing that may be cut."""
        trouble = trouble_of(self.row) if self.row else None
        key = key_of(self.screen, trouble.action.replace("list.", "talk.")) if trouble else ""
        lines = trouble_lines(self.row, trouble, key, self.screen.size.width - 2)
        if not self.to_all:
            return lines
        key = key_of(self.screen, "panes.broadcast")
        to_all = f"Enter sends to ALL {len(self.session_ids)} panes · {key} only to the chosen one"
        # Above the prompt, and not in it: there may be a draft in it already.
        return [Text(to_all, "bold #E69F00"), *lines]

    def _offer_card(self) -> None:
        """The card takes the focus once, over an empty prompt, and only when no key came for a moment."""
        call, focused = self.card.call, self.screen.focused
        if call is None:
            if focused is self.card:
                self.screen.set_focus(self.prompt)
            return
        if call["id"] == self._offered or focused is not self.prompt or self.prompt.text:
            return
        if time.monotonic() - self._key_at < GRACE_S:
            self.set_timer(GRACE_S, self._workbench.redraw)
            return
        self._offered = call["id"]
        self.screen.set_focus(self.card)

    # ── typing ──

    def on_prompt_key(self) -> None:
        self._key_at = time.monotonic()

    def on_key(self, event: events.Key) -> None:
        """A letter that means nothing to the card was meant for the prompt, and so is what was typed right behind it."""
        asks = self.screen.focused is self.card and not self.card.is_new
        answers = asks and event.key in self.screen.active_bindings
        if event.is_printable and event.character and not answers:
            event.stop()
            self.screen.set_focus(self.prompt)
            self.prompt.insert(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted over a question answers nothing: it is text for the prompt."""
        if self.screen.focused is self.card:
            event.stop()
            self.screen.set_focus(self.prompt)
            self.prompt.insert(event.text)

    def _typed(self, text: str) -> None:
        was_empty = not self._store.drafts.of(self._drafting).text.strip()
        self._store.drafts.typed(self._drafting, text)
        if self.files.look(text, self._folder_of(self._drafting)):
            self._draw_waiting()
            self.screen.refresh_bindings()
        if was_empty is bool(text.strip()):
            # Which keys work depends on whether something was typed, and not on what.
            self.screen.refresh_bindings()

    def _folder_of(self, session_id: str) -> str:
        """Where an @file of this session's prompt is looked for."""
        row = self._store.rows.get(session_id)
        return row.project or "" if row else ""

    def take_draft(self) -> None:
        """Show the draft as it is now: in a screen above, it may have been written on or sent."""
        if self._drafting:
            self.prompt.set(self._store.drafts.of(self._drafting).text)
        for tile in self._tiles:
            # What was applied or discarded there is no change any more.
            tile.conversation.counted_at = None

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        if event.text.strip():
            self.on_line(event.text.strip())
        else:
            self._store.resume(self.chosen)
        self._took_over()

    def on_prompt_queued(self, event: Prompt.Queued) -> None:
        self.send(event.text.strip(), "turn")
        self._took_over()

    def _took_over(self) -> None:
        """The line is kept elsewhere now, or is done: the draft is what stands in the prompt."""
        self._typed(self.prompt.text)
        self._workbench.redraw()

    def why_closed(self, session_id: str) -> str:
        """Why a session takes no message any more; empty while it does."""
        return ended_line(self._store.rows.get(session_id), gone=session_id in self._store.gone)

    def send(self, text: str, when: When) -> None:
        """Give a message to the chosen session; one that takes none leaves it in the prompt."""
        if why := self.why_closed(self.chosen):
            self.notify(why, severity="warning")
            self.prompt.set(text)
        else:
            files = self._files_in(text, self.chosen)
            self._store.send(self.chosen, text, when, files)

    def _files_in(self, text: str, session_id: str) -> tuple[str, ...]:
        """What goes with a line that has left the prompt, whose files are those of an empty one from now on."""
        self.files.look(text, self._folder_of(session_id))
        return self.files.paths

    def send_to_all(self, text: str) -> None:
        """Give a message to every session that takes one, once."""
        self.to_all = False
        for session_id in self.session_ids:
            if why := self.why_closed(session_id):
                self.notify(why, severity="warning")
            else:
                self._store.send(session_id, text, "step", self._files_in(text, session_id))
