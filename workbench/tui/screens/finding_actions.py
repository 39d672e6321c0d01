"""Findings of agents beside a diff: begun with a key, shown above the lines that they are about, gone through one by one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.call_lines import prose
from workbench.tui.render.diff_lines import SEVERITIES, about
from workbench.tui.screens.actions import Actions
from workbench.tui.state import findings
from workbench.tui.state.findings import AgentReview, Finding
from workbench.tui.widgets.hints import key_of

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen

_UNVERIFIED: Final = "could not be verified"


class FindingActions(Actions):
    """A review by agents runs in a session of its own; what it found last is read again whenever that session moves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("i", "finding", "next finding", id="review.finding"),
        Binding("C", "comment_finding", "comment of the finding", show=False, id="review.comment_finding"),
        Binding("R", "begin", "review by agents", show=False, id="review.begin"),
    ]

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._review = screen
        self.found = AgentReview()
        self.chosen: Finding | None = None
        self._position = -1

    def read(self) -> None:
        """Ask what was found last."""
        self.screen.act(findings.read(self.store.engine, self._review.session_id), self._take)

    def _take(self, found: AgentReview) -> None:
        self.found = found
        self._review.show()

    def look(self) -> None:
        """Read again where the review's own session has moved."""
        row = self.store.rows.get(self.found.session_id)
        if row is not None and row.position != self._position:
            self._position = row.position
            self.read()

    def action_begin(self) -> None:
        """Have agents look for faults, on a copy of the files."""

        def begun(answer: findings.Json) -> None:
            self._take(findings.review_of(answer))
            self.screen.notify("agents review the changes in a session of their own; findings come here")

        order, key = {"review": self._review.session_id}, key_of(self.screen, "review.begin")
        if self.screen.question.is_meant(order):
            self.screen.act(self.store.engine.post(paths.own(self._review.session_id, "review"), {}), begun)
            return
        asked = f"{key} again has agents review these changes, which costs what they ask; any other key does not"
        self.screen.question.ask(order, asked, self.screen.workbench.presses)

    def action_finding(self) -> None:
        """Go to the next finding: to its file and its line."""
        self.chosen = findings.after(self.found.held, self.chosen)
        self._go_to(self.chosen)

    def _go_to(self, finding: Finding | None) -> None:
        files = self._review.review.files if self._review.review else ()
        path = next((one.path for one in files if finding is not None and finding.is_in(one.path)), None)
        if path is None or finding is None:
            self.screen.redraw()
            return
        self._review.show(path)
        self._review.diff.to_line(finding.line)

    def action_comment_finding(self) -> None:
        """Make the chosen finding a comment at its line, to be changed there, and sent with the others."""
        self._go_to(self.chosen)
        file, lines = self._review.file, self._review.diff.chosen_lines()
        if self.chosen is not None and file is not None and lines:
            said = f"{self.chosen.title}: {self.chosen.scenario}"
            self._review.comments.add(replace(about(file.path, lines), text=said))

    def lines(self, path: str, width: int) -> list[Text]:
        """How the review stands, and what was found in the file that is shown, the chosen one whole."""
        found, shown = self.found, self.found.of(path)
        if not found.session_id:
            return []
        if found.progress:
            return [Text(f"agents review: {found.progress}", DIM)]
        if found.trouble:
            return prose(f"the review by agents failed: {found.trouble}", width, "#D55E00")
        refuted = len(found.findings) - len(found.held)
        keys = [f"{key_of(self.screen, 'review.finding')} next"] if found.held else []
        keys += (
            [f"{key_of(self.screen, 'review.comment_finding')} makes it a comment"] if self.chosen in found.held else []
        )
        key = f" · {' · '.join(keys)}" if keys else ""
        lines = [Text(f"agents found {len(found.held)}, {refuted} refuted{key}", DIM)]
        elsewhere = self.chosen if self.chosen in found.held and self.chosen not in shown else None
        for one in [*shown, *([elsewhere] if elsewhere else [])]:
            # The others stand at their lines.
            if one is self.chosen or not self._review.diff.diff.has_line(one.line):
                lines += self._lines_of(one, width)
        return lines

    def _lines_of(self, one: Finding, width: int) -> list[Text]:
        doubt = "" if one.verdict == findings.CONFIRMED else f" ({_UNVERIFIED})"
        head = f"! line {one.line} {one.severity}{doubt}: {one.title}"
        style = SEVERITIES.get(one.severity, "")
        if one is not self.chosen:
            text = Text(head, style, no_wrap=True)
            text.truncate(width, overflow="ellipsis")
            return [text]
        return [*prose(head, width, style), *prose(f"  fails: {one.scenario}", width)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("finding", "comment_finding"):
            return bool(self.found.held) and (action == "finding" or self.chosen in self.found.held)
        return self._review.review is not None and bool(self._review.review.files) and not self.found.progress

    def hinted(self) -> Collection[str]:
        return [] if self.found.session_id else ["review.begin"]
