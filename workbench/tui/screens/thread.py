"""The transcript of one agent of a session: what it does, and the question that it asks."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.client.agents import WAITS, Agent
from workbench.tui.render.board_lines import DIM, age
from workbench.tui.render.team_lines import agent_line
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state import team
from workbench.tui.state.conversation import Conversation
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.widgets.approval_card import ApprovalCard
from workbench.tui.widgets.sheet import Sheet
from workbench.tui.widgets.transcript import Transcript


class ThreadScreen(BaseScreen):
    """One thread. It has no prompt: people write to the session's own agent."""

    DEFAULT_CSS = "ThreadScreen > #about { height: 2; background: $panel; }"
    heading = "Agent"
    MAIN = frozenset({"thread.interrupt", "thread.next"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave_thread", "back", priority=True, id="thread.back"),
        Binding("q,left", "app.out", "back", show=False, id="thread.leave"),
        Binding("x", "stop_thread", "interrupt", id="thread.interrupt"),
        Binding("right,l", "other(1)", "next agent", id="thread.next"),
        Binding("h", "other(-1)", "previous agent", show=False, id="thread.previous"),
        Binding("ctrl+o", "fold", "unfold", priority=True, id="thread.details"),
        Binding("pageup", "page(-1)", "scroll", priority=True, id="thread.scroll_up"),
        Binding("pagedown,space", "page(1)", "scroll down", show=False, id="thread.scroll_down"),
        Binding("end", "end", "to the end", priority=True, id="thread.end"),
    ]

    def __init__(self, store: Store, session_id: str, thread_id: str) -> None:
        super().__init__(store)
        self.session_id = session_id
        self.thread_id = thread_id
        self.team = team.Team()
        self.about = Sheet(id="about")
        self.transcript = Transcript()
        self.card = ApprovalCard(height=lambda: self.size.height)
        self._conversation = Conversation(session_id, thread_id)

    def content(self) -> ComposeResult:
        yield from (self.about, self.transcript, self.card)

    def on_mount(self) -> None:
        self.run_worker(
            team.follow(self.store.engine, self.session_id, lambda: self.row, self._read, always=True), group="team"
        )
        self._follow()

    def _follow(self) -> None:
        """Show the thread, and keep it up to date."""
        conversation = self._conversation = Conversation(self.session_id, self.thread_id)

        def changed() -> None:
            if conversation is self._conversation and self.is_mounted:
                self.transcript.show(conversation)

        self.transcript.show(conversation)
        self.run_worker(self.store.follow(conversation, changed), group="thread", exclusive=True)

    def _read(self, found: team.Team) -> None:
        self.team = found
        self.redraw()

    @property
    def row(self) -> Row | None:
        return self.store.rows.get(self.session_id)

    @property
    def agents(self) -> list[Agent]:
        return team.all_agents(self.team, self.row)

    @property
    def agent(self) -> Agent | None:
        return next((one for one in self.agents if one.thread_id == self.thread_id), None)

    def visible_sessions(self) -> Collection[str]:
        return [self.session_id]

    def draw(self) -> None:
        agent, now = self.agent, self.store.clock()
        whose = Text.assemble((" an agent of ", DIM), (self.store.name_of(self.session_id), "bold"))
        whose.append("  write to its session, not here", DIM)
        whose.truncate(max(1, self.size.width), overflow="ellipsis")
        head = agent_line(agent, self.team, now, self.size.width) if agent else Text(" …", DIM)
        self.about.show([head, whose])
        self._ask(agent)

    def _ask(self, agent: Agent | None) -> None:
        """Have the card ask what this agent waits for."""
        row, approvals = self.row, self.store.approvals
        waits = f"waits {age(row.last_event_at, self.store.clock())}" if row is not None else ""
        wanted = agent.waiting_for if agent is not None and agent.standing == WAITS else ()
        approval = approvals.of(row, self.store.rows, waits, wanted) if wanted else None
        if approval is not None and approval.explanation is None and approval.is_explained:
            self.act(approvals.explain(approval.session_id, approval.call["id"]))
        had = self.card.approval
        self.card.ask(approval)
        if approval is not None and had is None:
            self.set_focus(self.card)
        elif approval is None and self.focused is self.card:
            self.set_focus(None)

    def on_transcript_near_top(self) -> None:
        self.act(self._older())

    async def _older(self) -> None:
        self.transcript.prepended(await self.store.older(self._conversation))

    # ── keys ──

    def action_leave_thread(self) -> None:
        if self.card.is_open:
            self.card.leave()
        else:
            self.workbench.action_out()

    def action_stop_thread(self) -> None:
        """Stop what this agent does; the others go on."""
        event = {"type": "user.interrupt", "session_thread_id": self.thread_id}
        self.act(self.store.engine.post(paths.events(self.session_id), {"events": [event]}))

    def action_other(self, step: int) -> None:
        """The next agent of the session."""
        ids = [one.thread_id for one in self.agents]
        place = ids.index(self.thread_id) if self.thread_id in ids else 0
        self.thread_id = ids[(place + step) % len(ids)]
        self.card.ask(None)
        self._follow()
        self.redraw()

    def action_fold(self) -> None:
        self.transcript.fold(unfolded=not self.transcript.unfolded)

    def action_page(self, pages: int) -> None:
        if self.focused is self.card and self.card.scrolls:
            self.card.scroll_pages(pages)
        else:
            self.transcript.scroll_by(pages * max(1, self.transcript.size.height - 2))
        self.refresh_bindings()

    def action_end(self) -> None:
        self.transcript.to_end()
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        match action:
            case "stop_thread":
                # The agents of a run take no interrupt of their own.
                agent = self.agent
                return agent is not None and not agent.run_id and (agent.works or bool(agent.waiting_for))
            case "other":
                return len(self.agents) > 1 and not self.card.is_open
            case "page":
                return self.transcript.scrolls or (self.focused is self.card and self.card.scrolls)
            case "end":
                return not self.transcript.follows
            case "fold":
                return any(one.kind in ("call", "thinking", "message") for one in self._conversation.blocks)
        return super().check_action(action, parameters)
