"""Values that complete a command line: ids, names and choices, asked of the engine that runs and of none other."""

from __future__ import annotations

import argparse
import contextlib
import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from workbench import settings
from workbench.client import paths
from workbench.client.agents import agents_of
from workbench.client.errors import ApiError, EngineAway
from workbench.client.sync import Client, connect
from workbench.commands import surface
from workbench.commands.surface import Json
from workbench.commands.words import WORDS, module_of
from workbench.text.display import line

MOST: Final = 200
MOST_TITLE: Final = 60

Candidate = tuple[str, str]
"""A value, and what it is in a few words."""


def candidates(words: Sequence[str]) -> list[Candidate]:
    """What may stand where the last of these words stands; the first is the word of the command.

    Nothing where a file or free text is wanted, and nothing of the engine's where no engine runs: the Tab key starts none.
    """
    if len(words) < 2 or words[0] not in WORDS:
        return []
    wanted = _wanted(parser_of(words[0]), words[1:-1])
    begun = words[-1]
    if wanted is None:
        return []
    values = _threads(words[1:-1]) if wanted.dest == "thread" else _values(wanted, words[0])
    return [one for one in values if one[0].startswith(begun)][:MOST]


def parser_of(word: str) -> argparse.ArgumentParser:
    """What the word takes."""
    parser = argparse.ArgumentParser(prog=word)
    importlib.import_module(module_of(word)).arguments(parser)
    return parser


def _wanted(parser: argparse.ArgumentParser, before: Sequence[str]) -> argparse.Action | None:
    """The argument whose value comes next after these words."""
    options = {name: action for action in parser._actions for name in action.option_strings}
    positionals = [action for action in parser._actions if not action.option_strings]
    at, taken = 0, 0
    while at < len(before):
        given = before[at]
        at += 1
        if given in options and options[given].nargs != 0:
            if at == len(before):
                return options[given]
            at += 1
        elif not given.startswith("-"):
            here = positionals[min(taken, len(positionals) - 1)] if positionals else None
            if isinstance(here, argparse._SubParsersAction):
                chosen = here.choices.get(given)
                return _wanted(chosen, before[at:]) if chosen else None
            taken += 1
    if taken < len(positionals):
        return positionals[taken]
    return positionals[-1] if positionals and positionals[-1].nargs in ("*", "+") else None


def _values(wanted: argparse.Action, word: str) -> Iterator[Candidate]:
    if wanted.choices is not None:
        yield from ((str(choice), "") for choice in wanted.choices)
    elif (word, wanted.dest) in _LOCAL:
        yield from _LOCAL[word, wanted.dest]()
    elif asked := _OF_WORD.get((word, wanted.dest)) or _OF_NAME.get(wanted.dest):
        with contextlib.suppress(ApiError, EngineAway, settings.SettingsError, OSError):
            engine = connect(settings.load())
            if engine is not None:
                yield from asked(engine)


def _sessions(engine: Client) -> Iterator[Candidate]:
    for one in engine.get(paths.SESSIONS, [("limit", str(MOST))])["data"]:
        yield surface.short(one["id"]), line(f"{one['status']} · {one['title'] or one['agent']['name']}", MOST_TITLE)


def _sandboxes(engine: Client) -> Iterator[Candidate]:
    """Where a path of a session's sandbox begins."""
    yield from ((f"{short}:", what) for short, what in _sessions(engine))


def _threads(before: Sequence[str]) -> Iterator[Candidate]:
    """The agents of the session that one of these words names; where none does, of every session."""
    with contextlib.suppress(ApiError, EngineAway, settings.SettingsError, OSError):
        engine = connect(settings.load())
        if engine is None:
            return
        states = engine.get(paths.STATES)["data"]
        meant = [one for one in states if any(len(word) > 2 and one["session_id"].endswith(word) for word in before)]
        for one in (agent for state in meant or states for agent in agents_of(state)):
            plain = all(sign.isalnum() or sign in "._-" for sign in one.name)
            yield (one.name if plain else surface.short(one.thread_id)), one.standing


def _named(path: str) -> Callable[[Client], Iterator[Candidate]]:
    def of(engine: Client) -> Iterator[Candidate]:
        for one in engine.pages(path):
            yield _name(one), one["id"]

    return of


def _name(one: Json) -> str:
    """The name, where a shell takes it as one word; else the id."""
    name = str(one.get("name") or one.get("display_name") or "")
    return name if name and all(sign.isalnum() or sign in "._-" for sign in name) else str(one["id"])


def _files(engine: Client) -> Iterator[Candidate]:
    for one in engine.get(paths.FILES, [("limit", str(MOST))])["data"]:
        yield surface.short(one["id"]), line(one["filename"], MOST_TITLE)


def _skills(engine: Client) -> Iterator[Candidate]:
    # Late: only `skills` needs the project here.
    from workbench.commands.project import here

    project = here()
    for one in engine.get(paths.EVERY_SKILL, [("project", project)] if project else ())["data"]:
        yield one["name"], line(one["description"], MOST_TITLE)


def _groups(engine: Client) -> Iterator[Candidate]:
    yield from ((one["name"], "group") for one in engine.get(paths.GROUPS)["data"])


def _dreams(engine: Client) -> Iterator[Candidate]:
    yield from ((surface.short(one["id"]), one["status"]) for one in engine.get(paths.DREAMS)["data"])


def _triggers(engine: Client) -> Iterator[Candidate]:
    yield from ((_name(one), one["source"]["type"]) for one in engine.get(paths.TRIGGERS)["data"])


def _models(engine: Client) -> Iterator[Candidate]:
    yield from ((one["id"], one.get("display_name", "")) for one in engine.get("/v1/models")["data"])


def _topics() -> Iterator[Candidate]:
    # Late: only `help` needs the manual.
    from workbench import docs

    yield from ((topic, docs.summary(topic)) for topic in docs.TOPICS)


def _saved() -> Iterator[Candidate]:
    # Late: only `sql` needs them.
    from workbench.client.saved_questions import SAVED

    yield from ((one.name, one.title) for one in SAVED)


_AGENTS: Final = _named(paths.AGENTS)
_ENVIRONMENTS: Final = _named(paths.ENVIRONMENTS)
_STORES: Final = _named(paths.MEMORY_STORES)
_LOCAL: Final = {("help", "topic"): _topics, ("sql", "saved"): _saved}
_OF_NAME: Final = {
    "session": _sessions,
    "agent": _AGENTS,
    "environment": _ENVIRONMENTS,
    "store": _STORES,
    "vault": _named(paths.VAULTS),
    "deployment": _named(paths.DEPLOYMENTS),
    "session_of": _named(paths.DEPLOYMENTS),
    "trigger": _triggers,
    "group": _groups,
    "model": _models,
}
_OF_WORD: Final = {
    ("agents", "named"): _AGENTS,
    ("cp", "source"): _sandboxes,
    ("cp", "target"): _sandboxes,
    ("environments", "named"): _ENVIRONMENTS,
    ("run", "memory"): _STORES,
    ("budget", "words"): _sessions,
    ("dream", "names"): _dreams,
    ("files", "file"): _files,
    ("run", "skill"): _skills,
    ("skills", "skill"): _skills,
    ("skills", "skills"): _skills,
    ("files", "files"): _files,
}
