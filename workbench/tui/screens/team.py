"""Agents of a session: every thread and every workflow run of it, also those that have ended."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from workbench.client import paths
from workbench.client.agents import ENDED, Agent, Run, by_urgency
from workbench.tui.render.board_lines import DIM, in_place
from workbench.tui.render.team_lines import agent_line, run_lines
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state import team
from workbench.tui.state.rows import Row
from workbench.tui.state.store import Store
from workbench.tui.widgets.hints import key_of
from workbench.tui.widgets.rows import Rows
from workbench.tui.widgets.sheet import Sheet

NONE_YET = "This session's agent has started no others. One whose agent may (multiagent) does it by itself, when its task asks for it."


class TeamScreen(BaseScreen):
    """A list with a cursor; Enter opens an agent's transcript."""

    DEFAULT_CSS = """
    TeamScreen > #about { height: 1; padding: 0 1; background: $panel; }
    TeamScreen Rows > .rows--cursor { background: $primary-muted; }
    """
    heading = "Agents"
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"agent({number})", f"agent {number}", show=False, id=f"team.agent_{number}")
            for number in range(1, 10)
        ),
        Binding("x", "stop_agent", "interrupt", id="team.interrupt"),
        Binding("X", "stop_run", "stop run", id="team.stop_run"),
        Binding("a", "archive_agent", "archive", id="team.archive"),
        Binding("escape", "app.out", "back", priority=True, id="team.back"),
        Binding("q", "app.out", "back", show=False, id="team.leave"),
    ]

    def __init__(self, store: Store, session_id: str) -> None:
        super().__init__(store)
        self.session_id = session_id
        self.team = team.Team()
        self.is_read = False
        self.about = Sheet(id="about")
        self.rows = Rows()

    def content(self) -> ComposeResult:
        yield from (self.about, self.rows)

    def on_mount(self) -> None:
        self.set_focus(self.rows)
        following = team.follow(self.store.engine, self.session_id, lambda: self.row, self._read, always=True)
        self.run_worker(following)

    @property
    def row(self) -> Row | None:
        return self.store.rows.get(self.session_id)

    @property
    def agents(self) -> list[Agent]:
        return team.all_agents(self.team, self.row)

    @property
    def _numbered(self) -> list[Agent]:
        """Those that are of no run."""
        return [one for one in self.agents if not one.run_id]

    @property
    def chosen(self) -> Agent | None:
        """The agent under the cursor."""
        return next((one for one in self.agents if one.thread_id == self.rows.cursor), None)

    def _read(self, found: team.Team) -> None:
        self.team, self.is_read = found, True
        self.redraw()

    def visible_sessions(self) -> Collection[str]:
        return [self.session_id]

    def draw(self) -> None:
        row, width, now = self.row, self.rows.size.width or self.size.width, self.store.clock()
        said = f"  {row.team}" if row is not None and row.team else ""
        self.about.show([Text.assemble((self.store.name_of(self.session_id), "bold"), (said, DIM))])
        agents = self.agents
        lines = [
            (one.thread_id, agent_line(one, self.team, now, width, number=number))
            for number, one in enumerate(self._numbered, 1)
        ]
        for run in self.team.runs:
            lines += [("", line) for line in [Text(), *run_lines(run, width, now)]]
            planned = by_urgency([one for one in agents if one.run_id == run["id"]])
            lines += [(one.thread_id, agent_line(one, self.team, now, width)) for one in planned]
        nothing = NONE_YET if self.is_read else "reading …"
        self.rows.put(lines or in_place(nothing, width))

    def on_rows_moved(self) -> None:
        self.refresh_bindings()

    def on_rows_resized(self) -> None:
        self.redraw()

    def on_rows_opened(self, event: Rows.Opened) -> None:
        self._open(event.session_id)

    def _open(self, thread_id: str) -> None:
        # Late, as every screen that one goes to.
        from workbench.tui.screens.thread import ThreadScreen

        self.app.push_screen(ThreadScreen(self.store, self.session_id, thread_id))

    def action_agent(self, number: int) -> None:
        """Show the transcript of the agent with this number."""
        self._open(self._numbered[number - 1].thread_id)

    def action_stop_agent(self) -> None:
        """Stop what the agent under the cursor does; it keeps its thread and sends no report."""
        if self.chosen is not None:
            event = {"type": "user.interrupt", "session_thread_id": self.chosen.thread_id}
            self.act(self.store.engine.post(paths.events(self.session_id), {"events": [event]}))

    def action_stop_run(self) -> None:
        """End the workflow run of the agent under the cursor, which no interrupt does; asked before."""
        run, key = self._open_run, key_of(self, "team.stop_run")
        if run is None:
            return
        if self.question.is_meant(run.run_id):
            path = paths.own(self.session_id, f"workflow_runs/{run.run_id}/stop")
            self.act(self.store.engine.post(path, {}), lambda _: self.notify("the run is stopped; its agent is told"))
            return
        asked = f"{key} again ends the run {run.name} and its agents; any other key does not"
        self.question.ask(run.run_id, asked, self.workbench.presses)

    @property
    def _open_run(self) -> Run | None:
        """The run of the agent under the cursor, while it is open; the first one where the cursor is on none."""
        runs, chosen = self.row.runs if self.row is not None else (), self.chosen
        wanted = [one for one in runs if chosen is None or one.run_id == chosen.run_id]
        return wanted[0] if wanted else None

    def action_archive_agent(self) -> None:
        """End the thread under the cursor for good; its history stays."""
        if self.chosen is not None:
            path = f"{paths.threads(self.session_id, self.chosen.thread_id)}/archive"
            self.act(self.store.engine.post(path, {}), lambda _: self.notify("archived"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        chosen = self.chosen
        if action == "agent":
            return int(str(parameters[0])) <= len(self._numbered)
        if action == "stop_agent":
            # The agents of a run take no interrupt of their own.
            return chosen is not None and not chosen.run_id and (chosen.works or bool(chosen.waiting_for))
        if action == "stop_run":
            return self._open_run is not None
        if action == "archive_agent":
            return chosen is not None and not chosen.works and not chosen.run_id and chosen.standing != ENDED
        return super().check_action(action, parameters)
