"""What the rooms promise each other: Protocols of at most six methods, and a few small frozen values."""

from __future__ import annotations

import asyncio
import shlex
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    # Only named here: the vault's process promises without the SDK's types, which take half a second and 50 MB.
    from workbench.events import DeltaEvent, Event, StartEvent

Json = dict[str, Any]
"""A JSON object in wire shape."""

Clock = Callable[[], datetime]
"""Gives this moment in UTC; tests pass one of their own."""

Progress = Callable[[str], None]
"""Takes one sentence about what is being done, for a person who waits."""


# ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Entry:
    """One durable row of what happened.

    `position` counts over the whole log and is the cursor of every stream. `seq` counts within the session, from 1; it is
    None while a client's event waits in the inbox (`event.processed_at` is then None too). When such an event is taken it
    appears once more, same event id, with a `seq`, a later `position` and its `processed_at`.
    """

    position: int
    session_id: str
    seq: int | None
    event: Event


@dataclass(frozen=True)
class Preview:
    """Text on its way: goes to whoever listens, is never stored."""

    session_id: str
    event: StartEvent | DeltaEvent


@dataclass(frozen=True)
class Fact:
    """Something that only this program knows; never part of the public events.

    Names in use: `tool.started` {tool_use_id, name}, `sandbox.started` {container_id, image, image_id, warnings},
    `sandbox.ended` {container_id, reason}, `egress.decided` {host, port, allowed, reason},
    `inbox.flushed` {event_ids}, `model.requested` {model_request_start_id, model, purpose}: a `purpose`
    (`compaction`, `judgement`) says that the request was not for the agent's next answer, `model.answered`
    {model_request_start_id, ephemeral_1h_input_tokens}, `model.stopped` {model_request_start_id, stop_reason, stop_details}:
    the agent's answer was refused, or ended before its end, `context.overflowed` {model_request_start_id}: the request was too
    long, `context.compacted` {event_id, summary, through_seq}, `calls.held` {model_request_start_id, calls}: an answer's
    calls (each a tool_use block and whether it is whole) wait for a judgement, `calls.decided` {model_request_start_id},
    `files.applied` {paths, force}, `files.rewound` {to}, `command.ran` {command}: a person's own, in the session's sandbox.
    """

    name: str
    session_id: str | None
    made_at: datetime
    body: Json


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
    last `session.usage`, else None. `queued` counts user.message and user.define_outcome in the inbox, `last_text` is the
    last message of user or agent (at most 400 characters), `last_error` the message of a session.error not yet followed by
    an idle with end_turn. `rested_at` is the moment of the last idle, `context_tokens` what the last request and its answer held.
    """

    session_id: str
    position: int = 0
    seq: int = 0
    status: str = "idle"
    stop_reason: Json | None = None
    waiting_for: tuple[str, ...] = ()
    usage: Json | None = None
    active_seconds: float = 0.0
    running_since: datetime | None = None
    queued: int = 0
    last_event_type: str | None = None
    last_event_at: datetime | None = None
    last_text: str | None = None
    last_error: str | None = None
    rested_at: datetime | None = None
    context_tokens: int = 0
    deleted: bool = False

    @property
    def standing(self) -> str:
        """The public status: a session with a message in its inbox is already `running`."""
        if self.status == "idle" and self.queued and not self.waiting_for:
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
    group: str | None = None
    copied_through: int = 0
    vault_ids: tuple[str, ...] = ()
    network: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Sessions with one budget for all: `budget` is a wire object like a session's, `deleted_cents` what is gone has cost."""

    name: str
    budget: Json | None
    session_ids: tuple[str, ...]
    deleted_cents: int = 0


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


@dataclass(frozen=True)
class QueryLimits:
    """How much a person's query may take."""

    rows: int = 10_000
    seconds: float = 30.0


