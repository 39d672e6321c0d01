"""Review of what a session changed: its files and their diff, hunk by hunk, with comments that go back to the agent."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.text.display import safe
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.render.review_lines import Progress, about_line, conflict_lines, file_lines
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.comment_actions import CommentActions
from workbench.tui.screens.commit_actions import CommitActions
from workbench.tui.screens.finding_actions import FindingActions
from workbench.tui.screens.hunk_actions import HunkActions
from workbench.tui.state.review import Review, ReviewedFile, review_of, viewed_paths, with_viewed
from workbench.tui.state.store import Store
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.line_input import LineInput
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]

LEAST_FILES: Final = 3
SHARE_OF_FILES: Final = 5
"""One row in so many is for the list of files, at most."""
MOST_FOUND: Final = 8
SHARE_OF_CONFLICTS: Final = 3
"""So many rows, or one in so many, are for what stands above the diff, at most."""


class ReviewScreen(BaseScreen):
    """One file at a time. No widget has the focus but the box for a comment: letters are keys while it is closed."""

    DEFAULT_CSS = """
    ReviewScreen > #about { height: 1; padding: 0 1; background: $surface; }
    ReviewScreen > #files { padding: 0 1; background: $surface; }
    ReviewScreen > #found { padding: 0 1; background: $panel; }
    """
    heading = "Review"
    AUTO_FOCUS = ""
    MAIN = frozenset(
        f"review.{one}"
        for one in (
            *("comment", "apply_hunk", "apply_lines", "discard_hunk", "discard_lines", "comments", "commit"),
            *("take_mine", "take_theirs", "take_both"),
        )
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "read", "read again", show=False, id="review.read"),
        Binding("n,tab", "file(1)", "next file", id="review.next_file"),
        Binding("p,shift+tab", "file(-1)", "previous file", show=False, id="review.previous_file"),
        Binding("right_square_bracket,right", "hunk(1)", "next hunk", id="review.next_hunk"),
        Binding("left_square_bracket,left", "hunk(-1)", "previous hunk", show=False, id="review.previous_hunk"),
        Binding("c,enter", "comment", "comment", id="review.comment"),
        *CommentActions.BINDINGS,
        *HunkActions.BINDINGS,
        *CommitActions.BINDINGS,
        Binding("m", "view", "viewed", id="review.viewed"),
        *FindingActions.BINDINGS,
        Binding("down,j", "line(1)", "down", show=False, id="review.down"),
        Binding("up,k", "line(-1)", "up", show=False, id="review.up"),
        Binding("pagedown,space", "page(1)", "page down", show=False, id="review.page_down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="review.page_up"),
        Binding("home,g", "line(-1000000)", "first line", show=False, id="review.first"),
        Binding("end,G", "line(1000000)", "last line", show=False, id="review.last"),
        Binding("t", "split", "side by side or not", show=False, id="review.split"),
        Binding("escape", "close", "back", priority=True, id="review.back"),
        Binding("q", "app.out", "back", show=False, id="review.leave"),
    ]

    def __init__(self, store: Store, session_id: str) -> None:
        super().__init__(store)
        self.session_id = session_id
        self.review: Review | None = None
        self.about = Sheet(id="about")
        self.files = Sheet(id="files")
        self.found = Sheet(id="found")
        self.diff = DiffView()
        self.line = LineInput(None)
        self.comments = CommentActions(self)
        self.findings = FindingActions(self)
        self.hunks = HunkActions(self)
        self.commits = CommitActions(self)
        self.hold(self.comments, self.hunks, self.commits, self.findings)
        self._leave_line, self._asked = self.comments.drop, ""
        self._shown = ""
        self._read_at: datetime | None = None
        """When the session had rested when it was read, and whether that was known then."""
        self._is_timed = False
        self._asked_alone: set[str] = set()

    def content(self) -> ComposeResult:
        yield from (self.about, self.files, self.found, self.diff, self.line)

    def on_mount(self) -> None:
        self.action_read()
        self.findings.read()

    # ── what is reviewed ──

    @property
    def file(self) -> ReviewedFile | None:
        """The file that is shown."""
        files = self.review.files if self.review else ()
        return next((file for file in files if file.path == self._shown), None)

    @property
    def place(self) -> int:
        """The place of the file that is shown."""
        files = self.review.files if self.review else ()
        return next((place for place, file in enumerate(files) if file.path == self._shown), 0)

    @property
    def rested_at(self) -> datetime | None:
        """When the session ended its last turn."""
        row = self.store.rows.get(self.session_id)
        return row.rested_at if row else None

    @property
    def is_busy(self) -> bool:
        row = self.store.rows.get(self.session_id)
        return row is not None and row.busy

    def action_read(self) -> None:
        """Ask the engine what differs now."""
        if self.review is None:
            self.diff.say(Text("reading …", DIM))
        self._is_timed = False
        self._asked_alone.clear()
        self.act(self.store.engine.get(paths.own(self.session_id, "hunks")), self._take)
        self.commits.look()

    def _take(self, answer: Json) -> None:
        before, place = self.review, self.place
        self.review = review_of(answer)
        self.store.look_at(self.session_id)
        files = self.review.files
        if self.file is None and files:
            # The first that was not viewed; after an apply or a discard the one in the place of what is gone.
            viewed = self._viewed()
            unseen = (file for file in files if file.path not in viewed)
            self._shown = (files[min(place, len(files) - 1)] if before else next(unseen, files[0])).path
        self.show()

    def _viewed(self) -> frozenset[str]:
        return viewed_paths(self.store.view_file.view, self.session_id, self.review or Review())

    def show(self, path: str = "") -> None:
        """Show this file, or the same one again."""
        if self.review is not None and any(file.path == path for file in self.review.files):
            self._shown = path
        file = self.file
        if file is None:
            self.diff.say(Text())
        else:
            self.diff.show(file, self.comments.of(file.path), self.findings.found.of(file.path))
            if file.hunks is None and file.path not in self._asked_alone:
                self._asked_alone.add(file.path)
                alone = [("paths[]", file.path)]
                self.act(self.store.engine.get(paths.own(self.session_id, "hunks"), alone), self._take_alone)
        self.redraw()

    def _take_alone(self, answer: Json) -> None:
        """A file that was too long to be told with the others."""
        for file in review_of(answer).files:
            if self.review is not None:
                self.review = self.review.with_file(file)
        self.show()

    def draw(self) -> None:
        row, width = self.store.rows.get(self.session_id), self.size.width - 2
        review = self.review or Review()
        progress = Progress(self.place, self._viewed(), self.comments.counts(), self.commits.waiting)
        name = row.name if row else self.session_id
        self.about.show([about_line(name, review, progress, self._said(), width)])
        most = max(LEAST_FILES, self.size.height // SHARE_OF_FILES)
        nothing = self.commits.nothing_left()
        self.files.show(file_lines(review, progress, width, most, nothing) if self.review else [])
        self.comments.look()
        self.findings.look()
        asked = prose(safe(self._asked), width, "bold") if self._asked else []
        if review.has_commits and (said := self.commits.of_its_own):
            asked += prose(safe(said), width, DIM)
        room = max(MOST_FOUND, self.size.height // SHARE_OF_CONFLICTS)
        clash = conflict_lines(self.file, self.diff.hunk, self.hunks.keys_of_sides(), width, room)
        self.found.styles.max_height = room
        self.found.show([*asked, *clash, *self.findings.lines(self._shown, width)])

    def _said(self) -> str:
        """What the box takes; else whether what is shown is still what the session has, which it is as long as nothing is
        known of that session."""
        if self.line.display:
            return "Ctrl+J begins a line"
        if self.hunks.doing:
            return self.hunks.doing
        if not self._is_timed and self.session_id in self.store.rows:
            self._read_at, self._is_timed = self.rested_at, True
        if self.is_busy:
            return "its agent is at work: this may change"
        if self.review is not None and self._read_at != self.rested_at:
            return f"it went on: {key_of(self, 'review.read')} reads again"
        return ""

    def hinted(self) -> Collection[str]:
        """Reading again, where there may be something else to read."""
        stale = self.is_busy or (self._is_timed and self._read_at != self.rested_at)
        return [*super().hinted(), *(["review.read"] if stale else [])]

    def on_diff_view_resized(self) -> None:
        if self.file is not None:
            self.show()

    # ── going about ──

    def action_file(self, step: int) -> None:
        files = self.review.files if self.review else ()
        if files:
            self.show(files[(self.place + step) % len(files)].path)

    def action_hunk(self, step: int) -> None:
        """The next hunk, over the end of the file into the next one."""
        wanted, file = self.diff.hunk + step, self.file
        if file is not None and 0 <= wanted < len(file.hunks or ()):
            self.diff.to_hunk(wanted)
            self.redraw()
        elif (after := self._neighbour(step)) is not None:
            self.show(after.path)
            self.diff.to_hunk(0 if step > 0 else len(after.hunks or ()) - 1)
            self.redraw()

    def _neighbour(self, step: int) -> ReviewedFile | None:
        files, place = self.review.files if self.review else (), self.place + step
        return files[place] if 0 <= place < len(files) else None

    def action_line(self, rows: int) -> None:
        hunk = self.diff.hunk
        self.diff.move(rows)
        if self.diff.hunk != hunk:
            # What is in conflict is told of one hunk.
            self.draw()
        self.refresh_bindings()

    def action_page(self, pages: int) -> None:
        self.action_line(pages * max(1, self.diff.size.height - 2))

    def action_view(self) -> None:
        """Viewed as it is now, and on to the next that is not; or not viewed after all."""
        file = self.file
        if file is None:
            return
        is_now = file.path not in self._viewed()
        view_file = self.store.view_file
        view_file.put(with_viewed(view_file.view, self.session_id, file, viewed=is_now))
        files, viewed = self.review.files if self.review else (), self._viewed()
        after = [one for one in (*files[self.place + 1 :], *files[: self.place]) if one.path not in viewed]
        self.show(after[0].path if is_now and after else "")

    def ask(self, text: str, asked: str, then: Callable[[str], None], leave: Callable[[], None]) -> None:
        """Open the box for something else than a comment; what is asked stands above the diff, `leave` closes it."""
        self._leave_line, self._asked = leave, asked
        self.line.open(text, "", then)
        self.redraw()
        self.refresh_bindings()

    def close_line(self) -> None:
        self._leave_line, self._asked = self.comments.drop, ""
        self.line.close()
        self.show()

    def action_split(self) -> None:
        self.diff.is_split = not self.diff.is_beside
        self.show()

    def action_close(self) -> None:
        """Close the innermost thing that is open."""
        if self.line.display:
            self._leave_line()
        elif self.diff.is_choosing:
            self.diff.let_go()
            self.refresh_bindings()
        else:
            self.workbench.action_out()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.line.display:
            return action == "close"
        match action:
            case "file":
                return self.review is not None and len(self.review.files) > 1
            case "hunk":
                count = sum(len(file.hunks or ()) for file in self.review.files) if self.review else 0
                return self.file is not None and count > 1
            case "view" | "split":
                return self.file is not None
        return super().check_action(action, parameters)
