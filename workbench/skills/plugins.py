"""Agent Plugins: a folder with a plugin.json, its skills, and MCP servers in mcp.json; read, never run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from workbench.skills.checking import LONGEST_NAME, Fault, SkillRefused
from workbench.skills.packing import Pack, PackedFile, Skill

PLUGIN_FILE: Final = "plugin.json"
SERVERS_FILE: Final = "mcp.json"
SKILLS_FOLDER: Final = "skills"
KNOWN: Final = (
    *("$schema", "name", "version", "description", "author", "license", "homepage", "repository", "keywords"),
)
MOST_JSON_BYTES: Final = 1 << 20
MOST_SKILLS: Final = 100
MOST_SERVERS: Final = 50
LONGEST_COMMAND: Final = 2000
PLUGINS_INSIDE: Final = "/mnt/session/plugins"
"""Where sandboxes have the folders of plugins, one below for each."""
DATA_INSIDE: Final = "/mnt/session/servers"

_NAME: Final = re.compile(r"[a-z0-9]+([-.][a-z0-9]+)*")
_SERVER: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Server:
    """An MCP server that a plugin has, with the URL that an agent may name it by."""

    name: str
    url: str


@dataclass(frozen=True)
class Plugin:
    """What a pack holds as a plugin; `advice` are faults that refuse nothing, those of mcp.json among them."""

    name: str
    description: str
    version: str
    skills: tuple[tuple[Pack, Skill], ...]
    servers: tuple[Server, ...]
    advice: tuple[Fault, ...]
    pack: Pack
    files: tuple[PackedFile, ...]


def root_inside(name: str) -> str:
    """Where the sandboxes of a session have the plugin: its `${PLUGIN_ROOT}`."""
    return f"{PLUGINS_INSIDE}/{name}"


def is_plugin(pack: Pack) -> bool:
    return pack.inner(PLUGIN_FILE) is not None


def read(pack: Pack) -> Plugin:
    """The plugin with its skills.

    Raises:
        SkillRefused: its plugin.json, or one of its skills; with every fault.
    """
    top = pack.inner(PLUGIN_FILE)
    if top is None:
        raise SkillRefused([Fault(PLUGIN_FILE, None, "is not there")])
    whole = pack.below(top)
    manifest = _object(whole, PLUGIN_FILE)
    faults = list(_faults(manifest))
    skills: list[tuple[Pack, Skill]] = []
    for name in whole.folders(SKILLS_FOLDER):
        inner = whole.below(f"{SKILLS_FOLDER}/{name}/")
        try:
            skills.append((inner, inner.skill(name)))
        except SkillRefused as refused:
            faults += [Fault(f"{SKILLS_FOLDER}/{name}/{one.path}", one.line, one.text) for one in refused.faults]
    if len(skills) > MOST_SKILLS:
        faults.append(Fault(SKILLS_FOLDER, None, f"a plugin has at most {MOST_SKILLS} skills"))
    if faults:
        raise SkillRefused(faults)
    name = str(manifest["name"])
    servers, advice = _servers(whole, name)
    if not skills and not servers:
        raise SkillRefused(
            [*advice, Fault(PLUGIN_FILE, None, f"has neither {SKILLS_FOLDER}/NAME/SKILL.md nor {SERVERS_FILE}")]
        )
    unknown = [key for key in manifest if key not in KNOWN]
    advice += [Fault(PLUGIN_FILE, None, f"{key[:60]}: is not read here", is_advice=True) for key in unknown]
    texts = {key: manifest.get(key) for key in ("description", "version")}
    said = {key: one if isinstance(one, str) else "" for key, one in texts.items()}
    return Plugin(
        name, said["description"], said["version"], tuple(skills), servers, tuple(advice), whole, whole.marked()
    )


def _faults(manifest: dict[str, Any]) -> Iterator[Fault]:
    for key in ("$schema", "name"):
        if not isinstance(manifest.get(key), str):
            yield Fault(PLUGIN_FILE, None, f"{key}: is missing, or no text")
    name = manifest.get("name")
    if isinstance(name, str) and (len(name) > LONGEST_NAME or not _NAME.fullmatch(name)):
        yield Fault(PLUGIN_FILE, None, f"name: has 1 to {LONGEST_NAME} of a-z, 0-9, and single - or . between them")


def _object(pack: Pack, path: str) -> dict[str, Any]:
    file = pack.file(path)
    if file is None or file.size > MOST_JSON_BYTES:
        raise SkillRefused([Fault(path, None, f"is not there, or larger than {MOST_JSON_BYTES >> 10} KB")])
    try:
        found = json.loads(b"".join(pack.content(file)))
        # Half a surrogate pair is no text.
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        raise SkillRefused([Fault(path, error.lineno, f"is no JSON: {error.msg}")]) from None
    except (ValueError, RecursionError):
        raise SkillRefused([Fault(path, None, "is no JSON that can be read")]) from None
    if not isinstance(found, dict):
        raise SkillRefused([Fault(path, 1, "must be an object")])
    return found


def _servers(pack: Pack, plugin: str) -> tuple[tuple[Server, ...], list[Fault]]:
    """A bad one is told, and keeps no skill and no other server back."""
    if pack.file(SERVERS_FILE) is None:
        return (), []
    try:
        listed = _object(pack, SERVERS_FILE).get("mcpServers")
    except SkillRefused as refused:
        return (), [Fault(one.path, one.line, one.text, is_advice=True) for one in refused.faults]
    if not isinstance(listed, dict) or len(listed) > MOST_SERVERS:
        return (), [
            Fault(SERVERS_FILE, None, f"mcpServers: must be an object of at most {MOST_SERVERS}", is_advice=True)
        ]
    servers, faults = [], []
    for name, given in listed.items():
        url = _url(given, plugin) if _SERVER.fullmatch(name) else "its name has other signs than a-z, 0-9, _, . and -"
        if url.startswith(("stdio:", "https://", "http://")):
            servers.append(Server(name, url))
        else:
            faults.append(Fault(SERVERS_FILE, None, f"mcpServers.{name[:60]}: {url}", is_advice=True))
    return tuple(servers), faults


def _url(given: object, plugin: str) -> str:
    """The URL of a server as agents name it, or why there is none."""
    if not isinstance(given, dict):
        return "must be an object"
    if isinstance(url := given.get("url"), str):
        if given.get("headers"):
            return "headers are not taken: workbench vault add --mcp URL keeps a server's token"
        return url if re.fullmatch(r"https?://[^\s/]\S*", url) and len(url) <= LONGEST_COMMAND else "url: is none"
    return _program(given, plugin)


def _program(given: dict[str, Any], plugin: str) -> str:
    command, arguments, variables = given.get("command"), given.get("args", []), given.get("env", {})
    texts = [command, *(arguments if isinstance(arguments, list) else [None])]
    texts += list(variables.values()) if isinstance(variables, dict) else [None]
    folder = given.get("cwd")
    if (
        not all(isinstance(one, str) and "\0" not in one for one in (*texts, *([] if folder is None else [folder])))
        or not command
    ):
        return "command, args, env and cwd must be texts"
    if not all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) for name in variables):
        return "env: a variable's name has letters, digits and _"
    known = {"PLUGIN_ROOT": root_inside(plugin), "PLUGIN_DATA": f"{DATA_INSIDE}/{plugin}"}
    words = [f"{name}={value}" for name, value in variables.items()]
    words = ["env", *(["-C", folder] if folder else []), *words] if words or folder else []
    words += [str(command), *arguments]
    if unknown := next((name for word in words for name in _VARIABLE.findall(word) if name not in known), ""):
        return f"${{{unknown[:40]}}} is not known here, only ${{PLUGIN_ROOT}} and ${{PLUGIN_DATA}}"
    line = shlex.join(_VARIABLE.sub(lambda found: known[found[1]], word) for word in words)
    return f"stdio:{line}" if len(line) <= LONGEST_COMMAND else "is too long"
