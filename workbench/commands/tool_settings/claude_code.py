"""Reads Claude Code's settings, of a person's home and of a project: permissions, modes, MCP servers, agents, and what has no like here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workbench.commands.tool_settings import claude_agents, claude_rules, files
from workbench.commands.tool_settings.claude_agents import MODEL
from workbench.commands.tool_settings.claude_rules import Scope, hidden_if_secret
from workbench.commands.tool_settings.files import Json, Text, Unreadable
from workbench.commands.tool_settings.plan import AUTO, SKILLS_STAY, Decision, Found, Place, Policy, Rule
from workbench.commands.tool_settings.secrets import may_hold_secret, prose_holds_secret
from workbench.commands.tool_settings.servers import add_server, server_name

NAME: Final = "Claude Code"
MANAGED: Final = Path("/etc/claude-code/managed-settings.json")
_LISTS: Final[tuple[Decision, ...]] = ("deny", "ask", "allow")
_NOT_SHOWN: Final = "it may hold a secret, which is shown and copied nowhere"
_MODES: Final = {
    "default": Policy(),
    "manual": Policy(),
    "acceptEdits": Policy(edits=AUTO),
    "auto": Policy(AUTO, AUTO),
    "plan": Policy(),
    "dontAsk": Policy(),
    "bypassPermissions": Policy(),
}
_MODE_NOTES: Final = {
    "plan": "plan mode is of a session: workbench run --mode plan; the agent asks before it changes something",
    "dontAsk": "what it would turn down without a question is a question here",
    "bypassPermissions": "that every call runs is said for a session: workbench run --mode allow; the agent asks",
}
_ONLY_OF_A_PERSON: Final = frozenset({"auto", "bypassPermissions"})
_REASONS: Final = {
    "hooks": "there are no hooks yet",
    "env": "variables of a sandbox come from the vault: workbench vault add NAME --host HOST",
    "apiKeyHelper": "the model's key is kept by workbench login",
    "statusLine": "the terminal app has a status line of its own",
    "outputStyle": "there are no output styles; say it in an agent's system prompt",
    "enabledPlugins": "there are no plugins yet",
    "extraKnownMarketplaces": "there are no plugins yet",
    "sandbox": "every session has a sandbox; what it reaches is a matter of its environment",
    "additionalDirectories": "a session works on one project",
    "disableBypassPermissionsMode": "there is no such lock",
}
_HANDLED: Final = frozenset(
    {
        "$schema",
        "permissions",
        "model",
        "env",
        "hooks",
        "disabledMcpjsonServers",
        "enabledMcpjsonServers",
        "enableAllProjectMcpServers",
    }
)


@dataclass(frozen=True)
class Folders:
    """Where its files are: `config` is its folder in the person's home, `state` the file with servers and projects."""

    home: Path
    config: Path
    state: Path


def folders(home: Path, environ: dict[str, str]) -> Folders:
    """As the program itself finds them."""
    named = environ.get("CLAUDE_CONFIG_DIR")
    config = Path(named).absolute() if named else home / ".claude"
    return Folders(home, config, (config if named else home) / ".claude.json")


def read_home(found: Found, at: Folders, project: Path | None) -> None:
    """What holds for all of a person's projects."""
    scope = Scope(at.config, project, at.home)
    _settings(found, at.config / "settings.json", scope, within=None, is_own=True, takes_allows=True)
    if MANAGED.exists():
        why = "they are of this machine's administrator and are not read; so nothing is taken that allows"
        found.refuse("managed settings", why, Place(MANAGED))
        found.unsaid += ["bash", "mcp__*"]
    state, text = _json(found, at.state, most=files.MOST_STATE_BYTES)
    _servers(found, state.get("mcpServers"), text)
    claude_agents.add_agents(found, at.config / "agents", within=None)
    _kinds_without_like(found, at.config, within=None)
    if (memory := _text(found, at.config / "CLAUDE.md")) is not None and memory.text.strip():
        if prose_holds_secret(memory.text):
            found.refuse("instructions", _NOT_SHOWN, Place(memory.file))
        else:
            found.instructions.append(memory)


