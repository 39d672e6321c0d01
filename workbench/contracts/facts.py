"""Facts that only this program knows: each declared once, with its fields and what a fork and a rewind make of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from workbench.contracts import thread_facts
from workbench.contracts.fact_kinds import FactKind
from workbench.contracts.values import Fact

TOOL_STARTED: Final = FactKind(
    name="tool.started",
    fields=("tool_use_id", "name"),
    about="tool_use_id",
    meaning="A tool call is about to have its effect.",
)
BACKGROUND_STARTED: Final = FactKind(
    name="background.started",
    fields=("tool_use_id", "id", "command"),
    about="tool_use_id",
    copied_by_fork=True,
    meaning="A command is about to run in the background, under an id that no other one of the session has.",
)
BACKGROUND_WATCHED: Final = FactKind(
    name="background.watched",
    fields=("tool_use_id", "id", "pattern", "until"),
    about="tool_use_id",
    meaning="The agent is to hear of lines of a command in the background, until this moment.",
)
BACKGROUND_NOTICED: Final = FactKind(
    name="background.noticed",
    fields=("event_id", "id", "taken", "is_last"),
    about="event_id",
    copied_by_fork=True,
    meaning="A system.message tells what a watch found, up to `taken` lines, and goes to the agent as output and not as an order.",
)
BACKGROUND_UNWATCHED: Final = FactKind(
    name="background.unwatched",
    fields=("id", "reason", "event_id"),
    meaning="A watch is over without a word to the agent; a message of it that waits, `event_id`, wakes the session no more.",
)
SANDBOX_STARTED: Final = FactKind(
    name="sandbox.started",
    fields=("container_id", "image", "image_id", "warnings"),
    about="container_id",
    meaning="A container runs for the session; `warnings` are limits that this machine cannot set.",
)
SANDBOX_ENDED: Final = FactKind(
    name="sandbox.ended",
    fields=("container_id", "reason"),
    about="container_id",
    meaning="The container is gone.",
)
INBOX_FLUSHED: Final = FactKind(
    name="inbox.flushed",
    fields=("event_ids",),
    meaning="Client events that waited were dropped.",
)
MODEL_REQUESTED: Final = FactKind(
    name="model.requested",
    fields=("model_request_start_id", "model", "purpose", "sha256", "parts"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="Which model was asked, with digests of the request's bytes, whole and by part; a `purpose` (compaction, judgement, grading, dream) says that it was not for the agent's next answer.",
)
MODEL_ANSWERED: Final = FactKind(
    name="model.answered",
    fields=("model_request_start_id", "ephemeral_1h_input_tokens"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="Tokens that the request wrote to the cache for an hour, which have another price.",
)
WEB_SEARCHED: Final = FactKind(
    name="web.searched",
    fields=("model_request_start_id", "requests"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="How many web searches the vendor made for the request, which it bills apart from the tokens.",
)
MODEL_STOPPED: Final = FactKind(
    name="model.stopped",
    fields=("model_request_start_id", "stop_reason", "stop_details"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="The agent's answer was refused, or ended before its end.",
)
MODEL_PARKED: Final = FactKind(
    name="model.parked",
    fields=("event_id", "until"),
    about="event_id",
    meaning="A limit of the model's stopped the thread, which goes on by itself at this moment.",
)
CONTEXT_OVERFLOWED: Final = FactKind(
    name="context.overflowed",
    fields=("model_request_start_id", "window", "said"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="The request was too long; `window` and `said` are the endpoint's own, where it told them.",
)
PART_REFUSED: Final = FactKind(
    name="part.refused",
    fields=("model_request_start_id", "model", "every", "parts", "reason"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="The endpoint refused `parts` of the request (digests), or `every` part of a kind: later requests leave them out.",
)
CONTEXT_COMPACTED: Final = FactKind(
    name="context.compacted",
    fields=("event_id", "summary", "through_seq"),
    about="event_id",
    copied_by_fork=True,
    meaning="The summary that stands in requests for all events up to `through_seq`.",
)
MESSAGE_CUT: Final = FactKind(
    name="message.cut",
    fields=("event_id", "reason"),
    about="event_id",
    copied_by_fork=True,
    meaning="The agent's message is what was said before its answer was interrupted, or failed for good.",
)
CALLS_HELD: Final = FactKind(
    name="calls.held",
    fields=("model_request_start_id", "calls"),
    about="model_request_start_id",
    meaning="An answer's calls (each a tool_use block and whether it is whole) wait for a judgement.",
)
CALLS_DECIDED: Final = FactKind(
    name="calls.decided",
    fields=("model_request_start_id",),
    about="model_request_start_id",
    meaning="The judgement on held calls is there.",
)
OUTCOME_JUDGED: Final = FactKind(
    name="outcome.judged",
    fields=("event_id", "outcome_id", "iteration", "criteria", "digest", "reason"),
    about="event_id",
    copied_by_fork=True,
    meaning="The verdict behind an evaluation's end: each of the `criteria` with what is missing; `digest` is of the files that were judged, `reason` why it is the last.",
)
MCP_LISTED: Final = FactKind(
    name="mcp.listed",
    fields=("server", "tools"),
    about="server",
    copied_by_fork=True,
    meaning="The tools of an MCP server as it told them last; a server that is away changes no prompt.",
)
MCP_ASKED: Final = FactKind(
    name="mcp.asked",
    fields=("tool_use_id", "questions", "state"),
    about="tool_use_id",
    meaning="An MCP server asks a person in this call: `questions` by the ids of their events, and the `state` to go on with.",
)
MCP_WENT_ON: Final = FactKind(
    name="mcp.went_on",
    fields=("tool_use_id",),
    about="tool_use_id",
    meaning="A call that had asked is about to go on with the answers, and may have its effect.",
)
ACP_STOOD: Final = FactKind(
    name="acp.stood",
    fields=(
        *("talk", "agent_session_id", "capabilities", "modes", "mode", "mode_option", "said", "heard", "unsent"),
        *("prompt", "told_through", "calls", "asks", "untold", "stop", "cost_usd"),
    ),
    meaning="Where the conversation with an agent of others stands: its lines up to `heard` are in the log, `prompt` is the request that it works on, `calls` are its own tools at work, and `asks` what it waits to be permitted.",
)
ACP_COST: Final = FactKind(
    name="acp.cost",
    fields=("model_request_start_id", "usd"),
    about="model_request_start_id",
    copied_by_fork=True,
    meaning="What a prompt has cost as the agent of others told it, in dollars; without it the price of its tokens counts.",
)
REPOSITORY_CLONED: Final = FactKind(
    name="repository.cloned",
    fields=("resource_id",),
    about="resource_id",
    copied_by_fork=True,
    undone_by_rewind=True,
    meaning="The repository is in the session's files; it is not cloned again, as what is there now is work.",
)
SKILLS_FOUND: Final = FactKind(
    name="skills.found",
    fields=("event_id", "resource_id", "skills"),
    about="event_id",
    copied_by_fork=True,
    undone_by_rewind=True,
    meaning="What a cloned repository has of skills; the system.message (none where there are none) tells it as data, not as an order.",
)
CREDENTIAL_GRANTED: Final = FactKind(
    name="credential.granted",
    fields=("credential_id", "placeholder"),
    about="credential_id",
    meaning="What stands in the sandbox for a credential: no secret, and the same for the whole session.",
)
NETWORK_ALLOWED: Final = FactKind(
    name="network.allowed",
    fields=("host",),
    meaning="A person let this session, and no fork of it, reach one more host.",
)
EGRESS_DECIDED: Final = FactKind(
    name="egress.decided",
    fields=("host", "port", "allowed", "reason", "credential_ids", "where", "method", "route"),
    meaning="A request wanted out, of a sandbox or of the engine; no query strings, no values.",
)
VAULT_NOTICED: Final = FactKind(
    name="vault.noticed",
    fields=("kind", "words", "credential_id"),
    meaning="The vault tells something about secrets or their refreshing.",
)
SESSION_SPENT: Final = FactKind(
    name="session.spent",
    fields=("usd",),
    meaning="What the session itself has cost at list price up to this rest, to the last digit; `session.usage` has whole cents.",
)
FILES_COUNTED: Final = FactKind(
    name="files.counted",
    fields=("changed",),
    meaning="So many files of the session differ from its project, ignored ones aside; noted where it became another number.",
)
FILES_APPLIED: Final = FactKind(
    name="files.applied",
    fields=("paths", "hunks", "force"),
    meaning="A person brought changes into the project; `hunks` are ids, none where whole files came; `id:3,4` are lines of one.",
)
FILES_DISCARDED: Final = FactKind(
    name="files.discarded",
    fields=("paths", "hunks"),
    meaning="A person put files of the session back to what the project has; `hunks` are ids of parts of files, `id:3,4` lines of one.",
)
COMMITS_BROUGHT: Final = FactKind(
    name="commits.brought",
    fields=("how", "branch", "head", "commits", "below"),
    meaning="A person brought commits of the session, or one of its files, into the project's repository, and into those `below` it; `how` is branch, forward, merge, rebase or commit.",
)
FILES_REWOUND: Final = FactKind(
    name="files.rewound",
    fields=("to", "to_at"),
    meaning="A person put the files back to after the event `to`, of the moment `to_at`; both null for the beginning.",
)
FILES_COPIED: Final = FactKind(
    name="files.copied",
    fields=("paths", "direction"),
    meaning="A person copied a file or folder into the session's sandbox (`in`), or out of it (`out`).",
)
COMMAND_RAN: Final = FactKind(
    name="command.ran",
    fields=("command",),
    meaning="A person's own command in the session's sandbox.",
)
SQL_ASKED: Final = FactKind(
    name="sql.asked",
    fields=("sql", "seconds", "rows", "error"),
    meaning="A person's question of the log.",
)

KINDS: Final = (
    TOOL_STARTED,
    BACKGROUND_STARTED,
    BACKGROUND_WATCHED,
    BACKGROUND_NOTICED,
    BACKGROUND_UNWATCHED,
    SANDBOX_STARTED,
    SANDBOX_ENDED,
    INBOX_FLUSHED,
    MODEL_REQUESTED,
    MODEL_ANSWERED,
    WEB_SEARCHED,
    MODEL_STOPPED,
    MODEL_PARKED,
    CONTEXT_OVERFLOWED,
    PART_REFUSED,
    CONTEXT_COMPACTED,
    MESSAGE_CUT,
    CALLS_HELD,
    CALLS_DECIDED,
    OUTCOME_JUDGED,
    MCP_LISTED,
    MCP_ASKED,
    MCP_WENT_ON,
    ACP_STOOD,
    ACP_COST,
    REPOSITORY_CLONED,
    SKILLS_FOUND,
    CREDENTIAL_GRANTED,
    NETWORK_ALLOWED,
    EGRESS_DECIDED,
    VAULT_NOTICED,
    SESSION_SPENT,
    FILES_COUNTED,
    FILES_APPLIED,
    FILES_DISCARDED,
    COMMITS_BROUGHT,
    FILES_REWOUND,
    FILES_COPIED,
    COMMAND_RAN,
    SQL_ASKED,
    *thread_facts.KINDS,
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
SUBJECTS: Final = {kind.name: kind.about for kind in KINDS if kind.about}
COPIED: Final = tuple(kind.name for kind in KINDS if kind.copied_by_fork)


def in_force(facts: Sequence[Fact]) -> list[Fact]:
    """Facts of one session, in order, without those that a rewind among them has made untrue: after it the files are those
    of its moment, also where that lies after an earlier rewind's."""
    states: list[tuple[datetime, tuple[Fact, ...]]] = []
    for fact in facts:
        standing = states[-1][1] if states else ()
        if fact.name == FILES_REWOUND.name and "to_at" in fact.body:
            standing = _at(states, fact.body["to_at"])
        elif _is_undone(fact):
            standing = (*standing, fact)
        states.append((fact.made_at, standing))
    true = {id(fact) for fact in states[-1][1]} if states else set()
    return [fact for fact in facts if not _is_undone(fact) or id(fact) in true]


def _at(states: Sequence[tuple[datetime, tuple[Fact, ...]]], moment: str | None) -> tuple[Fact, ...]:
    """What could be undone and was true at a moment; None is the beginning."""
    until = datetime.fromisoformat(moment) if moment else None
    return next((standing for made_at, standing in reversed(states) if until is not None and made_at <= until), ())


def _is_undone(fact: Fact) -> bool:
    return fact.name in BY_NAME and BY_NAME[fact.name].undone_by_rewind


def copied(facts: Sequence[Fact], event_ids: Collection[str], until: datetime | None) -> list[Fact]:
    """Those that a fork takes along: its log has these events, and its files are of this moment (None: of the beginning)."""
    then = {id(fact) for fact in in_force([fact for fact in facts if until is not None and fact.made_at <= until])}
    taken = []
    for fact in facts:
        kind = BY_NAME.get(fact.name)
        if kind is None or not kind.copied_by_fork:
            continue
        if fact.body[kind.about] in event_ids if kind.is_of_event else id(fact) in then:
            taken.append(fact)
    return taken
