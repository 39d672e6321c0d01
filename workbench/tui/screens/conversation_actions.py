"""Actions of a conversation: interrupt, take a line back, scroll, unfold, try again, raise the budget."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.tui.screens.actions import Actions
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.session_actions import SessionActions
from workbench.tui.state.budgets import BudgetLimit
from workbench.tui.state.troubles import trouble_of
from workbench.tui.widgets.approval_card import ApprovalCard
from workbench.tui.widgets.session_view import SessionView
from workbench.tui.widgets.transcript import Transcript


class ConversationActions(Actions):
    """Keys for the chosen session of a view, and for the card above its prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "write", "write", priority=True, id="talk.write"),
        Binding("tab", "to_card", "answer", priority=True, id="talk.to_card"),
        Binding("escape", "leave_card", "back", priority=True, id="talk.leave_card"),
        Binding("escape", "stop", "interrupt", priority=True, id="talk.interrupt"),
        Binding("escape", "leave", "back", show=False, priority=True, id="talk.leave"),
        Binding("up", "take_back", "take back", id="talk.take_back"),
        Binding("alt+x", "take_off", "take the file off", priority=True, show=False, id="talk.take_off"),
        Binding("left", "app.out", "back", show=False, id="talk.back"),
        Binding("ctrl+o", "fold", "unfold", id="talk.details"),
        Binding("pageup", "page(-1)", "scroll", priority=True, id="talk.scroll_up"),
        Binding("pagedown", "page(1)", "scroll down", priority=True, show=False, id="talk.scroll_down"),
        Binding("end", "end", "to the end", priority=True, id="talk.end"),
        Binding("alt+a", "again", "try again", priority=True, id="talk.again"),
        Binding("alt+m", "budget", "raise the budget", priority=True, id="talk.budget"),
    ]

    def __init__(self, screen: BaseScreen, view: SessionView) -> None:
        super().__init__(screen)
        self._view = view
        self._do = SessionActions(screen.store, screen.act)

    def action_write(self) -> None:
        """From the card back to the prompt."""
        self.screen.set_focus(self._view.prompt)

    def action_to_card(self) -> None:
        """From an empty prompt to the card, whose letters are answers."""
        self.screen.set_focus(self._view.card)

    def action_leave_card(self) -> None:
        """Close what is open of the card: a comment, the changed command."""
        self._view.card.leave()

    def action_take_back(self) -> None:
        self._view.prompt.set(self.store.drafts.take_back(self._view.chosen))
        self.screen.redraw()

    def action_take_off(self) -> None:
        """Leave the last picture or PDF out of the message; its path stays in the text."""
        path = self._view.files.take_off()
        self.screen.notify(f"{path} goes as text only")
        self.screen.redraw()

    def action_stop(self) -> None:
        if self.store.running_commands[self._view.chosen]:
            ended = self.store.engine.delete(paths.own(self._view.chosen, "command"))
            self.screen.act(ended, lambda _: self.screen.notify("your command was ended"))
        else:
            self._do.interrupt([self._view.chosen])

    def action_leave(self) -> None:
        """Back, as on every other screen, where nothing is there to be interrupted."""
        self.screen.workbench.action_out()

    def action_fold(self) -> None:
        for tile in self._view.tiles:
            tile.transcript.fold(unfolded=not tile.transcript.unfolded)

    def action_page(self, pages: int) -> None:
        scrolled = self._scrolled()
        if isinstance(scrolled, ApprovalCard):
            scrolled.scroll_pages(pages)
        elif scrolled is not None:
            scrolled.scroll_by(pages * max(1, scrolled.size.height - 2))
            self.screen.refresh_bindings()

    def _scrolled(self) -> ApprovalCard | Transcript | None:
        """What the page keys move: the card's call where it has the focus and is too long, else the transcript."""
        card, tile = self._view.card, self._view.tile
        if self.screen.focused is card and card.scrolls:
            return card
        return tile.transcript if tile else None

    def action_end(self) -> None:
        if (tile := self._view.tile) is not None:
            tile.transcript.to_end()
            self.screen.refresh_bindings()

    def action_again(self) -> None:
        """Have a session go on whose turn has failed."""
        self.store.try_again(self._view.chosen)
        self.screen.redraw()

    def action_budget(self) -> None:
        """Put a command with a higher budget into the prompt."""
        self._do.find_budget(self._view.chosen, self._suggest_budget)

    def _suggest_budget(self, limit: BudgetLimit) -> None:
        self.screen.notify(limit.text, title="budget reached")
        self._view.prompt.set(f"/budget {limit.suggested}")
        self.screen.set_focus(self._view.prompt)

    def hinted(self) -> Collection[str]:
        """The way back, where an arrow is no movement in a text."""
        is_there = self.screen.focused in (self._view.prompt, self._view.card)
        return ["talk.back"] if is_there and not self._view.prompt.text else ()

    def _is_at_work(self) -> bool:
        """Whether there is something that Esc ends: a turn, an open card, a command of the person's."""
        row = self._view.row
        working = row is not None and row.busy
        return working or self._view.card.is_open or bool(self.store.running_commands[self._view.chosen])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: PLR0911 - one return a key
        view, row = self._view, self._view.row
        match action:
            case "again" | "budget":
                trouble = trouble_of(row) if row else None
                # A draft is never replaced.
                free = action == "again" or not view.prompt.text
                return trouble is not None and trouble.action == f"list.{action}" and free
            case "take_off":
                return bool(self._view.files.chips)
            case "write":
                return self.screen.focused is view.card
            case "to_card":
                return self.screen.focused is view.prompt and not view.prompt.text and view.card.answerable
            case "leave_card":
                return view.card.is_open and not view.prompt.is_completing
            case "stop":
                return not (view.prompt.is_completing or view.card.is_open) and self._is_at_work()
            case "leave":
                return not (view.prompt.is_completing or view.prompt.text or self._is_at_work())
            case "take_back":
                typing = self.screen.focused is view.prompt
                return typing and not view.prompt.text and self.store.can_take_back(view.chosen)
            case "page":
                scrolled = self._scrolled()
                return scrolled is not None and scrolled.scrolls
            case "fold":
                blocks = (block for tile in view.tiles for block in tile.conversation.blocks)
                return any(block.kind in ("call", "thinking", "evaluation", "message") for block in blocks)
            case "end":
                return view.tile is not None and not view.tile.transcript.follows
        return True