def read_project(found: Found, at: Folders, project: Path, *, takes_allows: bool) -> None:
    """What holds for one project: its own files, and what the person's files say of it."""
    scope = Scope(project, project, at.home)
    folder = project / ".claude"
    if folder != at.config:
        _settings(found, folder / "settings.json", scope, within=project, is_own=False, takes_allows=takes_allows)
        _settings(found, folder / "settings.local.json", scope, within=project, is_own=False, takes_allows=takes_allows)
        claude_agents.add_agents(found, folder / "agents", within=project)
        _kinds_without_like(found, folder, within=project)
    state, text = _json(found, at.state, most=files.MOST_STATE_BYTES, told=False)
    projects = state.get("projects")
    own = projects.get(str(project)) if isinstance(projects, dict) else None
    if isinstance(own, dict):
        _servers(found, own.get("mcpServers"), text)
        _switched_off(found, own)
    shared, text = _json(found, project / ".mcp.json", within=project)
    _servers(found, shared.get("mcpServers"), text)
    for name in ("AGENTS.md", "CLAUDE.md"):
        if (project / name).is_file():
            found.note(name, "sessions on the project read it by themselves", Place(project / name))
    for file in (project / "CLAUDE.local.md", folder / "CLAUDE.md"):
        if file.is_file():
            found.refuse(
                "instructions", "sessions read AGENTS.md, or CLAUDE.md, and no other file of a project", Place(file)
            )


# ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _text(
    found: Found, file: Path, within: Path | None = None, most: int = files.MOST_BYTES, *, told: bool = True
) -> Text | None:
    try:
        return files.read(file, within=within, most=most)
    except Unreadable as error:
        if told:
            found.refuse("the file", str(error), Place(file))
        return None


def _json(
    found: Found, file: Path, *, within: Path | None = None, most: int = files.MOST_BYTES, told: bool = True
) -> tuple[Json, Text]:
    text = _text(found, file, within, most, told=told)
    if text is None:
        return {}, Text(file, "")
    try:
        return files.json_of(text), text
    except Unreadable as error:
        if told:
            found.refuse("the file", str(error), Place(file))
        return {}, text


def _settings(found: Found, file: Path, scope: Scope, *, within: Path | None, is_own: bool, takes_allows: bool) -> None:
    given, text = _json(found, file, within=within)
    permissions = given.get("permissions", {})
    if isinstance(permissions, dict):
        _rules(found, permissions, text, scope, takes_allows=takes_allows)
        _mode(found, permissions.get("defaultMode"), text, is_own=is_own)
        for field in permissions.keys() - {*_LISTS, "defaultMode"}:
            found.refuse(f"permissions.{field[:60]}", _REASONS.get(field, "there is no such setting"), _at(text, field))
    else:
        found.refuse("permissions", "they are no object with lists", _at(text, "permissions"))
    _model(found, given.get("model"), text)
    for field in ("hooks", "env"):
        for name in given[field] if isinstance(given.get(field), dict) else ():
            shown = "(a name that may be a secret)" if may_hold_secret(name) else name[:80]
            found.refuse(
                f"{'hook' if field == 'hooks' else 'variable'} {shown}", _REASONS[field], _at(text, name, field)
            )
    for field in given.keys() - _HANDLED:
        found.refuse(field[:80], _REASONS.get(field, "there is no such setting"), _at(text, field))
    _switched_off(found, given)


def _at(text: Text, *words: str) -> Place:
    return Place(text.file, text.line(*(f'"{word}"' for word in words)))


def _rules(found: Found, permissions: Json, text: Text, scope: Scope, *, takes_allows: bool) -> None:
    for decision in _LISTS:
        listed = permissions.get(decision, [])
        for said in listed if isinstance(listed, list) else [listed]:
            if isinstance(said, str):
                _rule(found, said, decision, text, scope, takes_allows=takes_allows)
            else:
                found.refuse(f"{decision} rules", "one of them is no text", _at(text, decision))


