"""Values that every room knows: what happened, what is kept, what a session is, and a call with its outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.contracts.acp_agents import AcpAgent
from workbench.contracts.instructions import Instructions
from workbench.contracts.outcomes import OutcomeEvaluation
from workbench.contracts.thread_states import RunState, ThreadState
from workbench.settings import DEFAULT_BACKEND

if TYPE_CHECKING:
    from workbench.events import DeltaEvent, Event, StartEvent


Json = dict[str, Any]
"""A JSON object in wire shape."""


SELF_HOSTED: Final = "self_hosted"
"""Type of an environment whose tools run with workers that fetch their work from a queue."""

MOST_TOKENS = 10**12
"""No request has more tokens; what says so is wrong, and its sums must stay within the database's 64 bits."""


Clock = Callable[[], datetime]
"""Gives this moment in UTC; tests pass one of their own."""


Progress = Callable[[str], None]
"""Takes one sentence about what is being done, for a person who waits."""


_CROSS_POSTED: Final = frozenset(
    {
        *("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"),
        *("user.tool_confirmation", "user.custom_tool_result", "user.tool_result"),
    }
)


@dataclass(frozen=True)
class Entry:
    """One durable row of what happened.

    `position` counts over the whole log and is the cursor of every stream. `seq` counts within the session, over all its threads, from 1; it is
    None while a client's event waits in the inbox (`event.processed_at` is then None too). When such an event is taken it
    appears once more, same event id, with a `seq`, a later `position` and its `processed_at`.
    """

    position: int
    session_id: str
    seq: int | None
    event: Event
    thread_id: str | None = None
    """The child thread whose entry it is; None for the primary one, whose entries are the session's."""

    @property
    def is_cross_posted(self) -> bool:
        """Whether it is a child thread's event in the primary one's log, where people see it."""
        # Each entry of a history is asked at each step: the cheap questions come first.
        if self.thread_id is not None or self.event.type not in _CROSS_POSTED:
            return False
        return not self._is_own(getattr(self.event, "session_thread_id", None))

    def _is_own(self, named: str | None) -> bool:
        return named is None or named == "sthr_" + self.session_id.partition("_")[2]


@dataclass(frozen=True)
class ToolOutput:
    """The end of what a running call has printed so far; of one call a newer one takes its place.

    `text` begins with a line, or with … where a line's beginning is left out, and may end within one. `lines_before` is how
    many lines ended before it, so that who shows lines as they come shows each once. Nothing in it is cleaned for a terminal.
    """

    tool_use_id: str
    text: str
    lines_before: int = 0
    command: str = ""
    """The beginning of a person's own command, whose call is no event; empty for an agent's call."""
    is_over: bool = False
    """Of a person's command, that it has ended: an agent's call ends with its result."""
    type: Literal["engine.tool_output"] = "engine.tool_output"


Heard = Callable[[ToolOutput], None]
"""Takes what a call has printed so far, while it runs."""


def unheard(_: ToolOutput) -> None:
    """Nobody listens to what a call prints."""


@dataclass(frozen=True)
class WorkProgress:
    """What a session waits for now, such as an image that is built, and since when; a newer one takes its place, an empty text ends it.

    `until` is the moment at which that ends by itself, of what waits for a moment.
    """

    text: str
    since: datetime
    until: datetime | None = None
    type: Literal["engine.progress"] = "engine.progress"


Passing = ToolOutput | WorkProgress
"""What is previewed beside the parts of answers: always whole, and only the newest counts."""


@dataclass(frozen=True)
class Preview:
    """A part of an answer in the making, or what is going on: goes to live followers, is never stored."""

    session_id: str
    event: StartEvent | DeltaEvent | Passing
    thread_id: str | None = None
    """As an entry's."""


@dataclass(frozen=True)
class Fact:
    """Something that only this program knows; never part of the public events. Its kinds are declared in `facts`."""

    name: str
    session_id: str | None
    made_at: datetime
    body: Json
    thread_id: str | None = None
    """The child thread that it is a fact of; None for the primary one, and where it is one of the whole session."""


