"""One session's transcript: blocks folded from the frames of its stream, with the text that is still on its way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from workbench.client.attachments import Attached, attached
from workbench.client.plans import is_changed
from workbench.contracts import thread_words
from workbench.contracts.call_text import call_text
from workbench.contracts.evaluation_words import headline
from workbench.contracts.notices import told_in
from workbench.contracts.replaced_calls import Replacement, replacement_of
from workbench.contracts.tools import BACKGROUND, path_of
from workbench.text.display import content_text, safe
from workbench.tui.state.shell_runs import ShellRun

Json = dict[str, Any]
Kind = Literal["user", "agent", "call", "note", "error", "ran", "thinking", "evaluation", "message"]

CUSTOM_CALL = "agent.custom_tool_use"
CALLS = ("agent.tool_use", "agent.mcp_tool_use", CUSTOM_CALL)
OUTPUT = "engine.tool_output"
RESULTS = ("agent.tool_result", "agent.mcp_tool_result", "user.tool_result", "user.custom_tool_result")
SHOWN = (
    "user.message",
    "agent.message",
    "agent.thinking",
    *CALLS,
    *RESULTS,
    "session.error",
    "system.message",
    "user.interrupt",
    "user.tool_confirmation",
    "user.define_outcome",
    "span.outcome_evaluation_start",
    "span.outcome_evaluation_end",
    *thread_words.TYPES,
)


@dataclass(frozen=True)
class Block:
    """One thing that was said or done; a call holds its result."""

    id: str
    kind: Kind
    text: str = ""
    call: Json | None = None
    answer: str = ""
    result: str | None = None
    failed: bool = False
    seconds: float | None = None
    output: str = ""
    """Of a running call, the end of what it has printed."""
    instead: Replacement | None = None
    """What a person ran in place of a call."""
    attached: tuple[Attached, ...] = ()
    """Pictures and documents of a message, or of a call's result."""
    by: str = ""
    """The child agent whose call this is, which runs in a thread of its own."""

    @property
    def source(self) -> str:
        """Everything in it that can be looked for."""
        lines = [one.line for one in self.attached]
        return "\n".join([self.text, call_text(self.call) if self.call else "", self.result or "", *lines])


