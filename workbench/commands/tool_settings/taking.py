"""Compares what is wanted with what the engine has, and takes it over the HTTP API; the same again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import templates
from workbench.commands.surface import Json, Wrong
from workbench.commands.tool_settings.overlaps import is_rule, overlapping
from workbench.commands.tool_settings.plan import Note, Rule
from workbench.commands.tool_settings.wanted import ORIGIN, WantedAgent
from workbench.contracts.servers import STDIO

Action = Literal["create", "change", "unchanged"]
ENVIRONMENT: Final[Json] = {
    "name": "imported",
    "description": "Lets MCP servers and package managers through",
    "config": {
        "type": "cloud",
        "networking": {"type": "limited", "allow_package_managers": True, "allow_mcp_servers": True},
    },
}
"""The usual one of a session refuses agents whose servers it does not let through."""


@dataclass(frozen=True)
class RuleStep:
    """A rule that denies or asks, and its entries that are not in the file yet."""

    rule: Rule
    new: tuple[str, ...]


@dataclass(frozen=True)
class AgentStep:
    """An agent, what it is now, what of it changes, and the rules that allow something to it."""

    wanted: WantedAgent
    name: str
    old: Json | None
    changes: Json
    allows: tuple[Rule, ...]
    is_allowed: bool
    """Whether the file says so already."""

    @property
    def action(self) -> Action:
        return "create" if self.old is None else "change" if self.changes else "unchanged"

    @property
    def entries(self) -> list[str]:
        return list(dict.fromkeys(entry for rule in self.allows for entry in rule.entries))

    @property
    def is_new(self) -> bool:
        return self.action != "unchanged" or not self.is_allowed


@dataclass
class Steps:
    """All that is to be done, and what turned out to be impossible."""

    rules: list[RuleStep] = field(default_factory=list)
    agents: list[AgentStep] = field(default_factory=list)
    environment: Action | None = None
    """One that lets the agents' MCP servers through; None where no agent has one to be reached."""
    cannot: list[Note] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many of them change something."""
        return (
            (self.environment == "create")
            + sum(bool(one.new) for one in self.rules)
            + sum(one.is_new for one in self.agents)
        )


def compared(engine: Client, rules: Iterable[Rule], unsaid: Iterable[str], agents: Iterable[WantedAgent]) -> Steps:
    """What is to be done with this engine; `unsaid` is what rules deny or ask that cannot be taken.

    Raises:
        Wrong: the file of rules cannot be used as it is.
    """
    steps, own = Steps(), engine.get(paths.RULES)
    if own["trouble"]:
        raise Wrong(own["trouble"])
    restricting = [rule for rule in rules if rule.decision != "allow"]
    for rule in restricting:
        if not all(map(is_rule, rule.entries)):
            steps.cannot.append(Note(f"{rule.decision} {rule.said}", "it cannot be written as a rule here", rule.place))
            continue
        new = tuple(entry for entry in rule.entries if entry not in own[rule.decision])
        steps.rules.append(RuleStep(rule, new))
    asked = [*own["ask"], *unsaid, *(entry for rule in restricting if rule.decision == "ask" for entry in rule.entries)]
    stored = list(engine.pages(paths.AGENTS, [("limit", "100")]))
    for wanted in agents:
        _add_agent(steps, wanted, stored, own["data"], asked)
    if any(not server.url.startswith(STDIO) for step in steps.agents for server in step.wanted.servers):
        is_here = any(one["name"] == ENVIRONMENT["name"] for one in engine.pages(paths.ENVIRONMENTS))
        steps.environment = "unchanged" if is_here else "create"
    return steps


def _add_agent(
    steps: Steps, wanted: WantedAgent, stored: Sequence[Json], standing: Sequence[Json], asked: Sequence[str]
) -> None:
    old = next((one for one in stored if one["metadata"].get(ORIGIN) == wanted.origin), None)
    taken = {one["name"] for one in stored} | {one.name for one in steps.agents}
    name = old["name"] if old else next((one for one in wanted.names if one not in taken), None)
    if name is None:
        why = "there is another agent of this name, which was not imported from here; rename one of them"
        steps.cannot.append(Note(f"agent {wanted.names[0]}", why, wanted.place))
        return
    allows = tuple(_unasked(steps, wanted.allows, asked))
    entries = {entry for rule in allows for entry in rule.entries}
    of_agent = [set(one["allow"]) for one in standing if old and one["agent"] == old["id"] and "allow" in one]
    is_allowed = not entries or any(entries <= one for one in of_agent)
    changes = templates.changes(old, wanted.body) if old else {}
    steps.agents.append(AgentStep(wanted, name, old, changes, allows, is_allowed))


def _unasked(steps: Steps, allows: Sequence[Rule], asked: Sequence[str]) -> Iterable[Rule]:
    """The rules of which nothing is asked: there an allow counts behind an ask, here before it."""
    for rule in allows:
        if not all(map(is_rule, rule.entries)):
            note = Note(f"allow {rule.said}", "it cannot be written as a rule here", rule.place)
        elif over := next((one for entry in rule.entries if (one := overlapping(entry, asked))), None):
            note = Note(
                f"allow {rule.said}",
                f"it may cover what a rule asks about or denies, {over}, and would go over it",
                rule.place,
            )
        else:
            yield rule
            continue
        if note not in steps.cannot:
            steps.cannot.append(note)


# ── taking ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def take(engine: Client, steps: Steps) -> None:
    """Do all of it: what forbids first, then agents, then what they may."""
    for_all: dict[str, list[str]] = {}
    for step in steps.rules:
        for entry in step.new:
            known = for_all.setdefault(step.rule.decision, [])
            known += [] if entry in known else [entry]
    if for_all:
        engine.post(paths.RULES, for_all)
    if steps.environment == "create":
        engine.post(paths.ENVIRONMENTS, ENVIRONMENT)
    for agent in steps.agents:
        agent_id = _put(engine, agent)
        if not agent.is_allowed:
            _allow(engine, agent_id, agent.entries)


def _put(engine: Client, step: AgentStep) -> str:
    if step.old is None:
        model = step.wanted.body.get("model") or engine.get(paths.STATUS)["default_model"]
        return str(engine.post(paths.AGENTS, step.wanted.body | {"name": step.name, "model": model})["id"])
    if step.changes:
        version = {"version": step.old["version"]}
        engine.post(
            f"{paths.AGENTS}/{step.old['id']}", {name: step.wanted.body[name] for name in step.changes} | version
        )
    return str(step.old["id"])


def _allow(engine: Client, agent_id: str, entries: Sequence[str]) -> None:
    """One rule for all of an agent, as every part of a command must be allowed by the same; it takes the place of what it has in it."""
    made = engine.post(paths.RULES, {"allow": list(entries), "agent": agent_id})
    for one in engine.get(paths.RULES)["data"]:
        if one["agent"] == agent_id and one["id"] != made["id"] and set(one.get("allow", ["?"])) <= set(entries):
            engine.delete(f"{paths.RULES}/{one['id']}")