@dataclass(frozen=True)
class Document:
    """A versioned configuration or record: `kind` is `agent`, `environment`, `session` or `group`; `body` is its wire object.

    Key is (kind, id, version). What the wire does not show lies under body["workbench"] and is taken off at the API.
    """

    kind: str
    id: str
    version: int
    body: Json


@dataclass(frozen=True)
class SessionState:
    """What the log says of one session right now: a fold over its events.

    `status` is idle, running, rescheduling or terminated as the last status event said; `standing` is what to tell people.
    `stop_reason` is the wire object of the last idle, else None. `waiting_for` are the ids of events that wait for an answer.
    `active_seconds` sums closed running spans; `running_since` is set while one is open. `usage` is the wire object of the
    last `session.usage`, else None; `spent_usd` is what the session itself has cost up to then, not rounded, None where no log
    tells. `queued` counts user.message and user.define_outcome in the inbox, `last_text` is the
    last message of user or agent (at most 400 characters), `last_error` and `last_error_type` tell of a session.error not yet
    followed by an idle with end_turn. `rested_at` is the moment of the last idle, `context_tokens` what the last request and its answer held.
    `tasks`, `tasks_done` and `task` (the one in progress) are of the task list that its agent keeps.
    `changed_files` of the session differed from its project when they were counted last.
    `is_interrupted` says that a person interrupted it at work, or while it waited, and asked nothing of it since.
    `outcomes` are all that were defined, oldest first; `is_outcome_new` says that the agent has not begun with the last one.
    `activity` is what a running session does in a few words: the call it made last, what it is saying, or that its model is asked.
    `primary` and `primary_stop` are status and stop reason of its primary thread: `status` and `stop_reason` are those of all threads together.
    `threads` are the child threads that are not terminated, in order of making; what waits in them stands in `waiting_for` too. `runs` are the open workflow runs.
    `recent` are digests of its last calls since a person spoke: the same ones again and again are told in `activity`.
    `percent` is how far a running call says it is, `progress` what the session waits for and since when: both pass, and are
    never stored.
    """

    session_id: str
    position: int = 0
    seq: int = 0
    status: str = "idle"
    stop_reason: Json | None = None
    waiting_for: tuple[str, ...] = ()
    usage: Json | None = None
    spent_usd: float | None = None
    active_seconds: float = 0.0
    running_since: datetime | None = None
    queued: int = 0
    last_event_type: str | None = None
    last_event_at: datetime | None = None
    last_text: str | None = None
    last_error: str | None = None
    last_error_type: str | None = None
    rested_at: datetime | None = None
    context_tokens: int = 0
    activity: str | None = None
    recent: tuple[str, ...] = ()
    percent: int | None = None
    progress: WorkProgress | None = None
    tasks: int = 0
    tasks_done: int = 0
    task: str = ""
    changed_files: int = 0
    is_interrupted: bool = False
    outcomes: tuple[OutcomeEvaluation, ...] = ()
    is_outcome_new: bool = False
    deleted: bool = False
    primary: str = "idle"
    primary_stop: Json | None = None
    threads: tuple[ThreadState, ...] = ()
    runs: tuple[RunState, ...] = ()

    @property
    def is_begun(self) -> bool:
        """Whether something waits that begins a turn."""
        return bool(self.queued or self.is_outcome_new)

    @property
    def only_runs(self) -> bool:
        """Whether nothing is at work but workflow runs, which no interrupt ends: they end with the session."""
        own = all(one.status == "idle" for one in self.threads if one.workflow_run_id is None)
        return bool(self.runs) and self.primary == "idle" and own and not self.is_begun

    @property
    def standing(self) -> str:
        """The public status: a session with a message in its inbox is already `running`."""
        if self.status == "idle" and self.is_begun and not self.waiting_for:
            return "running"
        return self.status