@dataclass(frozen=True)
class QueryResult:
    """A finished query: column names, DuckDB's type names, rows of JSON values (moments as RFC 3339, decimals as text)."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    truncated: bool
    seconds: float


class QueryRefused(Exception):
    """The statement may not run or failed; the text says what is wrong and what to write instead."""


class LogUnusable(Exception):
    """The log cannot be opened (newer version, locked, no disk); the text says the cure."""


@dataclass(frozen=True)
class FileChange:
    """What a session made of one file of its project, seen from the project as it is now.

    `kind` is added, modified or deleted; `what` is file, link or folder; modes are permission bits, `bytes` the new size.
    `conflict` says that the project's own file changed since the session began to change its copy.
    """

    path: str
    kind: str
    what: str
    mode_before: int | None
    mode_after: int | None
    bytes: int | None
    conflict: bool


@dataclass(frozen=True)
class FileChanges:
    """All changes by path, and sentences about what can be neither shown nor applied."""

    changes: tuple[FileChange, ...]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileDiff:
    """The changes as a unified diff that `git apply` takes; `truncated` where it became too long."""

    text: str
    truncated: bool = False


class FilesRefused(Exception):
    """What was asked was not done, for the reason in the text; `conflicts` are the files that changed on both sides."""

    def __init__(self, message: str, conflicts: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


# ── the log ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Follower(Protocol):
    """A live subscription, begun when it was made: nothing is missed between making and iterating."""

    def __aiter__(self) -> AsyncIterator[Entry | Preview]: ...

    async def __anext__(self) -> Entry | Preview:
        """The next frame in order of position; ends (StopAsyncIteration) after `session.deleted` or at close."""

    async def aclose(self) -> None: ...


class SessionLog(Protocol):
    """Appends, reads and follows; what is returned is durable and followers have been told."""

    async def append(
        self,
        session_id: str,
        events: Sequence[Event],
        *,
        facts: Sequence[Fact] = (),
        documents: Sequence[Document] = (),
    ) -> list[Entry]:
        """Write all of it, or nothing, in this order; events must carry `processed_at`."""

    async def read(
        self, session_id: str, *, after: int = 0, limit: int | None = None, newest_first: bool = False
    ) -> list[Entry]:
        """Entries of the log (not the inbox) with seq > `after`, in order of seq; newest first: from the end."""

    def follow(self, session_id: str, *, after: int | None = None) -> Follower:
        """Follow one session: from now on, or first everything with position > `after`, then on without gap or repeat."""

    def preview(self, preview: Preview) -> None:
        """Tell followers; a follower that is too slow misses previews and no entry."""

    async def erase(self, session_id: str) -> None:
        """Delete a whole session at its owner's word: append `session.deleted`, tell followers, drop everything."""


class Inbox(Protocol):
    """What clients sent and the brain has not taken up."""

    async def send(
        self, session_id: str, events: Sequence[Event], *, documents: Sequence[Document] = ()
    ) -> list[Entry]:
        """All of it durable or none. Events with `processed_at` None wait in the inbox; the others go into the log at once."""

    async def take(self, session_id: str, *, only: frozenset[str] | None = None) -> list[Entry]:
        """Move waiting events (of the types in `only`) into the log, stamped, interrupts first; [] when there are none."""

    def queued(self, session_id: str) -> list[Entry]:
        """What waits, in order of arrival."""

    async def flush(self, session_id: str) -> None:
        """Drop what waits without taking it up, and record the fact `inbox.flushed`."""


class Facts(Protocol):
    async def record(self, fact: Fact) -> None:
        """Durable when it returns."""

    async def facts(self, session_id: str, *names: str) -> list[Fact]:
        """All facts of these names about one session, oldest first."""


class Documents(Protocol):
    async def put(self, document: Document) -> None:
        """Durable when it returns; the same (kind, id, version) again replaces it."""

    async def get(self, kind: str, document_id: str, version: int | None = None) -> Document | None:
        """One version; the newest when `version` is None."""

    async def newest(self, kind: str) -> list[Document]:
        """The newest version of every document of this kind, in order of first making."""

    async def versions(self, kind: str, document_id: str) -> list[Document]:
        """All versions, oldest first."""

    async def remove(self, kind: str, document_id: str) -> None: ...


class States(Protocol):
    def state(self, session_id: str) -> SessionState:
        """The fold of one session; the zero state for one that has no events."""

    def states(self) -> list[SessionState]:
        """All sessions that have events or waiting input."""

    def changes(self) -> AsyncIterator[SessionState]:
        """Every later change of any session's state, coalesced for a slow reader; ends at close."""


class Questions(Protocol):
    async def ask(self, sql: str, limits: QueryLimits) -> QueryResult:
        """Run one read-only statement; cancelling the task interrupts it within about 0.1 s.

        Raises:
            QueryRefused: not a single SELECT or EXPLAIN, an error in it, or over its time.
        """

    async def export(self, sql: str, limits: QueryLimits) -> bytes:
        """The result as a Parquet file."""


# ── the brain ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Sessions(Protocol):
    async def session(self, session_id: str) -> Session | None:
        """The session as it is configured now; None when there is none (any more)."""

    async def group(self, name: str) -> Group:
        """The sessions that share this name, and their budget."""


