"""What agents of one session are to each other: who may be started, with which tools the model does it, and what they say.

Nothing here is a public event: the model's own calls of these tools show as `session.thread_created` and thread messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.contracts.values import Json
from workbench.contracts.workflows import MANUAL

MOST_CHILDREN: Final = 25
"""Child threads of one session that are not archived; those of an advisor or of a workflow run are not counted."""
MOST_WAIT_S: Final = 3600
"""Of one call that waits; without a number it is so long."""
MOST_MESSAGE: Final = 100_000
"""Characters of one message between threads."""
ADVISOR: Final = "anthropic.advisor"
"""The name under which the advisor is heard; no agent of a roster may have it."""
CREATE: Final = "create_agent"
SEND: Final = "send_to_agent"
LIST: Final = "list_agents"
WAIT: Final = "wait_for_agents"
ADVISE: Final = "consult_advisor"
REPORT: Final = "send_to_coordinator"
START_RUN: Final = "start_workflow"
STOP_RUN: Final = "stop_workflow"
_SELF: Final = "self"


@dataclass(frozen=True)
class Roster:
    """Who an agent may start: `agents` are whole definitions, `advisor` is the model to consult, None where there is none.

    Where it `plans`, workflow runs may use the agents of `planned`, and others that their plans define.
    """

    agents: tuple[Json, ...] = ()
    has_inline: bool = False
    advisor: str | None = None
    planned: tuple[Json, ...] = ()
    plans_inline: bool = False
    plans: bool = False

    @property
    def starts_agents(self) -> bool:
        return bool(self.agents) or self.has_inline

    def named(self, name: str) -> Json | None:
        return next((one for one in self.agents if one["name"] == name), None)


def roster(agent: Json) -> Roster:
    """What the `multiagent` of a session's agent allows, in either public shape."""
    told = agent.get("multiagent") or {}
    match told.get("type"):
        case "coordinator":
            members = [one for one in told["agents"] if one.get("type") != "advisor"]
            advisors = [one["model"] for one in told["agents"] if one.get("type") == "advisor"]
            return Roster(tuple(members), advisor=_model_id(advisors[0]) if advisors else None)
        case "multiagent_20261001":
            advisor, workflows = told["advisor"], told["workflows"]
            consulted = _model_id(advisor["model"]) if advisor["type"] == "enabled" else None
            plans = workflows["type"] == "enabled"
            return Roster(*_part(told["subagents"]), consulted, *_part(workflows), plans)
    return Roster()


def _part(part: Json) -> tuple[tuple[Json, ...], bool]:
    """The predefined agents of a part, and whether others may be defined."""
    if part["type"] == "disabled":
        return (), False
    return tuple(part["predefined_agents"] or ()), part["inline_agents"]["type"] == "enabled"


def _model_id(model: Any) -> str:
    return str(model["id"]) if isinstance(model, dict) else str(model)


def inline_agent(agent: Json, name: str, description: str, system: str) -> Json:
    """An agent that is defined when it is started: its session's in all but name, description and system prompt."""
    taken = ("model", "tools", "mcp_servers", "skills", "execution_identity")
    own = {"type": "inline", "name": name, "description": description, "system": system}
    return {**own, **{key: agent.get(key) for key in taken}}


def definitions(agent: Json, role: str) -> list[Json]:
    """The tools of this kind that the model of a thread of this role is offered, "" for the primary one.

    A tool of the agent's own with such a name stays its own.
    """
    if role:
        offered = [_TO_COORDINATOR] if role == "subagent" else []
    else:
        allowed = roster(agent)
        offered = [_create(allowed), _TO_AGENT, _LIST] if allowed.starts_agents else []
        offered += [_ADVISE] if allowed.advisor else []
        offered += [_start(allowed), _STOP] if allowed.plans else []
        offered += [_WAIT] if allowed.starts_agents or allowed.plans else []
    own = {entry["name"] for entry in agent.get("tools") or () if entry["type"] == "custom"}
    return [tool for tool in offered if tool["name"] not in own]


def names(agent: Json, role: str) -> frozenset[str]:
    """The names of `definitions`."""
    return frozenset(tool["name"] for tool in definitions(agent, role))


def told_of(agent_name: str, role: str) -> str:
    """What a child's system prompt says of its place."""
    if role == "workflow":
        return (
            f"You are the agent {agent_name!r} in a plan of many agents. The message is your whole task; nobody answers questions. You share"
            " files with other agents that may work at the same time. Your last message is your result, which a program reads."
        )
    return (
        f"You are the agent {agent_name!r}, started by another agent, the coordinator, whose messages are your task. Nobody else"
        " reads what you write. You share its files with other agents that may work at the same time. When you are done, your"
        " last message goes to the coordinator as your report: make it whole, with what you found, what you changed and what is open."
        f" {REPORT} tells something before that."
    )


