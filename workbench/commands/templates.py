"""Agents and environments as YAML in a folder: read with places, compared, applied, the same again changes nothing."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.acp_fields import ACP, with_acp
from workbench.commands.surface import Json, Wrong, paint
from workbench.contracts.acp_agents import ACP_ENVIRONMENT_KEY, ACP_KEY
from workbench.text.display import line

TOLD: Final = frozenset({"archived_at", "created_at", "id", "type", "updated_at", "version"})
"""What `show` prints beside the fields of a file: the engine's own, left out of one that was printed and changed."""
SUFFIXES = (".yaml", ".yml")

SHIPPED: Final = Path(__file__).resolve().parents[2] / "sandboxes" / "environments"


@dataclass(frozen=True)
class Kind:
    """One noun that can be applied."""

    word: str
    path: str
    fields: frozenset[str]


AGENT = Kind(
    "agent",
    paths.AGENTS,
    frozenset(
        {
            "name",
            "model",
            "description",
            "system",
            "tools",
            "mcp_servers",
            "skills",
            "multiagent",
            "metadata",
            "execution_identity",
            ACP,
        }
    ),
)
ENVIRONMENT = Kind("environment", paths.ENVIRONMENTS, frozenset({"name", "config", "description", "metadata", "scope"}))


@dataclass(frozen=True)
class Template:
    """One YAML document: its content, and where each field stands."""

    file: Path
    content: Json
    node: yaml.Node

    def place(self, field: str = "") -> str:
        """`file:line` of a field such as `tools.0.name`, as deep as it can be found."""
        return f"{self.file}:{_line(self.node, field.split('.') if field else [])}"