class Brain(Protocol):
    async def wake(self, session_id: str, interrupted: asyncio.Event) -> None:
        """Go on from what the log and the inbox say, until the session is idle or terminated and the inbox has nothing to take.

        Holds nothing between calls. `interrupted` is set when a user.interrupt has arrived in the inbox: the running step is
        cut short, the interrupt is taken, and the event is cleared by the brain.
        """


@dataclass(frozen=True)
class ModelRequest:
    """One request in Messages API shape, without `stream`: a pure function of the log."""

    body: Json
    betas: tuple[str, ...] = ()


@dataclass(frozen=True)
class TextDelta:
    """A fragment of text block number `index` of the reply (counting text blocks only, from 0)."""

    index: int
    text: str


@dataclass(frozen=True)
class ThinkingStarted:
    """The model began to think."""


@dataclass(frozen=True)
class Reply:
    """A finished reply: content blocks, stop reason and usage as the Messages API gave them."""

    content: tuple[Json, ...]
    stop_reason: str
    usage: Json
    stop_details: Json | None = None


@dataclass(frozen=True)
class ModelFault:
    """A reply that did not come: what kind of fault, whether the same request may be tried again, and when.

    `kind` is the `error.type` of session.error (`model_overloaded_error`, `model_rate_limited_error`,
    `model_request_failed_error`, `billing_error`, `unknown_error`); `context_too_long` asks for compaction.
    """

    kind: str
    message: str
    retry: bool
    retry_after_s: float | None = None
    context_too_long: bool = False


class Model(Protocol):
    def reply(self, request: ModelRequest) -> AsyncIterator[TextDelta | ThinkingStarted | Reply | ModelFault]:
        """Stream one reply; the last item is a Reply or a ModelFault, and it never raises for what a server does."""


@dataclass(frozen=True)
class ServerFault:
    """An MCP server that could not be used: `kind` is the `error.type` of its session.error."""

    kind: str
    message: str


STDIO = "stdio:"
"""How the URL of an MCP server begins that is a program in the session's own sandbox; the rest is its command."""


def server_command(url: str) -> tuple[str, ...] | None:
    """The words of a server's command, split as a shell splits them; None for a server that is reached by HTTP.

    Raises:
        ValueError: a quotation that does not end.
    """
    return tuple(shlex.split(url.removeprefix(STDIO))) if url.startswith(STDIO) else None


class Servers(Protocol):
    """The MCP servers of agents. What fails is an outcome or a fault, never raised."""

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        """Connect, or connect again, and tell the server's tools: {name, description, input_schema} of each."""

    async def call(self, session: Session, server: Json, call: Call) -> Outcome:
        """Run one tool; cancelling the task tells the server."""

    async def release(self, session_id: str) -> None:
        """End the session's connections; no error when there are none."""


# ── the hands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class Hands(Protocol):
    """Tool calls in a session's own sandbox. Failure is an outcome; only cancellation is raised."""

    async def provision(self, session: Session) -> Outcome:
        """Have a sandbox ready; the text says what is ready, or what is missing and the command that mends it."""

    async def execute(self, session: Session, call: Call) -> Outcome:
        """Run one call, provisioning first where needed; cancelling the task ends the call inside as well."""

    async def recover(self, session: Session, call: Call) -> Outcome | None:
        """After a restart: the kept outcome, or that of the process still running; None when the sandbox knows nothing of it."""

    async def acknowledge(self, session: Session, call_id: str) -> None:
        """The call's result is durable in the log: its outcome is forgotten, and a call that still runs is ended."""

    async def release(self, session_id: str) -> None:
        """End the sandbox; the session's files stay. No error when there is none."""


class Outlets(Protocol):
    """What a sandbox's way out is, and what it finds in its environment."""

    async def variables(self, session: Session) -> Mapping[str, str]:
        """Environment variables of a new sandbox: placeholders of its secrets, settings of programs that use them."""

    async def open(self, session_id: str, listener: socket.socket) -> None:
        """Everything inside that wants out comes to this listener. Again after a restart; the caller may close its own."""

    async def close(self, session_id: str) -> None:
        """The sandbox has ended, and so has its way out. No error when there is none."""


class Files(Protocol):
    """A session's files, and what they differ in from its project. Each raises `FilesRefused` with what to do instead."""

    async def changes(self, session: Session) -> FileChanges:
        """What the session changed in its project."""

    async def diff(self, session: Session) -> FileDiff:
        """The same as text."""

    async def apply(self, session: Session, paths: Sequence[str] | None, *, force: bool = False) -> FileChanges:
        """Bring the changes (under `paths`; None: all) into the project, or none of them; needs a released sandbox.

        What is in conflict is refused, unless `force` says that the session's version wins.
        """

    async def checkpoint(self, session: Session, seq: int) -> None:
        """Keep the files as they are now, as those of this place in the log; what cannot be kept is noted, never raised."""

    async def restore(self, source: Session, seq: int, target: Session) -> None:
        """Give `target` the files that `source` had at `seq`, and its earlier checkpoints; needs a released sandbox."""

    async def erase(self, session_id: str) -> None:
        """Remove everything; no error when there is nothing."""


