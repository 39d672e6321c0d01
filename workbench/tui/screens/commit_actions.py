"""Actions of a review that lead into git: a commit of what was applied, and the agent's own commits as a branch."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.notifications import SeverityLevel

from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.text.display import exact
from workbench.tui.render.review_lines import NOTHING
from workbench.tui.screens.actions import Actions
from workbench.tui.widgets.hints import key_of

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen

Json = dict[str, Any]

MOST_NAMED: Final = 5
NO_COMMITS: Final = " no commits"
"""What the engine says of a session that has made none."""
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
        self._base: Json = {}
        """Where the repository stands, as it was last asked for; empty where there is none."""
        self._brought = False
        """Whether its commits were brought as a branch while this screen is open."""
        self._left = ""
        """A message that was left in the middle of it."""
        self._trailer = ""

    def look(self) -> None:
        """Ask what was applied and is not committed."""

        def take(base: Json) -> None:
            self._base = base

        self.screen.act(self._found(), take)

    async def _found(self) -> Json:
        try:
            base: Json = await self.store.engine.get(paths.own(self._review.session_id, "base"))
        except (ApiError, EngineAway):
            # Without a repository there is nothing to commit; what else stands in the way is said when it is asked for.
            return {}
        return base

    def hinted(self) -> Collection[str]:
        review = self._review.review
        named = ["review.branch"] * (review is not None and review.has_commits and not self._brought)
        return [*named, *["review.commit"] * bool(self._base.get("applied") or self._base.get("marked"))]

    @property
    def of_its_own(self) -> str:
        """What is said where the agent has committed; nothing once its commits were brought from here."""
        if self._brought:
            return ""
        return f"it has commits or branches of its own in the sandbox: {key_of(self.screen, 'review.branch')} brings them as a branch"

    @property
    def waiting(self) -> frozenset[str]:
        """Files in which lines of both sides wait to be settled."""
        return frozenset(self._base.get("marked", ()))

    def nothing_left(self) -> str:
        """What there is to say where no change is left to review."""
        commit = key_of(self.screen, "review.commit")
        if self._base.get("marked"):
            return f"Nothing is left to apply. {_why_nothing(self._base, commit)}"
        if self._base.get("applied"):
            return f"Nothing is left to apply: what was applied is in your project, and {commit} commits it."
        return NOTHING

    # ── commit ──

    def action_commit(self) -> None:
        """What was applied and is not committed yet, as one commit: the box has a message for it, and Enter makes it."""

        def look(base: Json) -> None:
            self._base = base
            if base.get("unfinished"):
                said = f"your repository is in the middle of a {base['unfinished']}, which git commits as a whole"
                self.screen.notify(said, title="nothing to commit here", severity="warning")
                return
            if not base["applied"]:
                severity: SeverityLevel = "warning" if base.get("marked") else "information"
                self.screen.notify(
                    _why_nothing(base, key_of(self.screen, "review.commit")),
                    title="nothing to commit",
                    severity=severity,
                )
                return
            # Its trailer is the commit's own: whoever writes the message anew need not mind it.
            proposed, self._trailer = _parted(base["message"])
            self._review.ask(self._left or proposed, _asked(base), self._commit, self._drop)
            # What one types takes its place; an arrow key keeps it, to be changed.
            self._review.line.select_all()

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
        self._left = ""
        self.look()
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
            if not done:
                return
            self._brought = True
            count, name = len(done["commits"]), exact(done["branch"])
            said = [f"git merge {name}"]
            if left := done.get("uncommitted"):
                said.append(f"in none of them, and changed by the session: {_named(left)}")
            if yours := done.get("yours"):
                said.append(f"in them, and not committed by you: {_named(yours)}; git merges once you have")
            title = f"{count} commit{'s' * (count != 1)} on the branch {name}"
            self.screen.notify(" · ".join(said), title=title, timeout=15)

        self.screen.act(self._branched(), brought)

    async def _branched(self) -> Json:
        """What came; nothing where the agent has made no commits, which is said."""
        try:
            answer: Json = await self.store.engine.post(paths.own(self._review.session_id, "branch"), {})
        except ApiError as refused:
            if NO_COMMITS not in refused.message:
                raise
            commit = key_of(self.screen, "review.commit")
            said = f"it has made none that your repository does not have; apply its changes here, and {commit} commits them"
            self.screen.notify(said, title="no commits")
            return {}
        return answer

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self._review.is_busy


def _parted(message: str) -> tuple[str, str]:
    """The message, and the line at its end that says whose session it is of."""
    text, _, last = message.strip().rpartition("\n\n")
    return (text, last) if text and _TRAILER.fullmatch(last) else (message.strip(), "")


def _asked(base: Json) -> str:
    """What a commit takes, and what it leaves."""
    applied, settled = base["applied"], [path for path in base.get("settled", ()) if path in base["applied"]]
    yours = [path for path in applied if path in base["yours"]]
    also = f", and what you had not committed in {_named(yours)}," if yours else ""
    also += f" (with the lines as you settled them in {_named(settled)})" if settled else ""
    under = ", and Workbench-Session under it" if "Workbench-Session:" in base["message"] else ""
    waits = f"; {_named(base['marked'])} waits, with markers in it" if base.get("marked") else ""
    keys = "type another, or → to change it; Enter commits, Esc leaves"
    return f"commits {_named(applied)}{also} with this message{under}{waits} · no hook of yours runs · {keys}"


def _why_nothing(base: Json, key: str) -> str:
    """Why a key commits nothing of a session."""
    if base.get("marked"):
        return f"{_named(base['marked'])} has lines between markers: settle them in your editor, then {key} commits"
    if base.get("changed_since"):
        return f"you have changed {_named(base['changed_since'])} since it was applied: git commits it (git add -p, git commit)"
    return "nothing of it was applied that is not committed"


def _named(found: Sequence[str]) -> str:
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return ", ".join(exact(path) for path in found[:MOST_NAMED]) + more
