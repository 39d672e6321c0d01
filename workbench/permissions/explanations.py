"""Why a call asks, what it could do and where, and the rules that would let such calls run: for the person who answers it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from workbench.contracts import modes
from workbench.contracts.call_hosts import host_of
from workbench.contracts.tools import BY_NAME, IN_WEB, PROPOSE_PLAN, command_of
from workbench.contracts.values import Json, Session
from workbench.permissions.gate import judge
from workbench.permissions.risks import risks
from workbench.permissions.rulebook import always_of
from workbench.permissions.rules import Rules
from workbench.permissions.shell import Plain, plain_commands
from workbench.settings import SettingsError

_PLANNING: Final = "the session is in plan mode: only reading runs until you approve a plan"
_UNSURE: Final = "what this call does cannot be fully analysed"
_VERBS: Final = frozenset(
    {"git", "npm", "pnpm", "yarn", "pip", "uv", "cargo", "make", "go", "podman", "docker", "just", "npx"}
)
_TOO_BROAD: Final = frozenset(
    {"bash", "sh", "zsh", "python", "python3", "node", "perl", "ruby", "env", "xargs", "sudo", "eval", "rm", "ssh", "nohup", "timeout", "time"}
)  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """`offers` are rules in the shape that the file takes, the narrowest first."""

    why: str
    risks: tuple[str, ...]
    where: tuple[str, ...]
    offers: tuple[Json, ...]


def explained(session: Session, call: Json, rules: Rules) -> Explanation:
    """What there is to say of one `agent.tool_use` that waits."""
    name, tool_input = call["name"], call["input"]
    if name == PROPOSE_PLAN.name:
        return Explanation(_PLANNING, (), (), ())
    return Explanation(
        why=_why(session, call, rules),
        risks=tuple(risks(name, tool_input)),
        where=("in the web",) if name in IN_WEB else tuple(_where(session)),
        offers=tuple(_offers(name, tool_input)),
    )


def _why(session: Session, call: Json, rules: Rules) -> str:
    name = call["name"]
    if (call.get("evaluation") or {}).get("type") == "always_ask":
        if session.mode == modes.ASK:
            return f"the session is in ask mode, which asks before every use of {name}"
        return (
            f"the agent {_asking(session, call, rules)} asks before every use of {name} (permission policy always_ask)"
        )
    denial, ruling = rules.denial(name, call["input"]), rules.ruling(name, call["input"])
    if denial is not None:
        return f"the rule {denial.pattern.entry} may forbid it ({denial.pattern.place}): {_UNSURE}"
    if ruling is not None and ruling.decision != "allow":
        unsure = "" if ruling.is_sure else f": {_UNSURE}"
        return f"the rule {ruling.pattern.entry} {'asks' if ruling.is_sure else 'may mean it'} ({ruling.pattern.place}){unsure}"
    return "no rule speaks of it, and the judgement was not sure (permission policy auto)"


def _asking(session: Session, call: Json, rules: Rules) -> str:
    """The name of the agent whose policy asks: the session's, where the one of a child thread would let the call run."""
    above, asked = session.parent_agent, (call["name"], call["input"])
    if above is None or judge(session.agent, *asked, rules, session_id=session.id).permission != "allow":
        return str(session.agent["name"])
    return str(above["name"])


def _where(session: Session) -> Iterator[str]:
    yield "in the sandbox"
    yield f"on a copy of {session.project}" if session.project else "in an empty folder"
    networking = session.environment.get("networking") or {}
    if networking.get("type") == "unrestricted":
        yield "network: open"
        return
    hosts = list(networking.get("allowed_hosts") or ())
    hosts += ["package indexes"] if networking.get("allow_package_managers") else []
    yield f"network: only {', '.join(map(str, hosts))}" if hosts else "network: off"


def _offers(name: str, tool_input: Json) -> Iterator[Json]:
    """Rules that would have let this call run; each was tried on it."""
    narrow, broad = _patterns(name, tool_input)
    offered: list[list[str]] = []
    for patterns in (narrow, broad):
        if patterns and patterns not in offered and _lets_run(patterns, name, tool_input):
            offered.append(patterns)
    if not offered or offered[0] != narrow:
        yield {"exact": {"tool": name, "input": tool_input}}
    for patterns in offered:
        yield {"allow": patterns}


def _lets_run(patterns: list[str], name: str, tool_input: Json) -> bool:
    try:
        return always_of(patterns, None, None, None).fits(name, tool_input)
    except SettingsError:
        return False


def _patterns(name: str, tool_input: Json) -> tuple[list[str], list[str]]:
    if (command := command_of(name, tool_input)) is not None:
        plain = plain_commands(command)
        return ([], []) if plain is None else (_of_commands(plain, _same), _of_commands(plain, _alike))
    if host := host_of(name, tool_input):
        return [f"{name}(domain:{host})"], []
    kind = BY_NAME.get(name)
    path = kind.path_of(tool_input) if kind and kind.effect != "finds" else None
    if path is None:
        return [], []
    whole = path if path.startswith("/") else f"/workspace/{path}"
    folder = str(PurePosixPath(whole).parent)
    return [f"{name}({whole})"], [f"{name}({folder}/**)"] if folder != "/" else []


def _of_commands(plain: tuple[Plain, ...], shape: Callable[[tuple[str, ...]], str]) -> list[str]:
    made: list[str] = []
    for one in plain:
        words = shape(one.words)
        if not words:
            return []
        made.append(f"bash({words})")
        made += [f"write({path})" for path in one.writes if path != "/dev/null"]
        made += [f"read({path})" for path in one.reads]
    return list(dict.fromkeys(made))


def _same(words: tuple[str, ...]) -> str:
    """Exactly these words: what would stand for others is taken literally."""
    return shlex.join(re.sub(r"([*?\[])", r"[\1]", word) for word in words)


def _alike(words: tuple[str, ...]) -> str:
    """The same program, and the same verb where it has verbs, with any words behind."""
    if words[0] in _TOO_BROAD or len(words) < 2:
        return ""
    kept = words[:2] if words[0] in _VERBS and not words[1].startswith("-") else words[:1]
    return f"{_same(kept)} *"