@dataclass(frozen=True)
class Check:
    """One line of `workbench doctor`."""

    name: str
    ok: bool
    found: str
    cure: str = ""
    serious: bool = True


# ── the vault ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Grant:
    """What one session may use of one credential: where its placeholder becomes the secret.

    `hosts` are the credential's own (names, IPv4, `*.name`); None is every host that the environment allows. `exclusive`
    hosts get no request that carries a credential of somebody else.
    """

    credential_id: str
    placeholder: str
    hosts: tuple[str, ...] | None
    header: bool = True
    body: bool = False
    exclusive: bool = False


@dataclass(frozen=True)
class NetworkRules:
    """Where one session's sandbox may go: `type` is `none`, `limited` (to `hosts`) or `unrestricted`.

    `private_ok` are names that may lead to private addresses (this machine's package mirrors), `tunnel_hosts` pass without
    being opened and never get a secret, `plain_http` are names that may be asked on port 80, never with a secret.
    """

    type: str = "limited"
    hosts: tuple[str, ...] = ()
    private_ok: tuple[str, ...] = ()
    tunnel_hosts: tuple[str, ...] = ()
    plain_http: tuple[str, ...] = ()
    websockets: bool = False
    ports: tuple[int, ...] = (443,)


@dataclass(frozen=True)
class Route:
    """One of the engine's own ways out: plain HTTP in, by this name as its Host, on the vault's socket; `base_url` beyond.

    `scheme` says how the credential goes along: `x-api-key`, `bearer`, or `oauth` (a bearer that the vault refreshes). What
    the client sends as its own credential is taken off. `socket` is set where the server listens on a Unix socket.
    """

    name: str
    base_url: str
    credential_id: str | None = None
    scheme: str | None = None
    socket: Path | None = None
    private_ok: bool = False


@dataclass(frozen=True)
class NetDecision:
    """One request and what became of it, without query strings and values.

    `reason` is a word (`host_not_allowed`, `private_address`, `placeholder_elsewhere`, …), "" where there is nothing to say.
    `credential_ids` are those whose secret went along, or whose placeholder did where `reason` is `placeholder_elsewhere`;
    `where` is `header`, `body` or "". `session_id` is None, and `route` its name, for the engine's own ways out.
    """

    session_id: str | None
    at: datetime
    host: str
    port: int
    allowed: bool
    reason: str = ""
    credential_ids: tuple[str, ...] = ()
    where: str = ""
    method: str = ""
    route: str = ""


@dataclass(frozen=True)
class VaultNotice:
    """Something about the vault that a person should know: `kind` is one of `locked`, `unlocked`, `refreshed`,
    `refresh_failed` and `restarted`."""

    kind: str
    at: datetime
    words: str
    credential_id: str | None = None


@dataclass(frozen=True)
class Stored:
    """What may be known of a stored credential: `fingerprint` changes when the secret does; a placeholder for it begins
    with `prefix` (the vendor's known one, or "") and has `length` characters."""

    fingerprint: str
    prefix: str
    length: int


@dataclass(frozen=True)
class Refreshed:
    """What became of an OAuth refresh: `succeeded`, `failed`, `connect_error` or `no_refresh_token`; the HTTP status where
    there was an answer, whose text is never shown."""

    status: str
    status_code: int | None = None
    expires_at: str | None = None


@dataclass(frozen=True)
class VaultStanding:
    """Where secrets are kept: `kind` is `keyring`, `file` or `memory` (gone when the engine ends), `backend` its name;
    `state` is `ready`, `locked` or `unusable`; `words` say what to do. `missing` are credential ids without their secret."""

    kind: str
    backend: str
    state: str
    words: str = ""
    missing: tuple[str, ...] = ()
    pid: int | None = None


class VaultRefused(Exception):
    """A secret was not stored, removed or used; the text says why, what to do, and never a value."""