@dataclass(frozen=True)
class Session:
    """What brain and hands need to know of one session.

    `agent` is the snapshot and `environment` the environment's resolved config, both in wire shape
    (managed agents: 6.1 without metadata, 5.1). `project` is an absolute folder on the host, shown to the tools as an
    overlay at `/workspace/<its name>`; None gives an empty /workspace. `image` (a whole reference) or `containerfile` (an
    absolute path on the host) is the environment's own image as it was named when the session began; None gives ours.
    `group` shares a budget; up to `copied_through` a fork's log is its parent's. `network` are the workbench's own rules of
    the environment, beside the public ones: lists under `private_hosts`, `tunnel_hosts`, `plain_http` and `ports`.
    `repositories` are cloned into its workspace. `memories` are the attached memory stores, as resources in wire shape (6.4).
    `files` are its resources of that type, with the hash of their content; `uploads` those that it began with, as the model
    was told of them: `mount_path`, `filename` and `size_bytes`. `skills` are those that it began with: `name`, `description`,
    `sha256` of the archive, `skill_id` and `version` (null for one of a project), `origin` and `plugin`. `plugins` are those whose folders it has: `name` and `sha256`.
    Of a child thread `agent` is its own, `parent_agent` that of the session, and all else the session's; `thread_role` is then subagent or workflow.
    `machine` is the user's name of the machine on which the backend `ssh` runs its tools.
    `acp` is the agent of others that is its brain; None where ours is.
    `folders` are paths in its sandbox that its environment makes writable. `is_review` says that its files are a copy of another
    session's, for agents that review them.
    `talks` says that it may send messages to other sessions and gets theirs.
    `mode` is its permission mode, "" for the agent's own policies. `backend` runs its sandbox: the name that the environment chose when the session began. `instructions` are those of the
    project's files, as they were then.
    """

    id: str
    thread_id: str
    agent: Json
    environment: Json
    project: str | None
    created_at: datetime
    archived_at: datetime | None = None
    budget: Json | None = None
    image: str | None = None
    containerfile: str | None = None
    memories: tuple[Json, ...] = ()
    repositories: tuple[Json, ...] = ()
    files: tuple[Json, ...] = ()
    uploads: tuple[Json, ...] = ()
    skills: tuple[Json, ...] = ()
    plugins: tuple[Json, ...] = ()
    group: str | None = None
    copied_through: int = 0
    vault_ids: tuple[str, ...] = ()
    network: Json = field(default_factory=dict)
    backend: str = DEFAULT_BACKEND
    instructions: Instructions = field(default_factory=Instructions)
    mode: str = ""
    parent_agent: Json | None = None
    thread_role: str = ""
    talks: bool = False
    folders: tuple[str, ...] = ()
    machine: str = ""
    acp: AcpAgent | None = None
    is_review: bool = False

    @property
    def is_self_hosted(self) -> bool:
        """Whether its tools run with workers of its environment, and no sandbox of ours is ever made for it."""
        return bool(self.environment.get("type") == SELF_HOSTED)

    @property
    def is_child(self) -> bool:
        """Whether this is the session as one of its child threads sees it."""
        return self.parent_agent is not None

    @property
    def may_talk(self) -> bool:
        """Whether the agent of this thread may write to other sessions: children write to their coordinator."""
        return self.talks and not self.is_child


@dataclass(frozen=True)
class Group:
    """Sessions with one budget for all: `budget` is a wire object like a session's, `deleted_cents` what is gone has cost."""

    name: str
    budget: Json | None
    session_ids: tuple[str, ...]
    deleted_cents: float = 0


@dataclass(frozen=True)
class Call:
    """One tool call for the hands, or for the MCP `server` of that name; `id` is its event's and makes it at most once."""

    id: str
    name: str
    input: Json
    server: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a tool call gave: wire content blocks. A failure is one too, in words that the model can act on."""

    content: tuple[Json, ...]
    is_error: bool = False


def text_outcome(text: str, *, is_error: bool = False) -> Outcome:
    """An outcome of one text block."""
    return Outcome(({"type": "text", "text": text},), is_error)
