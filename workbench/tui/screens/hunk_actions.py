"""Actions on chosen lines, the hunk, the file, or all of a review: bringing them into the project, and turning them down."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType

from workbench.client import background, paths
from workbench.client.errors import ApiError
from workbench.text.display import exact
from workbench.tui.screens.actions import Actions
from workbench.tui.widgets.hints import key_of

if TYPE_CHECKING:
    from workbench.tui.screens.review import ReviewScreen

Json = dict[str, Any]

CONFLICT: Final = " changed in the project as well since the session began"
"""What the engine says of lines in conflict."""
_SIDES: Final = (("mine", "take_mine"), ("theirs", "take_theirs"), ("markers", "take_both"))
ENDS_SANDBOX: Final = "the session's sandbox is stopped for that"


class HunkActions(Actions):
    """Each is done when its key comes twice in a row; a discard can be taken back as well."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "apply('lines')", "apply lines", id="review.apply_lines"),
        Binding("a", "apply('hunk')", "apply hunk", id="review.apply_hunk"),
        Binding("f", "apply('file')", "apply file", id="review.apply_file"),
        Binding("A", "apply('all')", "apply all", id="review.apply_all"),
        Binding("d", "discard('lines')", "discard lines", id="review.discard_lines"),
        Binding("d", "discard('hunk')", "discard hunk", id="review.discard_hunk"),
        Binding("D", "discard('file')", "discard file", show=False, id="review.discard_file"),
        Binding("u", "undo_discard", "undo", id="review.undo"),
        Binding("1", "take('mine')", "yours", show=False, id="review.take_mine", tooltip="in a conflict: your lines"),
        Binding(
            "2",
            "take('theirs')",
            "its",
            show=False,
            id="review.take_theirs",
            tooltip="in a conflict: the session's",
        ),
        Binding(
            "3",
            "take('markers')",
            "both",
            show=False,
            id="review.take_both",
            tooltip="in a conflict: both, with markers",
        ),
    ]

    def __init__(self, screen: ReviewScreen) -> None:
        super().__init__(screen)
        self._review = screen
        self._undo: tuple[str, datetime | None] | None = None
        """The event before the last discard, and when the session had rested then."""
        self._asked: Callable[[str], None] | None = None
        """What applies the order that was asked about last, with one side of the lines in conflict."""
        self._asked_order: Json = {}
        self.doing = ""
        """What is under way, and takes a moment."""

    # ── apply ──

    def action_apply(self, what: str, again: str = "") -> None:
        """Ask, and apply when the key comes twice; where lines are in conflict, the next key says which are taken."""
        order, told = self._order(what)
        if order is None or self._is_at_work("applied"):
            return
        place = self._place(what)
        path = paths.own(self._review.session_id, "hunks/apply" if "hunks" in order else "apply")

        def send(side: str | None) -> None:
            given = order if side is None else {**order, "take": side}
            self.screen.act(self._sent(path, given, place), lambda done: self._applied(done, told, side))

        if self._is_conflict(what):
            # Asked anew however often its key comes: only a side answers it.
            asked = {"side": order, "at": self.screen.workbench.presses}
            self._asked, self._asked_order = send, asked
            named = self._clashing(what)
            said = f"{told}: your project has other lines {named}. {self.keys_of_sides(again)}; {ENDS_SANDBOX}"
            self._meant(asked, said, lambda: None, always=True)
            return
        key = key_of(self.screen, f"review.apply_{what}")
        said = f"{key} again applies {told} to the project; {ENDS_SANDBOX}"
        self._meant({"apply": order}, said, lambda: send(None), always=True)

    def _applied(self, done: Json, told: str, side: str | None) -> None:
        commit = key_of(self.screen, "review.commit")
        marked = ", ".join(exact(path) for path in done.get("marked", ()))
        if marked:
            said = f"lines of both sides stand in {marked} between markers: settle them in your editor, then {commit} commits"
        elif side == "mine" and not done.get("changes"):
            said = f"{told}: your lines stay, and nothing came"
        else:
            # What its lines replace can be read, and put back, from there.
            lost = ", the session's where both changed them (what they replaced: workbench diff --applied)"
            whose = {"mine": ", your lines where both changed them", "theirs": lost}
            waiting = ", ".join(map(exact, sorted(self._review.commits.waiting)))
            then = f"{waiting} has markers to settle first" if waiting else f"{commit} commits what was applied"
            said = f"applied {told}{whose.get(side or '', '')} · {then}"
        self.screen.notify(said)
        self._review.action_read()

    def action_take(self, side: str) -> None:
        """Apply what was just asked about with these lines; of the hunk at hand, ask first."""
        if self._asked is not None and self.screen.question.is_meant(self._asked_order):
            self._asked(side)
        elif self._is_conflict(self._at_hand):
            self.action_apply(self._at_hand, side)

    @property
    def _at_hand(self) -> str:
        return "lines" if self._review.diff.is_choosing else "hunk"

    def _is_conflict(self, what: str) -> bool:
        """Whether what is meant meets other lines in the project."""
        file, files = self._review.file, self._review.review.files if self._review.review else ()
        if what == "all":
            return any(one.conflict for one in files)
        if file is None or what == "file":
            return file is not None and file.conflict
        place = self._number(what)
        return place < len(file.hunks or ()) and (file.hunks or ())[place].conflict

    def _clashing(self, what: str) -> str:
        """Where lines are in conflict: of all files, in which."""
        if what != "all" or self._review.review is None:
            return "there"
        return "in " + ", ".join(exact(one.path) for one in self._review.review.files if one.conflict)

    def keys_of_sides(self, again: str = "") -> str:
        """Which key takes which lines, as a clause; `again` is the side whose key has come once."""
        keys = ((side, key_of(self.screen, f"review.{name}")) for side, name in _SIDES)
        mine, theirs, both = (f"{key} again" if side == again else key for side, key in keys)
        if not self._can_be_marked:
            return f"{mine} keeps yours, {theirs} takes the session's"
        return f"{mine} keeps yours, {theirs} takes the session's, {both} both between markers"

    def hinted(self) -> Collection[str]:
        sides = _SIDES if self._can_be_marked else _SIDES[:2]
        return [f"review.{name}" for _, name in sides] if self._is_conflict(self._at_hand) else ()

    @property
    def _can_be_marked(self) -> bool:
        """Whether lines of both sides can stand in the file that is shown."""
        return self._review.file is None or self._review.file.can_be_marked

    def _is_at_work(self, done: str) -> bool:
        """Whether the agent is at work, which is said: its files are others in a moment."""
        if self._review.is_busy:
            self.screen.notify(f"nothing is {done} before it rests", title="its agent is at work", severity="warning")
        return self._review.is_busy

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
            return {}, "all changes"
        if file is None:
            return None, ""
        if what == "file":
            return {"paths": [file.path]}, name
        hunk = self._hunk(what)
        if hunk is None:
            return None, ""
        return {"hunks": [hunk]}, name

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
        self.doing = "being written into the project …" if path.endswith("apply") else "being put back …"
        self._review.draw()
        try:
            return await self.store.engine.post(path, order)
        except ApiError as refused:
            words = refused.message
            for hunk in order.get("hunks", ()):
                words = words.replace(f"hunk {hunk['id']} of {hunk['path']}", place)
            if CONFLICT in words:
                # It came after this was read: shown with it, the next press offers the sides.
                self._review.action_read()
                words = (
                    f"nothing was applied: your project has changed there too, as is shown now; {self.keys_of_sides()}"
                )
            read = key_of(self.screen, "review.read")
            words = words.replace("look at the changes again", f"{read} reads it again")
            raise ApiError(refused.status, refused.kind, words) from None
        finally:
            self.doing = ""
            self._review.draw()

    # ── discard ──

    def action_discard(self, what: str) -> None:
        """Put it back to what the project has, in the session; the agent is told."""
        file, hunk = self._review.file, None if what == "file" else self._hunk(what)
        if file is None or (what == "lines" and hunk is None) or self._is_at_work("discarded"):
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
        self._meant({"discard": order}, f"{key} again discards {named}", discard, always=True)

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
        if action == "take":
            return self._asked is not None or self._is_conflict(self._at_hand)
        if self._review.file is None:
            return False
        is_choosing = self._review.diff.is_choosing
        match parameters:
            case ("lines",):
                return is_choosing
            case ("hunk",):
                return not is_choosing and self._hunk("hunk") is not None
        return True