class Vault(Protocol):
    """Keeps secrets and tells none. There is no get. Each method raises `VaultRefused` where it cannot do what is asked.

    Secrets are named fields: `value`, `token`, `access_token`, `refresh_token`, `client_secret`. Settings are what is not
    secret: `expires_at`, `token_endpoint`, `token_endpoint_auth` (`none`, `client_secret_basic`, `client_secret_post`),
    `client_id`, `resource`, `scope`.
    """

    async def put(self, credential_id: str, secrets: Mapping[str, str], settings: Mapping[str, str | None]) -> Stored:
        """Store these fields; those not named stay as they were, a setting of None is taken off. Reaches open sessions."""

    async def adopt(self, credential_id: str, deposit_id: str, settings: Mapping[str, str | None]) -> Stored:
        """The same with the secrets of a deposit, which another process has sent to the vault itself; once only."""

    async def remove(self, credential_id: str) -> None:
        """Forget it everywhere; no error when there is nothing."""

    async def refresh(self, credential_id: str) -> Refreshed:
        """Get a new access token now; callers at the same time share one refresh."""

    async def redact(self, session_id: str, data: bytes) -> bytes:
        """`data` with the session's secrets, in common encodings too, taken out."""

    async def check(self, credential_ids: Sequence[str] = ()) -> VaultStanding:
        """What keeps the secrets, in which state, and which of these it does not have."""


class Ways(Protocol):
    """The only ways out: of each sandbox through its own listener, of the engine through named routes on one socket."""

    async def open(
        self, session_id: str, rules: NetworkRules, grants: Sequence[Grant], listener: socket.socket | None = None
    ) -> None:
        """Begin, or replace rules and grants as one; None keeps the listener. The caller may close its own descriptor.

        Raises:
            VaultRefused: rules or grants are wrong; what was in force stays in force.
        """

    async def close(self, session_id: str) -> None:
        """Cut every connection and let go of the listener; no error when there is none."""

    async def route(self, route: Route) -> None:
        """Add or replace one of the engine's ways out."""

    async def forget(self, name: str) -> None:
        """Take a route away; no error when there is none."""

    def decisions(self) -> AsyncIterator[NetDecision]:
        """Every decision from now on, in order; ends at close."""

    def notices(self) -> AsyncIterator[VaultNotice]:
        """Every notice from now on; ends at close."""


# ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class MemoryVersion:
    """One change of one memory; what a memory is now is its last version.

    `operation` is created, modified or deleted; `created_by` and `redacted_by` are actors in wire shape. Content, hash and
    size are None for a deletion and, with the path and the grounds, after a redaction. `grounds` says why it was written,
    where a dream did: {"dream_id", "lines": [{"text", "evidence": […]}]}.
    """

    id: str
    store_id: str
    memory_id: str
    operation: str
    path: str | None
    content: str | None
    content_sha256: str | None
    content_size_bytes: int | None
    created_by: Json
    created_at: datetime
    redacted_at: datetime | None = None
    redacted_by: Json | None = None
    grounds: Json | None = None


class MemoryRefused(Exception):
    """A change of memory that was not made, for the reason in the text.

    `kind` is invalid, not_found, path_conflict or precondition_failed; `more` are fields of the wire's error object.
    """

    def __init__(self, message: str, kind: str = "invalid", more: Json | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.more = more or {}


class MemoryVersions(Protocol):
    """The versions of all memories; those of one store in order of their making."""

    async def keep(self, versions: Sequence[MemoryVersion]) -> None:
        """All of them durable when it returns, or none; a version that is known is replaced by its redaction."""

    async def outline(self, store_id: str, memory_id: str | None = None) -> list[MemoryVersion]:
        """All versions of a store or of one memory, oldest first, without contents and grounds."""

    async def version(self, store_id: str, version_id: str) -> MemoryVersion | None:
        """One whole version."""

    async def whole(self, store_id: str, version_ids: Sequence[str]) -> list[MemoryVersion]:
        """These versions with contents and grounds, in the order that was asked for."""

    async def drop(self, store_id: str) -> None:
        """Remove all versions of a store."""


class MemoryFolders(Protocol):
    """The folders under /mnt/memory of a session's sandbox, from outside; `slug` is the folder's name, paths begin with /."""

    async def hashes(self, session_id: str, slug: str) -> dict[str, str] | None:
        """The hash of every regular file whose name is text; None when there is no folder."""

    async def content(self, session_id: str, slug: str, path: str) -> bytes | None:
        """The first bytes of a file, one more than a memory may have; None when there is none (any more)."""

    async def put(self, session_id: str, slug: str, path: str, content: str | None) -> bool:
        """Write a file in one step, or remove it; makes the folder. False where something of the sandbox's is in the way."""

    async def load(self, session_id: str, slug: str) -> Json:
        """What was kept beside the folder, which no sandbox sees; {} when nothing was."""

    async def save(self, session_id: str, slug: str, body: Json) -> None:
        """Keep something beside the folder."""