def _rule(found: Found, said: str, decision: Decision, text: Text, scope: Scope, *, takes_allows: bool) -> None:
    shown, place = f"{decision} {hidden_if_secret(said)}", Place(text.file, text.line(_quoted(said)))
    made = claude_rules.translated(said, decision, scope)
    is_secret = may_hold_secret(said)
    if decision != "allow" and (is_secret or made.kind == "cannot"):
        found.unsaid += filter(None, [claude_rules.coarse(said)])
    if is_secret:
        found.refuse(shown, _NOT_SHOWN, place)
    elif made.kind == "cannot":
        found.refuse(shown, made.why, place)
    elif made.kind == "needless":
        found.note(shown, made.why, place)
    elif decision == "allow" and not takes_allows:
        found.refuse(shown, "it would hold for its agent in any project; --project-rules takes it all the same", place)
    else:
        found.rules.append(Rule(decision, said[:200], made.entries, place))
        if made.why:
            found.note(shown, made.why, place)


def _quoted(text: str) -> str:
    # As JSON has it, but for signs that may be written in several ways.
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mode(found: Found, mode: Any, text: Text, *, is_own: bool) -> None:
    if mode is None:
        if is_own and text.text:
            found.policies[NAME] = Policy()
        return
    place = _at(text, "defaultMode")
    if not isinstance(mode, str) or mode not in _MODES:
        found.refuse("permissions.defaultMode", "it is no mode that is known here; the agent asks", place)
        mode = "default"
    elif not is_own and mode in _ONLY_OF_A_PERSON:
        found.refuse(
            f"permissions.defaultMode {mode}", "a file of a project cannot say so, there neither; the agent asks", place
        )
        mode = "default"
    elif note := _MODE_NOTES.get(mode):
        found.refuse(f"permissions.defaultMode {mode}", note, place)
    found.policies[NAME] = _MODES[mode]


def _model(found: Found, model: Any, text: Text) -> None:
    if model is None:
        return
    place = _at(text, "model")
    if isinstance(model, str) and MODEL.fullmatch(model):
        found.model = (model, place)
        return
    found.refuse("model", "it is no name of a model's API; the agent has the workbench's default model", place)


# ── servers, and what has no like ─────────────────────────────────────────────────────────────────────────────────────


def _servers(found: Found, given: Any, text: Text) -> None:
    if given is None:
        return
    if not isinstance(given, dict):
        found.refuse("mcpServers", "they are no object", _at(text, "mcpServers"))
        return
    for name, one in given.items():
        # A name may stand elsewhere too, as a project's or a history's: then behind the word.
        start = text.text.find('"mcpServers"')
        at = text.text.find(f'"{name}"', max(start, 0))
        add_server(found, name, one, Place(text.file, text.text.count("\n", 0, at) + 1 if at >= 0 else None))


def _switched_off(found: Found, given: Json) -> None:
    for field in ("disabledMcpServers", "disabledMcpjsonServers"):
        listed = given.get(field)
        found.off |= {server_name(one) for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()


def _kinds_without_like(found: Found, folder: Path, *, within: Path | None) -> None:
    for pattern, what, why in (
        ("skills/*/SKILL.md", "skill", SKILLS_STAY),
        ("commands/**/*.md", "slash command", "there are no commands of one's own yet; workbench run takes a prompt"),
        ("rules/**/*.md", "rule", "only AGENTS.md and CLAUDE.md of a project are read"),
        ("output-styles/*.md", "output style", _REASONS["outputStyle"]),
    ):
        for file in _listed(found, folder, pattern, within):
            found.refuse(f"{what} {file.parent.name if what == 'skill' else file.stem}", why, Place(file))


def _listed(found: Found, folder: Path, pattern: str, within: Path | None) -> Iterator[Path]:
    try:
        yield from files.listed(folder, pattern, within=within)
    except Unreadable as error:
        found.refuse("the folder", str(error), Place(folder))
