"""Actions on comments of a review: on a line or a range of lines, kept until all of them are sent as one message."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from workbench.text.display import line as shortened
from workbench.tui.render.diff_lines import about
from workbench.tui.screens.actions import Actions
from workbench.tui.state.comments import Comment, message, put
from workbench.tui.state.drafts import Held
from workbench.tui.widgets.hints import key_of

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen


class CommentActions(Actions):
    """A comment is kept with every key that is typed, so that no crash takes a word."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "choose", "lines", id="review.range", tooltip="choose lines"),
        Binding("x,delete", "delete", "delete comment", id="review.delete_comment"),
        Binding("u", "restore", "undo", id="review.restore_comment"),
        Binding("S", "list", "send", id="review.comments", tooltip="comments, send"),
    ]

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._review = screen
        self._before: tuple[Comment, ...] = ()
        self._left: Comment | None = None
        """The comment that was deleted last, or left in the middle of it."""
        self._written = Comment("", False, 0, 0, ())
        """What the box holds."""
        self._on_its_way: Held | None = None
        self._sent = 0

    @property
    def all(self) -> tuple[Comment, ...]:
        return self.store.drafts.of(self._review.session_id).comments

    def of(self, path: str) -> list[Comment]:
        return [comment for comment in self.all if comment.path == path]

    def counts(self) -> Counter[str]:
        """How many comments each file has."""
        return Counter(comment.path for comment in self.all)

    def _keep(self, comments: tuple[Comment, ...]) -> None:
        self.store.drafts.comment(self._review.session_id, comments)

    # ── writing ──

    def action_choose(self) -> None:
        self._review.diff.choose()
        self._review.refresh_bindings()

    def action_comment(self) -> None:
        """Write on the chosen lines, or change the comment under the cursor."""
        diff, file = self._review.diff, self._review.file
        lines = diff.chosen_lines()
        if file is None or not (diff.comment or lines):
            return
        wanted = diff.comment or about(file.path, lines)
        self.write(next((one for one in self.all if one.is_about(wanted)), wanted))

    def write(self, comment: Comment) -> None:
        """Open the box for a comment."""
        self._before, self._left, self._written = self.all, None, comment
        line = self._review.line

        def typed(text: str) -> None:
            self._written = replace(comment, text=text)
            self._keep(put(self.all, self._written))

        line.on_text = typed
        place = comment.place.removeprefix(f"{comment.path}, ")
        line.open(comment.text, f"a comment on {place} · Enter keeps it, Esc leaves it", lambda _: self._keep_written())

    def add(self, comment: Comment) -> None:
        """Keep a comment as it is."""
        self._keep(put(self.all, comment))
        self._review.show()

    def drop(self) -> None:
        """Close the box; the comments are as they were before, and what was typed can be had again."""
        self._review.line.on_text = lambda text: None
        self._keep(self._before)
        if self._written not in self._before and self._written.text.strip():
            self._can_restore(self._written, "comment not kept")
        self._close()

    def _keep_written(self) -> None:
        """Close the box; the cursor goes on behind the comment, where the next one is about another line."""
        self._close()
        self._review.diff.past_comment(self._written)

    def _can_restore(self, comment: Comment, said: str) -> None:
        self._left = comment
        key = key_of(self.screen, "review.restore_comment")
        self.screen.notify(f"{shortened(comment.text, 60)} · {key} brings it back", title=said, timeout=10)

    def _close(self) -> None:
        self._review.line.on_text = lambda text: None
        self._review.line.close()
        self._review.diff.let_go()
        self._review.show()

    def action_delete(self) -> None:
        comment = self._review.diff.comment
        if comment is not None:
            self.delete(comment)
            self._review.show()

    def delete(self, comment: Comment) -> None:
        self._keep(put(self.all, replace(comment, text="")))
        self._can_restore(comment, "comment deleted")

    @property
    def can_restore(self) -> bool:
        return self._left is not None

    def action_restore(self) -> None:
        """The comment that was deleted or left last."""
        if self._left is not None:
            self._keep(put(self.all, self._left))
            self._left = None
            self._review.show()

    def forget_left(self) -> None:
        """Something else is what an undo would take back now."""
        self._left = None

    # ── sending ──

    def action_list(self) -> None:
        # Late, as every screen that one goes to.
        from workbench.tui.screens.comments import Comments

        self.screen.app.push_screen(Comments(self.store, self._review))

    def send(self) -> None:
        """All comments as one message, which is kept until the engine has it."""
        comments, session_id = self.all, self._review.session_id
        if not comments:
            return
        self.store.send(session_id, message(comments), "step")
        held = self.store.drafts.of(session_id).held
        self._on_its_way = held[-1] if held else None
        self._sent = len(comments)
        self._keep(())
        self._review.show()

    def look(self) -> None:
        """Say that the message was sent, once it was."""
        held = self.store.drafts.of(self._review.session_id).held
        if self._on_its_way is not None and not any(one is self._on_its_way for one in held):
            self._on_its_way = None
            count = self._sent
            self.screen.notify(f"{count} comment{'s' * (count != 1)} sent to the agent as one message")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "choose":
                return self._review.file is not None
            case "comment":
                has_lines = self._review.diff.comment is not None or bool(self._review.diff.chosen_lines())
                return self._review.file is not None and has_lines
            case "delete":
                return self._review.file is not None and self._review.diff.comment is not None
            case "restore":
                return self.can_restore
        return bool(self.all)