@dataclass
class Conversation:
    """The blocks of one session, or of the child thread of this id, in order. `take` is the only thing that changes them."""

    session_id: str
    thread_id: str = ""
    blocks: list[Block] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    """Messages that the engine has and the agent has not taken yet: event id → text."""
    tail: Block | None = None
    """What the agent is saying; the finished message takes its place."""
    outputs: dict[str, str] = field(default_factory=dict)
    """What running calls have printed so far: call id → the end of it."""
    background: list[Json] = field(default_factory=list)
    """What its sandbox said last of commands in the background."""
    background_calls: int = 0
    """Calls of that tool and their results: after each more may be known of it."""
    changed_files: int = 0
    """Files that differ from its project, as of the rest at `counted_at`."""
    counted_at: datetime | None = None
    cursor: int = 0
    is_begun: bool = False
    """Whether its end was read; what lies before that comes page by page."""
    older_page: str = ""
    """What the engine calls the page before the oldest block; empty where there is none."""
    _whole: set[str] = field(default_factory=set)
    """Commands of a person of which all that they printed is known."""
    _answers: list[Json] = field(default_factory=list)
    """Results and confirmations of calls that lie on an older page."""
    _places: dict[str, int] = field(default_factory=dict)
    _begun: dict[str, str] = field(default_factory=dict)
    _last_at: str = ""
    """The moment of the last event: what is thought about begins there."""
    _thinking: str = ""
    """The thought that goes on."""
    _words: thread_words.ThreadWords = field(default_factory=thread_words.ThreadWords)

    def reconnected(self) -> None:
        """Forget what is not finished: a new stream tells it from its beginning, or what became of it."""
        self.tail = None
        self.outputs = {}
        for block in self.running_commands():
            self._replace(replace(block, result=block.output))
        self._thought()

    def take(self, event: Json, cursor: int | None = None) -> None:
        """Fold one frame; the same event again changes nothing."""
        self.cursor = cursor if cursor is not None else self.cursor
        kind = event["type"]
        if kind == "event_start":
            self._thought()
            if event["event"]["type"] == "agent.thinking":
                self._thinking = event["event"]["id"]
                self._put(Block(self._thinking, "thinking"))
            # A stream that begins in the middle of a message tells all of it so far.
            self.tail = Block(event["event"]["id"], "agent") if event["event"]["type"] == "agent.message" else None
            return
        if kind == "event_delta":
            text = event["delta"].get("content", {}).get("text", "")
            if self.tail is not None and self.tail.id == event["event_id"]:
                self.tail = Block(event["event_id"], "agent", self.tail.text + safe(text))
        elif kind == OUTPUT:
            self._printed(event)
        elif kind in CALLS:
            self._begun.setdefault(event["id"], event.get("processed_at") or "")
            self.background_calls += event["name"] == BACKGROUND.name
            by = self._words.agent(thread) if (thread := event.get("session_thread_id")) else ""
            self._put(Block(event["id"], "call", event["name"], call=event, by=safe(by)))
        elif kind in RESULTS:
            self._finish(event)
        elif kind == "user.message":
            self._said(event)
        elif kind == "user.tool_confirmation" and event.get("processed_at"):
            self._confirm(event)
        elif kind == "agent.thinking":
            self._thought(event)
        else:
            self._note(event)
        self._last_at = event.get("processed_at") or self._last_at

    def begin(self, events: Sequence[Json], cursor: int, older_page: str) -> None:
        """Fill it with its last events; `cursor` is where its stream goes on."""
        for event in events:
            self.take(event)
        self.cursor, self.older_page, self.is_begun = max(cursor, self.cursor), older_page, True

    def prepend(self, events: Sequence[Json], older_page: str) -> int:
        """Put an older page before what is there; the answer is how many blocks came."""
        page = Conversation(self.session_id, self.thread_id)
        for event in [*events, *self._answers]:
            page.take(event)
        blocks = [block for block in page.blocks if block.id not in self._places]
        self.blocks[:0] = blocks
        self._places = {block.id: place for place, block in enumerate(self.blocks)}
        self._answers, self.older_page = page._answers, older_page
        return len(blocks)

    def ran(self, ran: ShellRun) -> None:
        """A person's own command and what it printed: shown here, and no event of the session."""
        block_id = ran.id or f"ran {len(self.blocks)}"
        self._whole.add(block_id)
        self._replace(Block(block_id, "ran", safe(ran.command), result=safe(ran.output), failed=ran.failed))

    def running_commands(self) -> list[Block]:
        """A person's own commands that have not ended."""
        return [block for block in self.blocks if block.kind == "ran" and block.result is None]

    def show_commands(self, heard: Conversation) -> None:
        """Have a person's own commands as another follower of the session heard of them."""
        for block in heard.blocks:
            if block.kind == "ran" and block.id not in self._whole:
                self._replace(block)

    def _printed(self, event: Json) -> None:
        """What a running call has printed so far; a person's own command is known by nothing else."""
        call_id, text = event["tool_use_id"], safe(event["text"])
        command = event.get("command")
        if not command:
            self.outputs[call_id] = text
        elif call_id not in self._whole:
            known = self.blocks[self._places[call_id]] if call_id in self._places else None
            if not event.get("is_over"):
                self._replace(Block(call_id, "ran", safe(command), output=text or (known.output if known else "")))
            elif known:
                # Who ran it is told all of it; here stays the end of it that was heard.
                self._replace(replace(known, result=known.output))

    def _note(self, event: Json) -> None:
        match event["type"]:
            case "agent.message":
                self._put(Block(event["id"], "agent", safe(content_text(event["content"]))))
                self.tail = None
            case "system.message" if event.get("processed_at") and (told := told_in(event["content"])) is not None:
                self._put(Block(event["id"], "note", safe(f"⚙ {told}")))
            case "user.interrupt" if event.get("processed_at"):
                self._put(Block(event["id"], "note", "interrupted"))
            case "user.define_outcome" | "span.outcome_evaluation_start" | "span.outcome_evaluation_end":
                self._replace(evaluation_block(event))
            case "session.error":
                self._put(Block(event["id"], "error", safe(event["error"]["message"])))
            case "span.model_request_end":
                # Of an attempt that failed nothing stays: the next one begins anew.
                self.tail = None
            case "session.status_idle" | "session.status_terminated":
                self.tail = None
                self._thought()
            case _ if (said := self._words.told(event)) is not None:
                text = safe(said.text)
                self._put(Block(event["id"], "message", safe(said.line), result=text, failed=said.failed))

    def _thought(self, event: Json | None = None) -> None:
        """A thought has ended; how long it took is known from its event. The API tells that a model thought, never what."""
        thought, self._thinking = (event["id"] if event else self._thinking), ""
        if not thought:
            return
        self._put(Block(thought, "thinking"))
        place = self._places[thought]
        if event is None:
            self.blocks[place] = replace(self.blocks[place], answer="ended")
            return
        if self.blocks[place].answer == event["processed_at"]:
            return
        seconds = _between(self._last_at, event["processed_at"]) if self._last_at else None
        self.blocks[place] = replace(self.blocks[place], answer=event["processed_at"], seconds=seconds)

    def _said(self, event: Json) -> None:
        text = safe(content_text(event.get("content")))
        if not event.get("processed_at"):
            self.waiting[event["id"]] = text
            return
        self.waiting.pop(event["id"], None)
        self._put(Block(event["id"], "user", safe(_own_words(event)), attached=attached(event.get("content"))))

    def _finish(self, event: Json) -> None:
        called = event.get("tool_use_id") or event.get("mcp_tool_use_id") or event.get("custom_tool_use_id") or ""
        self.outputs.pop(called, None)
        place = self._places.get(called)
        if place is None:
            self._answers.append(event)
            return
        call = self.blocks[place].call
        self.background_calls += call is not None and call["name"] == BACKGROUND.name
        text = safe(_own_words(event))
        begun, ended = self._begun.get(called), event.get("processed_at")
        seconds = _between(begun, ended) if begun and ended else None
        failed = bool(event.get("is_error"))
        if (instead := self.blocks[place].instead) is not None:
            # The call itself was denied; what ran in its place is what the person wants to know of.
            text, failed = safe(instead.output), instead.failed
        path = path_of(call["name"], call["input"]) if call is not None else None
        shown = attached(event.get("content"), (path or "").rpartition("/")[2])
        self.blocks[place] = replace(self.blocks[place], result=text, failed=failed, seconds=seconds, attached=shown)

    def _confirm(self, event: Json) -> None:
        """The wait for a person is not the call's own time: it begins with the answer."""
        place = self._places.get(event["tool_use_id"])
        if place is None:
            self._answers.append(event)
            return
        instead = replacement_of(event)
        answer = "edited" if instead or is_changed(event) else "allowed" if event["result"] == "allow" else "denied"
        self._begun[event["tool_use_id"]] = event["processed_at"]
        # What a child's call gave stands in its own thread.
        result = "" if self.blocks[place].by else self.blocks[place].result
        self.blocks[place] = replace(self.blocks[place], answer=answer, instead=instead, result=result)

    def _replace(self, block: Block) -> None:
        """Put it, or have it in place of the one of its id."""
        if block.id in self._places:
            self.blocks[self._places[block.id]] = block
        else:
            self._put(block)

    def _put(self, block: Block) -> None:
        place = self._places.get(block.id)
        if place is None:
            self._places[block.id] = len(self.blocks)
            self.blocks.append(block)


def evaluation_block(event: Json) -> Block:
    """A goal, which opens to its rubric, or a round of it, which opens to the criteria; the end of a round is in the place of its start."""
    said = safe(headline(event))
    if event["type"] == "user.define_outcome":
        rubric = safe(str((event.get("rubric") or {}).get("content", "")))
        return Block(
            event["id"], "evaluation", f"goal: {said}", result="" if rubric.split() == said.split() else rubric
        )
    if event["type"] == "span.outcome_evaluation_start":
        return Block(event["id"], "evaluation", f"{said} …")
    place = event["outcome_evaluation_start_id"] or event["id"]
    failed = event["result"] != "satisfied"
    return Block(place, "evaluation", said, result=safe(event["explanation"]), failed=failed)


def _own_words(event: Json) -> str:
    """Its text; what is attached to it has lines of its own."""
    return content_text([block for block in event.get("content") or () if block["type"] not in ("image", "document")])


def _between(begun: str, ended: str) -> float:
    return max(0.0, (datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds())
