"""Actions of a review that lead into git: a commit of what was applied, and the agent's own commits as a branch."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.text.display import exact
from workbench.tui.screens.actions import Actions

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen

Json = dict[str, Any]

MOST_NAMED: Final = 5
_TRAILER: Final = re.compile(r"[A-Z][A-Za-z-]+: \S+")


class CommitActions(Actions):
    """A commit has the message that a person leaves in the box, in which one stands already."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "M", "commit", "commit", show=False, id="review.commit", tooltip="commit what was applied, with a message"
        ),
        Binding("b", "branch", "branch", show=False, id="review.branch", tooltip="its own commits as a branch"),
    ]

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._review = screen
        self._is_to_commit = False
        """Whether something of the session was applied, and is in no commit yet."""
        self._left = ""
        """A message that was left in the middle of it."""
        self._trailer = ""

    def look(self) -> None:
        """Ask what was applied and is not committed."""

        def take(applied: list[str]) -> None:
            self._is_to_commit = bool(applied)

        self.screen.act(self._applied(), take)

    async def _applied(self) -> list[str]:
        try:
            applied: list[str] = (await self.store.engine.get(paths.own(self._review.session_id, "base")))["applied"]
        except (ApiError, EngineAway):
            # Without a repository there is nothing to commit; what else stands in the way is said when it is asked for.
            return []
        return applied

    def hinted(self) -> Collection[str]:
        return ["review.commit"] if self._is_to_commit else ()

    # ── commit ──

    def action_commit(self) -> None:
        """What was applied and is not committed yet, as one commit: the box has a message for it, and Enter makes it."""

        def look(base: Json) -> None:
            applied = base["applied"]
            if not applied:
                self.screen.notify("nothing of it was applied that is not committed")
                return
            yours = [path for path in applied if path in base["yours"]]
            also = f", and what you had not committed in {_named(yours)}," if yours else ""
            under = ", and Workbench-Session under it" if "Workbench-Session:" in base["message"] else ""
            said = f"commits {_named(applied)}{also} with this message{under} · no hook of yours runs · Enter commits, Esc leaves"
            # Its trailer is the commit's own: whoever writes the message anew need not mind it.
            proposed, self._trailer = _parted(base["message"])
            message = self._left or proposed
            self._review.ask(message, said, self._commit, self._drop)
            # Behind its subject, which is what one writes anew.
            self._review.line.move_cursor((0, len(message.partition("\n")[0])))

        self.screen.act(self.store.engine.get(paths.own(self._review.session_id, "base")), look)

    def _drop(self) -> None:
        self._left = self._review.line.text
        self._review.close_line()

    def _commit(self, message: str) -> None:
        """The box stays as it is where git refuses."""
        if not message.strip():
            self._review.close_line()
            return
        given = {"only_applied": True, "message": f"{message.rstrip()}\n\n{self._trailer}".rstrip()}
        self.screen.act(self.store.engine.post(paths.own(self._review.session_id, "commit"), given), self._committed)

    def _committed(self, brought: Mapping[str, Any]) -> None:
        self._left, self._is_to_commit = "", False
        if self._review.line.display:
            self._review.close_line()
        also = f" · with what you had not committed in {_named(brought['yours'])}" if brought.get("yours") else ""
        self.screen.notify(
            f"{brought['commits'][0]['subject']}{also}",
            title=f"committed to {brought['branch']} as {brought['head'][:7]}",
        )

    # ── branch ──

    def action_branch(self) -> None:
        """The agent's own commits as a branch of the repository; nothing else in it changes."""

        def brought(done: Json) -> None:
            count, name = len(done["commits"]), exact(done["branch"])
            self.screen.notify(
                f"git merge {name}", title=f"{count} commit{'s' * (count != 1)} on the branch {name}", timeout=15
            )

        self.screen.act(self.store.engine.post(paths.own(self._review.session_id, "branch"), {}), brought)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self._review.is_busy


def _parted(message: str) -> tuple[str, str]:
    """The message, and the line at its end that says whose session it is of."""
    text, _, last = message.strip().rpartition("\n\n")
    return (text, last) if text and _TRAILER.fullmatch(last) else (message.strip(), "")


def _named(found: Sequence[str]) -> str:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(exact(path) for path in found[:MOST_NAMED]) + more
