"""Actions on chosen lines, the hunk, the file, or all of a review: bringing them into the project, and turning them down."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType

from workbench.client import background, paths
from workbench.client.errors import ApiError, EngineAway
from workbench.text.display import exact
from workbench.tui.screens.actions import Actions
from workbench.tui.widgets.hints import key_of

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen

Json = dict[str, Any]

MOST_NAMED: Final = 5
ENDS_SANDBOX: Final = "the session's sandbox is stopped for that"


class HunkActions(Actions):
    """What changes the project cannot be taken back, and is done when its key comes twice in a row; a discard can."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply('lines')", "apply lines", id="review.apply_lines"),
        Binding("a", "apply('hunk')", "apply hunk", id="review.apply_hunk"),
        Binding("f", "apply('file')", "apply file", id="review.apply_file"),
        Binding("A", "apply('all')", "apply all", id="review.apply_all"),
        Binding("d", "discard('lines')", "discard lines", id="review.discard_lines"),
        Binding("d", "discard('hunk')", "discard hunk", id="review.discard_hunk"),
        Binding("D", "discard('file')", "discard file", show=False, id="review.discard_file"),
        Binding("u", "undo_discard", "undo", id="review.undo"),
        Binding("M", "commit", "commit", show=False, id="review.commit", tooltip="commit what was applied"),
    ]

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._review = screen
        self._undo: tuple[str, datetime | None] | None = None
        """The event before the last discard, and when the session had rested then."""
        self._is_to_commit = False
        """Whether something of the session was applied, and is in no commit yet."""

    # ── apply ──

    def action_apply(self, what: str) -> None:
        """Ask, and apply when the key comes twice; what changed in the project as well is said, and then applied all the same."""
        order, told = self._order(what)
        if order is None:
            return
        place = self._place(what)
        path = paths.own(self._review.session_id, "hunks/apply" if "hunks" in order else "apply")

        def applied(_: Json) -> None:
            self.screen.notify(f"applied {told} · {key_of(self.screen, 'review.commit')} commits what was applied")
            self._review.action_read()

        def apply() -> None:
            self.screen.act(self._sent(path, order, place), applied)

        key = key_of(self.screen, f"review.apply_{what}")
        self._meant({"apply": order}, f"{key} again applies {told}; {ENDS_SANDBOX}", apply, always=True)

    def _meant(self, order: Json, asked: str, do: Callable[[], None], *, always: bool) -> None:
        """Ask, and do it when it comes twice; without `always` only where it ends what runs in the background."""
        if self.screen.question.is_meant(order):
            do()
            return
        asked_at = self.screen.workbench.presses

        def look(page: Json) -> None:
            ends = background.told(page["data"])
            if not ends and not always:
                do()
                return
            said = f"{asked}; this ends {ends}" if ends else asked
            self.screen.question.ask(order, f"{said}; any other key does not", asked_at)

        self.screen.act(self.store.engine.get(paths.own(self._review.session_id, "background")), look)

    def _order(self, what: str) -> tuple[Json | None, str]:
        """What the engine is asked for, and how it is told to a person."""
        file, name = self._review.file, self._named(what)
        if what == "all":
            return {}, "all changes to the project"
        if file is None:
            return None, ""
        force: Json = {"force": True} if file.conflict else {}
        over = ", over what you changed there since" if file.conflict else ""
        if what == "file":
            return {"paths": [file.path], **force}, f"{name} to the project{over}"
        hunk = self._hunk(what)
        if hunk is None:
            return None, ""
        return {"hunks": [hunk], **force}, f"{name} to the project{over}"

    def _hunk(self, what: str) -> Json | None:
        """The hunk under the cursor by its name, with the chosen lines of it where these are meant."""
        file, place = self._review.file, self._number(what)
        if file is None or place >= len(file.hunks or ()):
            return None
        name = {"path": file.path, "id": (file.hunks or ())[place].id}
        if what != "lines":
            return name
        changes = self._review.diff.chosen_changes()
        if not changes:
            self.screen.notify("none of the chosen lines differs")
            return None
        return {**name, "lines": changes}

    def _number(self, what: str) -> int:
        """The place of the hunk that is meant: a range ends with the one that it begins in."""
        lines = self._review.diff.chosen_lines() if what == "lines" else []
        return lines[0].hunk if lines else self._review.diff.hunk

    def _named(self, what: str) -> str:
        file = self._review.file
        path = exact(file.path) if file else ""
        if what not in ("hunk", "lines") or file is None or not file.hunks:
            return path
        if what == "lines":
            count = len(self._review.diff.chosen_changes())
            return f"{count} chosen line{'s' * (count != 1)} of {path}"
        if len(file.hunks) == 1:
            return f"the only hunk of {path}"
        return f"hunk {self._review.diff.hunk + 1} of {len(file.hunks)} of {path}"

    def _place(self, what: str) -> str:
        """The hunk that is meant as the screen shows it."""
        file, place = self._review.file, self._number(what)
        if file is None or place >= len(file.hunks or ()):
            return ""
        hunk = (file.hunks or ())[place]
        before = next((number for number, one in enumerate(hunk.lines) if one[:1] in "+-"), 0)
        return f"the change of {exact(file.path)} at line {hunk.new_start + before}"

    async def _sent(self, path: str, order: Json, place: str) -> Json:
        """What the engine answers; a hunk that is gone is named by its place, as no screen shows its id."""
        try:
            return await self.store.engine.post(path, order)
        except ApiError as refused:
            words = refused.message
            for hunk in order.get("hunks", ()):
                words = words.replace(f"hunk {hunk['id']} of {hunk['path']}", place)
            read = key_of(self.screen, "review.read")
            words = words.replace("look at the changes again", f"{read} reads it again")
            raise ApiError(refused.status, refused.kind, words) from None

    # ── commit ──

    def look_for_commit(self) -> None:
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

    def action_commit(self) -> None:
        """What was applied and is not committed yet, as one commit with a message of the session's, when the key comes twice."""
        order, asked_at = {"commit": self._review.session_id}, self.screen.workbench.presses

        def committed(brought: Json) -> None:
            yours = ", ".join(exact(path) for path in brought.get("yours", ())[:MOST_NAMED])
            also = f" · with what you had not committed before in {yours}" if yours else ""
            self.screen.notify(
                f"{brought['commits'][0]['subject']}{also}",
                title=f"committed to {brought['branch']} as {brought['head'][:7]}",
            )
            self._is_to_commit = False

        def look(page: Json) -> None:
            applied = page["applied"]
            if not applied:
                self.screen.notify("nothing of it was applied that is not committed")
                return
            more = f" and {len(applied) - MOST_NAMED} more" if len(applied) > MOST_NAMED else ""
            named = ", ".join(exact(path) for path in applied[:MOST_NAMED]) + more
            key = key_of(self.screen, "review.commit")
            self.screen.question.ask(
                order,
                f"{key} again commits {named} as “{exact(page['subject'])}”; no hook of yours runs; any other key does not",
                asked_at,
            )

        if self.screen.question.is_meant(order):
            given = {"only_applied": True}
            self.screen.act(self.store.engine.post(paths.own(self._review.session_id, "commit"), given), committed)
            return
        self.screen.act(self.store.engine.get(paths.own(self._review.session_id, "base")), look)

    # ── discard ──

    def action_discard(self, what: str) -> None:
        """Put it back to what the project has, in the session; the agent is told."""
        file, hunk = self._review.file, None if what == "file" else self._hunk(what)
        if file is None or (what == "lines" and hunk is None):
            return
        order: Json = {"hunks": [hunk]} if hunk else {"paths": [file.path]}
        named, place, rested_at = self._named(what), self._place(what), self._review.rested_at
        undo = key_of(self.screen, "review.undo")

        def discarded(done: Json) -> None:
            self._review.comments.forget_left()
            self._undo = (done["before"], rested_at) if done["before"] else None
            also = f" · {undo} brings it back" if self._undo else ""
            self.screen.notify(f"{named}: as in the project; the agent is told{also}", title="discarded", timeout=10)
            self._review.action_read()

        def discard() -> None:
            self.screen.act(self._sent(paths.own(self._review.session_id, "discard"), order, place), discarded)

        key = key_of(self.screen, f"review.discard_{what}")
        self._meant({"discard": order}, f"{key} again discards {named}", discard, always=what == "file")

    def action_undo_discard(self) -> None:
        """The session's files as they were before the last discard, as long as it has done nothing since."""
        if self._undo is None:
            return
        before, _ = self._undo

        def undone(_: Json) -> None:
            self._undo = None
            self.screen.notify("the session's files are as before it; the agent is told", title="discard undone")
            self._review.action_read()

        self.screen.act(self.store.engine.post(paths.own(self._review.session_id, "rewind"), {"to": before}), undone)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "undo_discard":
            is_same = self._undo is not None and self._undo[1] == self._review.rested_at
            return is_same and not self._review.is_busy and not self._review.comments.can_restore
        if action == "commit":
            return not self._review.is_busy
        if self._review.file is None:
            return False
        is_choosing = self._review.diff.is_choosing
        match parameters:
            case ("lines",):
                return is_choosing
            case ("hunk",):
                return not is_choosing and self._hunk("hunk") is not None
        return True
