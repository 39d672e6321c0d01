"""The Memory screen: stores with what they hold and who wrote it, and a dream's proposals with their evidence to decide on."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Input

from workbench.client import paths
from workbench.client.app import pages
from workbench.tui.render import memory_lines
from workbench.tui.render.board_lines import in_place
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.screens.dream_offer import DreamOffer, inputs
from workbench.tui.screens.evidence import Evidence
from workbench.tui.screens.excerpt import Excerpt
from workbench.tui.state.store import Store
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

Json = dict[str, Any]

LOOK_EVERY_S: Final = 0.5
FOR_KEY: Final = "workbench.for"
"""In a store's metadata: which new sessions have it by themselves."""
_REVIEW: Final = ("accept", "overrule", "reject", "adds", "undo", "edit", "evidence", "quarantine")


class Memory(BaseScreen):
    """Three depths: all stores and dreams, what one store holds, and the proposals of one dream."""

    DEFAULT_CSS = """
    Memory #body { height: 1fr; layout: vertical; }
    Memory #body > Rows { height: 45%; }
    Memory #body > #detail { height: 1fr; border-top: solid $panel-lighten-2; padding: 0 1; }
    Memory Rows > .rows--cursor { background: $primary-muted; }
    Memory #about { height: 1; padding: 0 1; background: $panel; }
    Memory Input { dock: bottom; height: 3; }
    """
    heading = "Memory"
    MAIN = frozenset({"memory.accept", "memory.overrule", "memory.reject", "memory.edit", "memory.undo"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "accept", "accept", id="memory.accept"),
        Binding("R", "overrule", "replace, remove", id="memory.overrule"),
        Binding("n", "reject", "reject", id="memory.reject"),
        Binding("e", "edit", "edit", id="memory.edit"),
        Binding("A", "adds", "accept all adds", id="memory.adds"),
        Binding("u", "undo", "undo", id="memory.undo"),
        Binding("tab", "evidence", "next evidence", id="memory.evidence"),
        Binding("x", "quarantine", "quarantined", id="memory.quarantine"),
        Binding("d", "dream", "dream", id="memory.dream"),
        Binding("D", "offer", "dream with a model", id="memory.dream_with_model"),
        Binding("t", "give", "to new sessions", id="memory.give"),
        Binding("escape", "back", "back", priority=True, id="memory.back"),
    ]

    def __init__(self, store: Store, memory_store: Json | None = None) -> None:
        super().__init__(store)
        self.rows = Rows()
        self.about = Sheet(id="about")
        self.detail = Sheet(id="detail")
        self.wording = Input(id="wording", select_on_focus=False)
        self.offer = DreamOffer()
        self.stores: list[Json] = []
        self.dreams: list[Json] = []
        self.memories: list[Json] = []
        self.memory_store = memory_store
        self.dream: Json | None = None
        self._evidence = 0
        self._shows_quarantine = False
        self._looks = False
        """Whether a running dream is looked at again soon."""

    def content(self) -> ComposeResult:
        yield self.about
        with Container(id="body"):
            yield self.rows
            yield self.detail
        yield from (self.wording, self.offer)

    def on_mount(self) -> None:
        self.wording.display = False
        self.set_focus(self.rows)
        super().on_mount()
        self._read()

    # ── reading ──

    def _read(self) -> None:
        self.act(self._everything())

    async def _everything(self) -> None:
        engine = self.store.engine
        stores = [one async for one in pages(engine, paths.MEMORY_STORES, [("limit", "100")])]
        # Both at once: whoever comes finds the cursor on the first line, and not on the one that came first.
        self.dreams = (await engine.get(paths.PUBLIC_DREAMS, [("limit", "20")]))["data"]
        self.stores = stores
        if self.dream is not None:
            self.dream = await engine.get(f"{paths.DREAMS}/{self.dream['id']}")
        elif self.memory_store is not None:
            held = f"{paths.MEMORY_STORES}/{self.memory_store['id']}/memories"
            found = pages(engine, held, [("limit", "100")])
            self.memories = [one async for one in found if one["type"] == "memory"]
        self.redraw()

    # ── drawing ──

    def draw(self) -> None:
        width = self.rows.size.width or self.size.width
        if self.dream is not None:
            self._draw_dream(self.dream, width)
        elif self.memory_store is not None:
            self.about.show([Text(f"{self.memory_store['name']}  {self.memory_store['id']}")])
            lines = [(one["id"], memory_lines.memory_line(one, width)) for one in self.memories]
            empty = "This store is empty. Agents write under /mnt/memory; d starts a dream."
            self.rows.put(lines or in_place(empty, width))
        else:
            self._draw_all(width)

    def _draw_all(self, width: int) -> None:
        self.about.show([Text(f"{len(self.stores)} stores, {len(self.dreams)} dreams")])
        lines = [(one["id"], memory_lines.dream_line(one, self.stores, width)) for one in self.dreams]
        lines += [(one["id"], memory_lines.store_line(one, width)) for one in self.stores]
        empty = (
            "No memory yet. d starts a dream: it reads past sessions and proposes what is worth keeping, at no cost."
        )
        self.rows.put(lines or in_place(empty, width))
        self.detail.show([])

    def _draw_dream(self, dream: Json, width: int) -> None:
        proposals, own = dream["workbench"]["proposals"], dream["workbench"]
        line = f"{dream['id']} {dream['status']} · {memory_lines.decided(proposals)} · {len(own['quarantined'])} quarantined"
        self.about.show([Text(line, "bold")])
        lines = [(one["id"], memory_lines.proposal_line(one, width)) for one in proposals]
        self.rows.put(lines or in_place("No proposals: the store has everything already.", width))
        if self._shows_quarantine:
            self.detail.show(memory_lines.quarantine_lines(own["quarantined"], self.store.name_of))
        elif (proposal := self.proposal) is not None:
            self.detail.show(memory_lines.proposal_lines(proposal, self._evidence, self.store.name_of))

    @property
    def proposal(self) -> Json | None:
        """The proposal under the cursor."""
        known = self.dream["workbench"]["proposals"] if self.dream else []
        return next((one for one in known if one["id"] == self.rows.cursor), None)

    def on_rows_moved(self) -> None:
        self._evidence = 0
        self._shows_quarantine = False
        self.redraw()
        if self.memory_store is not None and self.dream is None and self.rows.cursor:
            self.act(self._memory(self.memory_store["id"], self.rows.cursor))

    async def _memory(self, store_id: str, memory_id: str) -> None:
        memory = await self.store.engine.get(f"{paths.MEMORY_STORES}/{store_id}/memories/{memory_id}")
        query = [("memory_id", memory_id), ("limit", "20")]
        versions = await self.store.engine.get(f"{paths.MEMORY_STORES}/{store_id}/memory_versions", query)
        self.detail.show(memory_lines.version_lines(memory, versions["data"]))

    # ── going ──

    def on_rows_opened(self, event: Rows.Opened) -> None:
        chosen = event.session_id
        if self.dream is not None:
            self._jump()
        elif self.memory_store is not None:
            self.act(
                self.store.engine.get(f"{paths.MEMORY_STORES}/{self.memory_store['id']}/memories/{chosen}"),
                self._believe,
            )
        else:
            self.memory_store = next((one for one in self.stores if one["id"] == chosen), None)
            if self.memory_store is None:
                self.act(self.store.engine.get(f"{paths.DREAMS}/{chosen}"), self._enter)
            else:
                self._read()

    def _believe(self, memory: Json) -> None:
        """To the lines of a memory, each with why it is there."""
        assert self.memory_store is not None
        self.app.push_screen(Evidence(self.store, self.memory_store, memory))

    def _enter(self, dream: Json) -> None:
        self.dream = dream
        self.redraw()

    def _jump(self) -> None:
        """To the place in the log that the chosen evidence names."""
        proposal = self.proposal
        if proposal is not None and proposal["evidence"]:
            place = proposal["evidence"][self._evidence]
            self.app.push_screen(Excerpt(self.store, place["session_id"], place["seq"]))

    def action_back(self) -> None:
        if self.wording.display:
            self._close_wording()
        elif self.offer.display:
            self._close_offer()
        elif self.dream is None and self.memory_store is None:
            self.workbench.action_out()
        else:
            self.dream = self.memory_store = None
            self.memories = []
            self._read()

    # ── deciding ──

    def _review(self, **body: Any) -> None:
        assert self.dream is not None
        decided = self.rows.cursor
        answer = self.store.engine.post(f"{paths.DREAMS}/{self.dream['id']}/review", body)
        self.act(answer, lambda dream: self._go_on(dream, decided))

    def _go_on(self, dream: Json, decided: str) -> None:
        """Show the decision, with the cursor on the next proposal that waits for one."""
        self._enter(dream)
        if self.rows.cursor == decided:
            below = itertools.dropwhile(lambda one: one["id"] != decided, dream["workbench"]["proposals"])
            waiting = next((one["id"] for one in below if not one["decision"]), decided)
            self.rows.point_at(waiting)

    def action_accept(self) -> None:
        """Land an add or a merge; what takes something away has a key of its own."""
        if (proposal := self.proposal) is None:
            return
        if proposal["op"] in ("replace", "remove"):
            self.notify("this removes a line: R accepts it")
            return
        self._review(accept=[proposal["id"]])

    def action_overrule(self) -> None:
        if (proposal := self.proposal) is not None and proposal["op"] in ("replace", "remove"):
            self._review(accept=[proposal["id"]])

    def action_reject(self) -> None:
        if (proposal := self.proposal) is not None:
            self._review(reject=[proposal["id"]])

    def action_adds(self) -> None:
        self._review(adds=True)

    def action_undo(self) -> None:
        assert self.dream is not None
        self.act(self.store.engine.post(f"{paths.DREAMS}/{self.dream['id']}/undo", {}), self._enter)

    def action_edit(self) -> None:
        if (proposal := self.proposal) is not None and proposal["text"]:
            self.wording.value = proposal["text"]
            self.wording.cursor_position = len(proposal["text"])
            self.wording.display = True
            self.set_focus(self.wording)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if (proposal := self.proposal) is not None and event.value.strip():
            self._review(accept=[proposal["id"]], edit={proposal["id"]: event.value.strip()})
        self._close_wording()

    def _close_wording(self) -> None:
        self.wording.display = False
        self.set_focus(self.rows)

    def action_evidence(self) -> None:
        if (proposal := self.proposal) is not None and proposal["evidence"]:
            self._evidence = (self._evidence + 1) % len(proposal["evidence"])
            self.redraw()

    def action_quarantine(self) -> None:
        self._shows_quarantine = not self._shows_quarantine
        self.redraw()

    def action_dream(self) -> None:
        """Without a model, which costs nothing."""
        self.act(self._dreamt({"model": "offline"}), lambda _: self._read())

    def action_give(self) -> None:
        """Who gets the store by itself: nobody, the sessions of the Board's folder, all; and round again."""
        read = (
            self.dream["inputs"][0]["memory_store_id"]
            if self.dream
            else (self.memory_store or {}).get("id", self.rows.cursor)
        )
        store = next((one for one in self.stores if one["id"] == read), None)
        if store is None:
            return
        folder = self.store.view_file.view.folder
        ways = ["nobody", *([f"project {folder}"] if folder else []), "everywhere"]
        now = store["metadata"].get(FOR_KEY, "nobody")
        wish = ways[(ways.index(now) + 1) % len(ways)] if now in ways else "nobody"
        changed = self.store.engine.post(f"{paths.MEMORY_STORES}/{store['id']}", {"metadata": {FOR_KEY: wish}})
        self.act(changed, lambda _: self._given(store["name"], wish))

    def _given(self, name: str, wish: str) -> None:
        self.notify(
            f"{name}: no session has it that does not name it"
            if wish == "nobody"
            else f"{name}: new sessions have it ({wish})"
        )
        self._read()

    def action_offer(self) -> None:
        self.offer.open()

    def on_dream_offer_named(self, event: DreamOffer.Named) -> None:
        if event.begins:
            self._close_offer()
            self.act(self._dreamt(event.body), lambda _: self._read())
        else:
            self.act(self._estimate(event.body), self.offer.tell)

    def _close_offer(self) -> None:
        self.offer.close()
        self.set_focus(self.rows)

    async def _estimate(self, body: Json) -> Json:
        wanted = await self._wanted() | body | {"only_estimate": True}
        return await self.store.engine.post(paths.DREAMS, wanted)

    async def _dreamt(self, body: Json) -> None:
        self.dream = await self.store.engine.post(paths.DREAMS, await self._wanted() | body)
        self.memory_store = None

    async def _wanted(self) -> Json:
        """The store that is shown or pointed at, and the newest sessions of the Board."""
        pointed = next((one for one in self.stores if one["id"] == self.rows.cursor), None)
        return await inputs(self.store, self.memory_store or pointed or next(iter(self.stores), None))

    def redraw(self) -> None:
        super().redraw()
        goes_on = self.dream is not None and self.dream["status"] in ("pending", "running")
        if goes_on and self.is_mounted and not self._looks:
            self._looks = True
            self.set_timer(LOOK_EVERY_S, self._look_again)

    def _look_again(self) -> None:
        self._looks = False
        self._read()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _REVIEW:
            return self.dream is not None and not self.wording.display
        if action in ("dream", "offer"):
            return self.dream is None and not self.wording.display and not self.offer.display
        return True