def _tool(name: str, description: str, properties: Json, required: Sequence[str]) -> Json:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"name": name, "description": description, "input_schema": schema}


def _text(description: str) -> Json:
    return {"type": "string", "description": description}


def _create(allowed: Roster) -> Json:
    """Offered with the roster, which stays the same for the whole session."""
    listed = [
        f"{one['name']}: {(one.get('description') or '').strip() or '(no description)'}" for one in allowed.agents
    ]
    parts = [
        "Start another agent on a task. It works beside you, in the same files, and knows nothing of this conversation: tell it all"
        " that it needs. This returns at once; its report comes to you as a message when it is done, so do not ask"
        f" whether it is ready: end your turn when nothing else is to do, or use {WAIT} where you go on with the report. At most {MOST_CHILDREN} agents of a session at a time."
    ]
    properties: Json = {"message": _text("The task, whole.")}
    if listed:
        parts.append("Agents that can be started:\n" + "\n".join(listed))
        properties = {"agent": {**_text("Which agent."), "enum": [one["name"] for one in allowed.agents]}, **properties}
    required = ["agent", "message"] if listed and not allowed.has_inline else ["message"]
    if allowed.has_inline:
        parts.append(
            "Or define one for this task: leave agent out and give name, description and system. It has your model and tools."
        )
        properties |= {
            "name": _text("Of an agent defined here: its name, at most 64 characters of A-Z, a-z, 0-9, - and _."),
            "description": _text("Of an agent defined here: what it does, in a line."),
            "system": _text("Of an agent defined here: its system prompt."),
        }
    return _tool(CREATE, "\n\n".join(parts), properties, required)


def _start(allowed: Roster) -> Json:
    listed = [
        f"{one['name']}: {(one.get('description') or '').strip() or '(no description)'}" for one in allowed.planned
    ]
    parts = [
        "Run a program of many agents in the background: for work with many like parts, stages, or answers that are to be compared."
        " This returns at once; when the run has ended you are told its result. Until then go on or end your turn; do not ask for it.",
        MANUAL,
    ]
    if listed:
        parts.append("Agents that the program can name:\n" + "\n".join(listed))
    if not allowed.plans_inline:
        parts.append("Each agent of the program has to be one of these.")
    properties: Json = {
        "name": _text("What the run is called, at most 64 characters."),
        "description": _text("What it is for, in a line."),
        "program": _text("The program."),
        "args": {"description": "What the program reads as args: any JSON value."},
    }
    return _tool(START_RUN, "\n\n".join(parts), properties, ("name", "program"))


_STOP: Final = _tool(
    STOP_RUN,
    "End a run that you started, and its agents.",
    {"workflow_run_id": _text("The run, wrun_….")},
    ("workflow_run_id",),
)
_TO_AGENT: Final = _tool(
    SEND,
    "Send a message to an agent that you started: more to do, an answer, a correction. It reads it before its next step, and starts"
    " again where it had ended. This returns at once and says whether it was delivered.",
    {
        "to": _text("Its thread, sthr_…, or its name where only one of that name was started."),
        "message": _text("The message."),
        "in_reply_to": _text("The id of the message of its that this answers, if it answers one."),
    },
    ("to", "message"),
)
_LIST: Final = _tool(
    LIST, "List the agents that can be started and those that you started, with what each does.", {}, ()
)
_WAIT: Final = _tool(
    WAIT,
    "Wait until an agent that you started, or the user, has a message for you, a run has ended, or nothing is at work any more. It costs"
    " nothing while it waits; what came follows as messages. End your turn instead where you have nothing to do with it.",
    {"seconds": {"type": "integer", "minimum": 1, "maximum": MOST_WAIT_S, "description": "At most so long."}},
    (),
)
_ADVISE: Final = _tool(
    ADVISE,
    "Ask a stronger model for advice. It sees this conversation; its advice comes as a message before your next step.",
    {"question": _text("What you want to know.")},
    ("question",),
)
_TO_COORDINATOR: Final = _tool(
    REPORT,
    "Tell the coordinator something before you are done: a question, a finding that others need, a problem. It returns at once.",
    {
        "message": _text("The message."),
        "in_reply_to": _text("The id of the coordinator's message that this answers, if it answers one."),
    },
    ("message",),
)
