"""Reads Codex's settings, of a person's home and of a trusted project: approvals, MCP servers, agents, rules, and what has no like here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.commands.tool_settings import codex_rules, files
from workbench.commands.tool_settings.claude_agents import MOST_DESCRIPTION, MOST_PROMPT
from workbench.commands.tool_settings.files import Json, Text, Unreadable
from workbench.commands.tool_settings.plan import AUTO, SKILLS_STAY, AgentFile, Found, Place, Policy
from workbench.commands.tool_settings.secrets import may_hold_secret, prose_holds_secret
from workbench.commands.tool_settings.servers import add_server

NAME: Final = "Codex"
_REASONS: Final = {
    "model": "the models of this workbench speak the Messages API: workbench help models",
    "model_provider": "the models of this workbench speak the Messages API: workbench help models",
    "model_providers": "the models of this workbench speak the Messages API: workbench help models",
    "model_reasoning_effort": "an effort goes with a model: workbench set ID --effort",
    "profiles": "there are no profiles; workbench agents apply takes several agents",
    "shell_environment_policy": "a sandbox has nothing of your environment; the vault gives it variables",
    "hooks": "there are no hooks yet",
    "notify": "there are no notices to a program",
    "sandbox_workspace_write": "what a sandbox reaches is a matter of its environment: workbench help environments",
    "web_search": "every agent has the tool, unless its toolset turns it off: workbench help web",
    "tui": "the terminal app has settings of its own: workbench help app",
}
_HANDLED: Final = frozenset({"mcp_servers", "approval_policy", "sandbox_mode", "projects"})
_OF_AGENT: Final = frozenset({"name", "description", "developer_instructions"})


@dataclass(frozen=True)
class Folders:
    """Where its files are."""

    home: Path
    config: Path


def folders(home: Path, environ: dict[str, str]) -> Folders:
    """As the program itself finds them."""
    named = environ.get("CODEX_HOME")
    return Folders(home, Path(named).absolute() if named else home / ".codex")


def read_home(found: Found, at: Folders) -> None:
    """What holds for all of a person's projects."""
    _all(found, at.config, within=None, takes_allows=True)
    _skills(found, at.home / ".agents" / "skills", within=None)
    for file in _listed(found, at.config / "prompts", "*.md", None):
        found.refuse(
            f"slash command {file.stem}",
            "there are no commands of one's own yet; workbench run takes a prompt",
            Place(file),
        )
    try:
        memory = files.read(at.config / "AGENTS.md")
    except Unreadable as error:
        found.refuse("the file", str(error), Place(at.config / "AGENTS.md"))
        return
    if memory is not None and memory.text.strip():
        if prose_holds_secret(memory.text):
            found.refuse(
                "instructions", "they may hold a secret, which is shown and copied nowhere", Place(memory.file)
            )
        else:
            found.instructions.append(memory)


def read_project(found: Found, at: Folders, project: Path, *, takes_allows: bool) -> None:
    """What the project's own files say, where the person trusts it."""
    _skills(found, project / ".agents" / "skills", within=project)
    folder = project / ".codex"
    if folder == at.config or not folder.is_dir():
        return
    if not _is_trusted(at, project):
        found.refuse("the folder", "you have not told Codex that you trust the project", Place(folder))
        return
    _all(found, folder, within=project, takes_allows=takes_allows)


def _is_trusted(at: Folders, project: Path) -> bool:
    try:
        text = files.read(at.config / "config.toml")
        projects = files.toml_of(text).get("projects") if text else None
    except Unreadable:
        return False
    own = projects.get(str(project)) if isinstance(projects, dict) else None
    return isinstance(own, dict) and own.get("trust_level") == "trusted"


