"""Store of the app: the feed, approvals, drafts, and the requests behind the keys."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.client import attachments, paths
from workbench.client.app import Engine
from workbench.client.errors import ApiError, EngineAway
from workbench.tui.config.preferences import Preferences
from workbench.tui.state.approvals import Answer, Approvals, Twin
from workbench.tui.state.conversation import OUTPUT, SHOWN, Conversation
from workbench.tui.state.debounce import Debounce
from workbench.tui.state.drafts import Drafts, Held, When
from workbench.tui.state.machine import Machine
from workbench.tui.state.presence import Presence
from workbench.tui.state.rows import DONE, WAITING, WORKING, Feed, Row, apply_frame, begin_snapshot, seen_through
from workbench.tui.state.shell_runs import ShellRun, ran
from workbench.tui.state.task_line import Task
from workbench.tui.state.troubles import GO_ON
from workbench.tui.state.view_state import View, ViewFile, read_to

Json = dict[str, Any]

NO_ENGINE = "no engine answers · F8 starts it"
NOT_FOUND = 404
RETRY_S = 0.5
PEEKED = 30
PREVIEWED = ("agent.message", "agent.thinking", OUTPUT)
PAGE = 200
"""Events that are read at once of a transcript, from its end on."""


class Store:
    """One engine's sessions, as a person at a terminal has them.

    `on_change` is called after every change but those that the engine tells, `on_news` after these, which may be many.
    """

    def __init__(
        self, engine: Engine, drafts: Drafts, view_file: ViewFile, machine: Machine, clock: Callable[[], datetime]
    ) -> None:
        self.engine = engine
        self.view_file = view_file
        self.drafts = drafts
        self.clock = clock
        self.presence = Presence(view_file, clock)
        self.feed = Feed()
        self.approvals = Approvals(engine, self._changed)
        self.debounce = Debounce(0.0)
        """Marks change at once, until whoever opens the app says otherwise."""
        self.trouble = "connecting"
        self.place = ""
        """The machine of the engine, where that is another one."""
        self.lost: Callable[[], str] = lambda: NO_ENGINE
        """What to say while the engine does not answer."""
        self.on_change: Callable[[], None] = lambda: None
        self.on_news: Callable[[], None] = lambda: None
        self.complain: Callable[[str], None] = lambda text: None
        self.advise: Callable[[str], None] = lambda text: None
        self._machine = machine
        self._tasks: asyncio.TaskGroup | None = None
        self._rows: Mapping[str, Row] = {}
        self._rows_of: tuple[Feed | None, View | None] = (None, None)
        self._followed: list[tuple[Conversation, Callable[[], None]]] = []
        self.gone: set[str] = set()
        """Sessions that the engine has said not to have, any more or at all."""
        self.running_commands: Counter[str] = Counter()
        """How many commands of the person at this terminal run in each session."""
        self._sending: dict[str, Held] = {}
        self._released: dict[str, int] = {}

    # ── following ──

    async def run(self) -> None:
        """Follow the feed for good; an engine that goes away is said, and looked for until it is back."""
        await self.start_engine()
        async with asyncio.TaskGroup() as self._tasks:
            while True:
                await self._follow_feed()
                await asyncio.sleep(RETRY_S)

    async def start_engine(self) -> None:
        """Start the engine where none runs; a failure is the trouble that the screen shows."""
        loop = asyncio.get_running_loop()

        def report(progress: str) -> None:
            loop.call_soon_threadsafe(self._set_trouble, progress)

        try:
            await asyncio.to_thread(self._machine.ensure, report)
        except EngineAway as away:
            self._set_trouble(str(away))
            return
        if lacking := await asyncio.to_thread(self._machine.lacks):
            self.advise(lacking)

    async def _follow_feed(self) -> None:
        try:
            async with contextlib.aclosing(self.engine.stream(paths.FEED)) as frames:
                self.feed = begin_snapshot(self.feed)
                async for frame in frames:
                    was_live = self.feed.live
                    self.feed = apply_frame(self.feed, frame.name, frame.data)
                    if self.feed.live:
                        self.trouble = ""
                        self.on_news()
                        self.nudge([frame.data.get("session_id", "")] if was_live else None)
        except EngineAway:
            self._set_trouble(self.lost())
            return
        except ApiError as refused:
            self._set_trouble(refused.message)
            return
        self._set_trouble(self.lost())

    def _set_trouble(self, trouble: str) -> None:
        self.trouble = trouble
        self.on_change()

    def _changed(self) -> None:
        self.on_change()

    def nudge(self, session_ids: Collection[str] | None = None) -> None:
        """Fetch calls that began to wait, and send lines whose moment has come: of these sessions, or of all."""
        if self._tasks is None or not self.feed.live:
            return
        rows = self.feed.rows
        for row in rows.values() if session_ids is None else [rows[one] for one in session_ids if one in rows]:
            if self.approvals.missing(row):
                self._tasks.create_task(self.approvals.fetch(row))
        holding = self.drafts.holding() if session_ids is None else [*filter(self.drafts.holds, session_ids)]
        for session_id in set(holding) - self._sending.keys():
            held = self._next_line(session_id)
            if held is not None:
                self._sending[session_id] = held
                self._tasks.create_task(self._release(session_id, held))

    def _next_line(self, session_id: str) -> Held | None:
        """The held line whose moment has come: no line while a call waits, one for after the turn only at its end."""
        draft, row = self.drafts.of(session_id), self.feed.rows.get(session_id)
        if row is None or draft.paused or row.mark is WAITING or row.ended:
            return None
        turn_ended = row.mark is not WORKING and row.position > self._released.get(session_id, -1)
        return next((held for held in draft.held if held.when == "step" or turn_ended), None)

    async def _release(self, session_id: str, held: Held) -> None:
        position = self.feed.rows[session_id].position
        try:
            # Read when they go: a file of some megabytes takes its time.
            content = await asyncio.to_thread(attachments.content, held.text, [Path(one) for one in held.files])
            await self._post(session_id, {"type": "user.message", "content": content})
        except EngineAway:
            # The line stays, and goes when the engine is back.
            return
        except (ApiError, attachments.Unusable) as refused:
            self.drafts.pause(session_id, paused=True)
            self.complain(f"{refused}; ↑ takes the line back")
            return
        finally:
            del self._sending[session_id]
            self.on_change()
        self._released[session_id] = position
        self.drafts.release(session_id, held)
        self.on_change()
        self.nudge()

    # ── reading ──

    @property
    def rows(self) -> Mapping[str, Row]:
        """Every session as this person has it; made anew only when the feed, the view or a mark that was held back changed."""
        feed, view = self._rows_of
        if feed is not self.feed or view is not self.view_file.view or self.debounce.is_due:
            # Of what a person does to it, as reading its answer, a mark tells at once.
            self._rows = seen_through(self.debounce.shown(self.feed.rows), self.view_file.view)
            self._rows_of = (self.feed, self.view_file.view)
        return self._rows

    def name_of(self, session_id: str) -> str:
        """What a session is called in every list; the end of its id where it was deleted."""
        row = self.rows.get(session_id)
        return row.name if row else session_id[-6:]

    def look_at(self, session_id: str) -> None:
        """A person has this session before their eyes: what it said last is read."""
        row = self.rows.get(session_id)
        if row is not None and row.mark is DONE and row.rested_at is not None:
            self.view_file.put(read_to(self.view_file.view, session_id, row.rested_at.isoformat()))

    async def recent(self, session_id: str) -> Conversation:
        """The last things that were said and done in a session."""
        query = [*(("types[]", name) for name in SHOWN), ("order", "desc"), ("limit", str(PEEKED))]
        answer = await self.engine.get(paths.events(session_id), query)
        conversation = Conversation(session_id)
        for event in reversed(answer["data"]):
            conversation.take(event)
        self._add_runs(conversation)
        return conversation

    def _add_runs(self, conversation: Conversation) -> None:
        """What was run since the last message, of which the session's log knows nothing yet."""
        for one in () if conversation.thread_id else self.drafts.of(conversation.session_id).ran:
            conversation.ran(one)

    async def follow(self, conversation: Conversation, changed: Callable[[], None]) -> None:
        """Fill a conversation and keep it up to date, over engine restarts, until the session is deleted."""
        path = paths.own(conversation.session_id, "stream")
        self._followed.append((conversation, changed))
        try:
            await self._follow(path, conversation, changed)
        finally:
            self._followed.remove((conversation, changed))
        if not conversation.thread_id:
            self.gone.add(conversation.session_id)
        self.on_change()

    async def _follow(self, path: str, conversation: Conversation, changed: Callable[[], None]) -> None:
        while True:
            try:
                if not conversation.is_begun:
                    await self._begin_with_its_end(conversation)
                    changed()
                query = [("after", str(conversation.cursor)), *(("event_deltas[]", kind) for kind in PREVIEWED)]
                query += [("thread_id", conversation.thread_id)] if conversation.thread_id else []
                async with contextlib.aclosing(self.engine.stream(path, query)) as frames:
                    async for frame in frames:
                        if frame.name == "session.deleted":
                            return
                        conversation.take(frame.data, frame.cursor)
                        changed()
            except EngineAway:
                pass
            except ApiError as refused:
                if refused.status == NOT_FOUND:
                    return
            conversation.reconnected()
            await asyncio.sleep(RETRY_S)

    async def _begin_with_its_end(self, conversation: Conversation) -> None:
        """Read the last page. The place where the stream goes on is asked for first: what comes between is told twice."""
        state = await self.engine.get(paths.own(conversation.session_id, "state"))
        page = await self._page(conversation, "")
        conversation.begin(page["data"][::-1], state["position"], page.get("next_page") or "")
        self._add_runs(conversation)

    async def older(self, conversation: Conversation) -> int:
        """Read the page before what is there; the answer is how many blocks came."""
        named = conversation.older_page
        if not named:
            return 0
        page = await self._page(conversation, named)
        if conversation.older_page != named:
            return 0
        return conversation.prepend(page["data"][::-1], page.get("next_page") or "")

    async def _page(self, conversation: Conversation, page: str) -> Json:
        query = [*(("types[]", name) for name in SHOWN), ("order", "desc"), ("limit", str(PAGE))]
        path = paths.thread_events(conversation.session_id, conversation.thread_id)
        return await self.engine.get(path, [*query, *([("page", page)] if page else [])])

    # ── doing ──

    async def checks(self) -> Sequence[Json]:
        return await asyncio.to_thread(self._machine.checks)

    async def demo(self) -> str:
        return await asyncio.to_thread(self._machine.demo)

    def choose(self, choices: Preferences) -> str:
        return self._machine.choose(choices)

    async def begin(self, task: Task) -> str:
        return await asyncio.to_thread(self._machine.begin, task)

    async def answer(self, session_id: str, call: Json, answer: Answer, twins: Sequence[Twin] = ()) -> None:
        """Tell the engine what a person decided, of this call first. A comment goes along with a denial, and as a message
        after an allowance."""
        rest = replace(answer, rule=None)
        for one_id, one_call, decision in [(session_id, call, answer), *((*twin, rest) for twin in twins)]:
            was_first = await self.approvals.answer(one_id, one_call, decision)
            if was_first and answer.comment and answer.allow:
                self.send(one_id, answer.comment, "step")

    def send(self, session_id: str, text: str, when: When, files: Sequence[str] = ()) -> None:
        """Give a message with these files to the agent: at its next step, or when its turn has ended."""
        self.drafts.pause(session_id, paused=False)
        since = self.drafts.taken_runs(session_id) if self.drafts.of(session_id).ran else ()
        self.drafts.hold(session_id, "\n\n".join([*(one.message for one in since), text]), when, files)
        self.nudge()

    def can_take_back(self, session_id: str) -> bool:
        """Whether a line waits here that is not on its way to the engine: such a one would be sent and taken back."""
        held = self.drafts.of(session_id).held
        return bool(held) and held[-1] is not self._sending.get(session_id)

    async def run_command(self, session_id: str, command: str) -> ShellRun:
        """Run a person's own command in the sandbox; the agent is told of it with the next message."""
        path = paths.own(session_id, "command")
        self.running_commands[session_id] += 1
        self.on_change()
        try:
            done = ran(command, await self.engine.post(path, {"command": command}))
        finally:
            self.running_commands[session_id] -= 1
        self.drafts.keep_run(session_id, done)
        for conversation, changed in self._followed:
            if conversation.session_id == session_id and not conversation.thread_id:
                conversation.ran(done)
                changed()
        return done

    def ran_last(self, session_id: str) -> str:
        """What was run since the last message, in a line; empty when nothing was."""
        ran = self.drafts.of(session_id).ran
        return ran[-1].line if ran else ""

    def resume(self, session_id: str) -> None:
        """Let the lines go that wait here since an interrupt."""
        self.drafts.pause(session_id, paused=False)
        self.nudge()

    def try_again(self, session_id: str) -> None:
        """Give a session whose turn has failed the next message, with which it goes on; once for each failure."""
        row = self.feed.rows.get(session_id)
        was_sent = row is not None and row.position <= self._released.get(session_id, -1)
        if not was_sent and not self.drafts.of(session_id).held:
            self.send(session_id, GO_ON, "step")

    async def interrupt(self, session_id: str) -> None:
        """Stop what the session does; lines that are held here wait until a person lets them go."""
        if self.drafts.of(session_id).held:
            self.drafts.pause(session_id, paused=True)
        await self._post(session_id, {"type": "user.interrupt"})

    async def _post(self, session_id: str, event: Json) -> None:
        await self.engine.post(paths.events(session_id), {"events": [event]})
