"""Which new sessions have a memory store by themselves: written, told, and asked once when a dream's lines are accepted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from workbench import settings
from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line, safe

FOR_KEY: Final = "workbench.for"
KINDS: Final = ("project", "agent", "everywhere", "nobody")


def wish(engine: Client, kind: str, name: str | None) -> str:
    """What is written into the store's metadata.

    Raises:
        Wrong: no such folder or agent, or a name where none belongs.
    """
    match kind:
        case "project":
            folder = Path(name or ".").expanduser().resolve()
            if not folder.is_dir():
                raise Wrong(f"{folder} is no folder; name the project's")
            return f"project {settings.project_root(folder) or folder}"
        case "agent":
            if name is None:
                raise Wrong("name the agent: workbench memory for STORE agent NAME")
            return f"agent {surface.pick(list(engine.pages(paths.AGENTS, [('limit', '100')])), name, 'agent')['id']}"
    if name is not None:
        raise Wrong(f"{kind} takes no name")
    return kind


def short(store: Json) -> str:
    """Whose the store is, in a word or two."""
    return line(store["metadata"].get(FOR_KEY, "").replace("\n", ", "), 40)


def told(store: Json) -> str:
    """A sentence on who has the store from now on."""
    wish = store["metadata"].get(FOR_KEY, "nobody")
    if wish == "nobody":
        return f"{safe(store['name'])}: no session has it that does not name it"
    return f"{safe(store['name'])}: new sessions have it by themselves ({safe(wish)})"


def ask_once(engine: Client, store_id: str) -> None:
    """After lines were accepted: who is to have the store; asked of a person at a terminal, and never again."""
    store = engine.get(f"{paths.MEMORY_STORES}/{store_id}")
    if FOR_KEY in store["metadata"] or store["archived_at"]:
        return
    name = safe(store["name"])
    if not sys.stdin.isatty():
        surface.say(
            f"only sessions with --memory {name} have this store; workbench memory for {name} project|everywhere changes it"
        )
        return
    folder = wish(engine, "project", None)
    answer = surface.ask(
        f"give {name} to new sessions: of this [p]roject ({safe(folder.partition(' ')[2])}), [e]verywhere, [n]ot by itself? "
    )
    chosen = {"p": folder, "e": "everywhere", "n": "nobody"}.get(answer.strip().lower()[:1])
    if chosen is not None:
        changed = engine.post(f"{paths.MEMORY_STORES}/{store_id}", {"metadata": {FOR_KEY: chosen}})
        surface.say(told(changed))