def _all(found: Found, folder: Path, *, within: Path | None, takes_allows: bool) -> None:
    given, text = _toml(found, folder / "config.toml", within)
    if text is not None:
        _config(found, given, text)
    for file in _listed(found, folder / "rules", "*.rules", within):
        try:
            if (rules := files.read(file, within=within)) is not None:
                codex_rules.add_rules(found, rules, takes_allows=takes_allows)
        except Unreadable as error:
            found.refuse("the file", str(error), Place(file))
    for file in _listed(found, folder / "agents", "*.toml", within):
        _agent(found, file, within)
    _skills(found, folder / "skills", within=within)
    if (folder / "hooks.json").exists():
        found.refuse("hooks", "there are no hooks yet", Place(folder / "hooks.json"))


def _config(found: Found, given: Json, text: Text) -> None:
    found.policies[NAME] = _policy(found, given, text)
    servers = given.get("mcp_servers", {})
    if isinstance(servers, dict):
        for name, one in servers.items():
            line = text.line(f"[mcp_servers.{name}]", f'[mcp_servers."{name}"]', f"mcp_servers.{name}", "mcp_servers")
            add_server(found, name, one, Place(text.file, line))
    else:
        found.refuse("mcp_servers", "they are no tables", Place(text.file, text.line("mcp_servers")))
    for field in given.keys() - _HANDLED:
        place = Place(text.file, text.line(f"{field} =", f"{field}=", f"[{field}", field))
        found.refuse(field[:80], _REASONS.get(field, "there is no such setting"), place)


def _policy(found: Found, given: Json, text: Text) -> Policy:
    """In either program commands run in a sandbox; where the model decides what to ask there, rules and a judgement do here."""
    approval, sandbox = given.get("approval_policy", "on-request"), given.get("sandbox_mode", "workspace-write")
    place = Place(text.file, text.line("approval_policy", "sandbox_mode"))
    if sandbox == "danger-full-access":
        found.refuse("sandbox_mode danger-full-access", "every session has a sandbox; the agent asks", place)
    elif sandbox == "read-only":
        found.note("sandbox_mode read-only", "the agent asks before it changes something", place)
    elif approval in ("on-request", "on-failure", "never") and sandbox == "workspace-write":
        return Policy(AUTO, AUTO)
    elif approval != "untrusted":
        found.refuse("approval_policy", "it has no like here; the agent asks", place)
    return Policy()


def _agent(found: Found, file: Path, within: Path | None) -> None:
    given, text = _toml(found, file, within)
    if text is None:
        return
    name, description, system = (given.get(field) for field in ("name", "description", "developer_instructions"))
    what, place = f"agent {file.stem}", Place(file)
    if not (
        isinstance(name, str) and 0 < len(name) <= 256 and isinstance(system, str) and 0 < len(system) <= MOST_PROMPT
    ):
        found.refuse(what, "it has no name, or no instructions of a usual length", place)
    elif prose_holds_secret(system) or may_hold_secret(name) or prose_holds_secret(str(description)):
        found.refuse(what, "it may hold a secret, which is shown and copied nowhere", place)
    else:
        found.agents.append(AgentFile(name, str(description or "")[:MOST_DESCRIPTION], system.strip(), place))
        for field in given.keys() - _OF_AGENT:
            found.refuse(
                f"agent {name}: {field[:40]}",
                _REASONS.get(field, "an agent has no such field"),
                Place(file, text.line(field)),
            )


def _toml(found: Found, file: Path, within: Path | None) -> tuple[Json, Text | None]:
    try:
        text = files.read(file, within=within)
        return (files.toml_of(text), text) if text else ({}, None)
    except Unreadable as error:
        found.refuse("the file", str(error), Place(file))
        return {}, None


def _skills(found: Found, folder: Path, *, within: Path | None) -> None:
    for file in _listed(found, folder, "*/SKILL.md", within):
        found.refuse(f"skill {file.parent.name}", SKILLS_STAY, Place(file))


def _listed(found: Found, folder: Path, pattern: str, within: Path | None) -> Iterator[Path]:
    try:
        yield from files.listed(folder, pattern, within=within)
    except Unreadable as error:
        found.refuse("the folder", str(error), Place(folder))