def arguments(
    parser: argparse.ArgumentParser, word: str, *more: str
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """The actions of all nouns, to which a noun of its own adds `more`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(["apply", "list", "show", *more]))
    apply = actions.add_parser("apply", help="make the stored ones as the files say; shows what changes")
    which = apply.add_mutually_exclusive_group(required=True)
    which.add_argument("-f", dest="path", metavar="FILE-or-DIR", type=Path)
    if word == "environment":
        which.add_argument(
            "--shipped", dest="path", action="store_const", const=SHIPPED, help="the ones that come along"
        )
    apply.add_argument("--dry-run", action="store_true", help="only show what would change")
    listed = actions.add_parser("list", help=f"all {word}s")
    listed.add_argument("--all", "-a", action="store_true", help="archived ones too")
    show = actions.add_parser("show", help=f"one {word}, as YAML")
    show.add_argument("named", metavar="ID-or-NAME")
    for action in (apply, listed, show):
        surface.json_flag(action)
    return actions


def run(options: argparse.Namespace, kind: Kind) -> int:
    if options.action == "apply":
        # Read before the engine is asked: a wrong file is refused without starting anything.
        templates = list(read(options.path, kind))
        return _apply(surface.client(), kind, templates, dry_run=options.dry_run, as_json=options.json)
    engine = surface.client()
    if options.action == "show":
        found = surface.pick(engine.pages(kind.path, [("include_archived", "true")]), options.named, kind.word)
        surface.print_json(found) if options.json else surface.out(as_yaml(found), end="")
        return 0
    query = [("include_archived", "true" if options.all else "false"), ("limit", "100")]
    return _list(list(engine.pages(kind.path, query)), kind, as_json=options.json)


def _list(things: list[Json], kind: Kind, *, as_json: bool) -> int:
    if as_json:
        surface.print_json(things)
    elif not things:
        surface.say(f"no {kind.word}s; make one with: workbench {kind.word}s apply -f FILE.yaml")
    elif kind is AGENT:
        rows = [[t["id"], t["name"], str(t["version"]), t["model"]["id"]] for t in things]
        surface.out(surface.table(rows, ["id", "name", "version", "model"]))
    else:
        rows = [
            [t["id"], t["name"], t["config"]["type"], t["config"].get("networking", {}).get("type", "")] for t in things
        ]
        surface.out(surface.table(rows, ["id", "name", "type", "network"]))
    return 0


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def read(path: Path, kind: Kind) -> Iterator[Template]:
    """Every document of a file, or of a folder's YAML files in order of name.

    Raises:
        Wrong: with file, line and field of what is wrong.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        if not files:
            raise Wrong(f"{path} has no .yaml file")
    else:
        files = [path]
    for file in files:
        yield from _documents(file, kind)


def _documents(file: Path, kind: Kind) -> Iterator[Template]:
    try:
        text = file.read_text(encoding="utf-8")
        nodes = [node for node in yaml.compose_all(text, Loader=yaml.SafeLoader) if node is not None]
        contents = [content for content in yaml.safe_load_all(text) if content is not None]
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f"{file}: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Wrong(f"{file}:{line}: not YAML: {error.problem}") from None
    for node, content in zip(nodes, contents, strict=True):
        own = (
            {name: value for name, value in content.items() if name not in TOLD}
            if isinstance(content, dict)
            else content
        )
        template = Template(file, own, node)
        _refuse_malformed(template, kind)
        yield replace(template, content=with_acp(template.content, template.place(ACP)))


def _refuse_malformed(template: Template, kind: Kind) -> None:
    if not isinstance(template.content, dict):
        raise Wrong(f"{template.place()}: an {kind.word} is a mapping that starts with name:")
    for field in template.content:
        if field not in kind.fields:
            raise Wrong(
                f"{template.place(str(field))}: {field}: no such field; there are {', '.join(sorted(kind.fields))}"
            )
    if not isinstance(template.content.get("name"), str):
        raise Wrong(f"{template.place('name')}: name: must be text")


def _line(node: yaml.Node, path: list[str]) -> int:
    """The line of a field, from 1; of the nearest part that is there when it is not."""
    line = int(node.start_mark.line) + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if part not in pairs:
                # The API's places name a union's choice too (tools.0.custom.name): skip what is no field.
                continue
            key, node = pairs[part]
            line = int(key.start_mark.line) + 1
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = int(node.start_mark.line) + 1
    return line


# ── applying ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _apply(engine: Client, kind: Kind, templates: list[Template], *, dry_run: bool, as_json: bool) -> int:
    stored = {thing["name"]: thing for thing in engine.pages(kind.path, [("limit", "100")])}
    done: list[Json] = []
    for template in templates:
        name = template.content["name"]
        changed = changes(stored.get(name), template.content)
        done.append({"name": name, "action": _action(stored.get(name), changed), "changes": changed})
        if not as_json:
            surface.out(_summary(done[-1], kind))
        if changed and not dry_run:
            stored[name] = _put(engine, kind, stored.get(name), template)
    if as_json:
        surface.print_json(done)
    return 0


def _put(engine: Client, kind: Kind, old: Json | None, template: Template) -> Json:
    path = f"{kind.path}/{old['id']}" if old else kind.path
    try:
        return engine.post(path, template.content)
    except ApiError as error:
        field = error.message.partition(":")[0] if ":" in error.message else ""
        field = ACP if field in (f"metadata.{ACP_KEY}", f"metadata.{ACP_ENVIRONMENT_KEY}") else field
        raise Wrong(f"{template.place(field)}: {error.message}") from None


def _action(old: Json | None, changed: Json) -> str:
    if old is None:
        return "create"
    return "change" if changed else "unchanged"


def changes(old: Json | None, wanted: Json) -> Json:
    """Field → [old, new] where the stored thing does not already say what is wanted."""
    stored = old or {}
    return {field: [stored.get(field), value] for field, value in wanted.items() if not says(stored.get(field), value)}


def says(stored: Any, wanted: Any) -> bool:
    """Whether what is stored, with its defaults resolved, says all that is wanted."""
    if isinstance(wanted, Mapping) and isinstance(stored, Mapping):
        return all(says(stored.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(stored, list):
        return len(wanted) == len(stored) and all(says(one, other) for one, other in zip(stored, wanted, strict=True))
    if isinstance(stored, Mapping) and isinstance(wanted, str):
        # `model: x` and `effort: high` are short for objects.
        return wanted in (stored.get("id"), stored.get("type"))
    return bool(stored == wanted) or (wanted in (None, "", [], {}) and stored in (None, "", [], {}))


def _summary(done: Json, kind: Kind) -> str:
    mark = {"create": paint("+", "green"), "change": paint("~", "yellow"), "unchanged": " "}[done["action"]]
    head = f"{mark} {kind.word} {done['name']}: {done['action']}"
    if done["action"] != "change":
        return head
    return "\n".join(
        [head, *(f"    {field}: {brief(old)} → {brief(new)}" for field, (old, new) in done["changes"].items())]
    )


def brief(value: Any) -> str:
    """A value in one short line."""
    return line(yaml.safe_dump(value, default_flow_style=True, allow_unicode=True).strip().removesuffix("\n..."), 60)


def as_yaml(thing: Json) -> str:
    """A stored thing as people read it."""
    return yaml.dump(thing, Dumper=_Dumper, sort_keys=False, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as lines."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
