"""Deployments as YAML: what a file says, as the API's body, with names looked up and this machine's defaults put in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import defaults, surface
from workbench.commands.budget import limit
from workbench.commands.surface import Json, Wrong
from workbench.commands.templates import Kind, Template, says
from workbench.commands.vault import vault_named

PROJECT_KEY: Final = "workbench.project"
OVERLAP_KEY: Final = "workbench.overlap"
OWN_KEYS: Final = {PROJECT_KEY: "project", OVERLAP_KEY: "overlap"}
DEPLOYMENT: Final = Kind(
    "deployment",
    paths.DEPLOYMENTS,
    frozenset(
        {
            *("name", "description", "agent", "environment", "prompt", "initial_events", "schedule", "project"),
            *("vaults", "budget", "overlap", "metadata", "resources"),
        }
    ),
)
_LOCAL_TIME: Final = Path("/etc/localtime")
_ZONES: Final = "zoneinfo/"


def machine_zone(link: Path = _LOCAL_TIME) -> str:
    """The IANA's name of this machine's zone; UTC where it tells none."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if "/" in named and not named.startswith("/"):
        return named
    try:
        _, found, zone = os.path.realpath(link).partition(_ZONES)
    except OSError:
        return "UTC"
    zone = zone.removeprefix("posix/").removeprefix("right/")
    return zone if found and zone not in ("Etc/UTC", "UCT", "Zulu", "Etc/UCT") else "UTC"


def body_of(engine: Client, template: Template) -> Json:
    """The whole body that the file asks for: what it leaves out is as for a new deployment.

    Raises:
        Wrong: with file and line, a name that is not known, or a field of another shape.
    """
    given = template.content
    agent = _picked(engine, template, "agent", paths.AGENTS)
    return {
        "name": given["name"],
        "description": given.get("description"),
        "agent": {"type": "agent", "id": agent["id"], "version": agent["version"]},
        "environment_id": _picked(engine, template, "environment", paths.ENVIRONMENTS, agent["id"])["id"],
        "initial_events": _events(template),
        "schedule": _schedule(template),
        "vault_ids": [_vault(engine, template, named) for named in _list(template, "vaults")],
        "budget": _budget(template),
        "metadata": _metadata(template),
        "resources": _list(template, "resources"),
    }


def changes(old: Json | None, wanted: Json) -> Json:
    """Field → [old, new] where the stored one does not say what is wanted."""
    stored = old or {}
    found = {field: [stored.get(field), value] for field, value in wanted.items() if not says(stored.get(field), value)}
    if (stored.get("metadata") or {}) != wanted["metadata"]:
        found["metadata"] = [stored.get("metadata"), wanted["metadata"]]
    return found


def patch(old: Json, changed: Json) -> Json:
    """The update that makes these changes: keys of metadata that are gone are taken away by name."""
    body: Json = {field: new for field, (_, new) in changed.items()}
    if "metadata" in body:
        body["metadata"] = dict.fromkeys(old["metadata"]) | body["metadata"]
    return body


def _picked(engine: Client, template: Template, field: str, path: str, agent_id: str | None = None) -> Json:
    """What a field names, else the default one, which for an environment is that of the agent."""
    named = template.content.get(field)
    if named is None:
        own = defaults.agent(engine, None, None) if field == "agent" else defaults.environment(engine, None, agent_id)
        return engine.get(f"{path}/{own}")
    try:
        return surface.pick(engine.pages(path, [("limit", "100")]), str(named), field)
    except Wrong as wrong:
        raise Wrong(f"{template.place(field)}: {field}: {wrong}") from None


def _vault(engine: Client, template: Template, named: object) -> str:
    vault = vault_named(engine, str(named))
    if vault is None:
        raise Wrong(f"{template.place('vaults')}: vaults: there is no vault {named!r}; workbench vault list shows them")
    return str(vault["id"])


def _events(template: Template) -> list[Any]:
    prompt, given = template.content.get("prompt"), template.content.get("initial_events")
    if (prompt is None) == (given is None):
        raise Wrong(f"{template.place('prompt')}: prompt: say what a run is to do, as prompt or as initial_events")
    if given is not None:
        return _list(template, "initial_events")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Wrong(f"{template.place('prompt')}: prompt: must be text")
    return [{"type": "user.message", "content": [{"type": "text", "text": prompt.strip()}]}]


def _schedule(template: Template) -> Json | None:
    given = template.content.get("schedule")
    if given is None:
        return None
    given = {"expression": given} if isinstance(given, str) else given
    if not isinstance(given, dict) or not isinstance(given.get("expression"), str):
        raise Wrong(
            f'{template.place("schedule")}: schedule: write expression: "30 2 * * *", and timezone: Europe/Berlin'
        )
    return {"type": "cron", "timezone": machine_zone()} | given


def _budget(template: Template) -> Json | None:
    given = template.content.get("budget")
    if given is None or isinstance(given, dict):
        return given
    try:
        return limit(str(given))
    except Wrong as wrong:
        raise Wrong(f"{template.place('budget')}: budget: {wrong}") from None


def _metadata(template: Template) -> dict[str, str]:
    given = template.content.get("metadata") or {}
    if not isinstance(given, dict):
        raise Wrong(f"{template.place('metadata')}: metadata: must be a mapping of texts")
    metadata = {str(key): str(value) for key, value in given.items()}
    if (project := template.content.get("project")) is not None:
        # A relative folder is one beside the file: the file means the same from wherever it is applied.
        folder = (template.file.resolve().parent / Path(str(project)).expanduser()).resolve()
        if not folder.is_dir():
            raise Wrong(f"{template.place('project')}: project: {folder} is no folder")
        metadata[PROJECT_KEY] = str(folder)
    if (overlap := template.content.get("overlap")) is not None:
        metadata[OVERLAP_KEY] = str(overlap)
    return metadata


def _list(template: Template, field: str) -> list[Any]:
    given = template.content.get(field)
    if given is None:
        return []
    if not isinstance(given, list):
        raise Wrong(f"{template.place(field)}: {field}: must be a list")
    return given


def field_of(place: str) -> str:
    """The field of a file that the API's name of a place means."""
    head, _, rest = place.partition(".")
    names = {"environment_id": "environment", "vault_ids": "vaults", "metadata": OWN_KEYS.get(rest, "")}
    return names.get(head) or place
