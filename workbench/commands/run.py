"""examples:
  workbench run "explain what this repository does"         in a git project: on a view of it
  workbench run "what is in these files?" -C ~/letters      on a view of another folder; -C none for an empty one
  workbench run --model offline 'run `python3 --version`'
  workbench run --goal 'the tests pass: `make test` exits 0' -C ~/project      until it is reached, or the rounds are over
  workbench run --detach --title nightly "update the changelog" -C ~/project
  git diff | workbench run -                     the task from standard input
  workbench run --attach shot.png "why does it look so?"    a picture or PDF that the model sees at once
  workbench run --json-schema '{"type": "array"}' "list the failing tests"

Ctrl-C interrupts the agent, and the engine goes on; Ctrl-C again leaves at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from workbench import settings
from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import (
    approvals,
    base,
    defaults,
    endpoint,
    files,
    following,
    goals,
    memory,
    messages,
    project,
    structured,
    surface,
    vault,
)
from workbench.commands.budget import limit
from workbench.commands.call_results import LAST_CALL_FAILED, CallResults
from workbench.commands.session_skills import with_skills
from workbench.commands.surface import Json, Wrong
from workbench.commands.transcript import Transcript
from workbench.contracts import modes
from workbench.text.display import line

MOST_TITLE = 60


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How a session is to begin: ids or names, a folder, a budget in dollars."""

    agent: str | None = None
    environment: str | None = None
    model: str | None = None
    title: str | None = None
    project: str | None = None
    budget: str | None = None
    group: str | None = None
    memory: Sequence[str] = ()
    file: Sequence[str] = ()
    attach: Sequence[str] = ()
    skill: Sequence[str] = ()
    vault: str | None = None
    mode: str | None = None
    is_elsewhere: bool = False
    """Whether the folder is one of another machine, which its engine checks."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", nargs="?", default="", help="what to do; - reads it from standard input")
    goals.options(parser)
    parser.add_argument(
        "-C",
        dest="project",
        metavar="DIR",
        help="work on a copy-on-write view of this folder; none for an empty one. Without it: the git project that you are in",
    )
    parser.add_argument("--agent", metavar="AGENT", help="id or name; a general one by default")
    parser.add_argument("--environment", metavar="ENV", help="id or name; a default one by default")
    parser.add_argument("--model", help="another model for this session; `offline` needs nothing")
    parser.add_argument(
        "--mode",
        choices=list(modes.MODES),
        help="which calls ask you, in place of the agent's own policies; see workbench set",
    )
    parser.add_argument(
        "--memory",
        action="append",
        default=[],
        metavar="STORE[:ro]",
        help="attach a memory store, by name or id; :ro lets the agent only read it; can be repeated",
    )
    parser.add_argument(
        "--file",
        action="append",
        default=[],
        metavar="PATH|FILE_ID[:MOUNT]",
        help="a file for the agent to read, under /mnt/session/uploads; MOUNT is its path there; can be repeated",
    )
    messages.attach_option(parser)
    parser.add_argument(
        "--skill",
        action="append",
        default=[],
        metavar="SKILL",
        help="an uploaded skill beside those of the agent, by name or id; can be repeated",
    )
    parser.add_argument("--title", help="what the lists show; without it, how the task begins")
    parser.add_argument("--budget", metavar="USD", help="a hard ceiling of what it may cost at list price")
    parser.add_argument("--group", metavar="NAME", help="the group whose budget it shares; see workbench budget")
    parser.add_argument("--vault", metavar="VAULT", help="whose credentials it may use; `default` by default, or none")
    parser.add_argument("--detach", "-d", action="store_true", help="print the session's id and leave it working")
    parser.add_argument("--strict", action="store_true", help="exit with 7 if the agent's last call failed")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="every event as a line of JSON; the last line sums up")
    shown.add_argument(
        "--json-schema",
        metavar="FILE-or-SCHEMA",
        help="print only the answer, a JSON value that fits; one that does not is asked for again, up to five times",
    )

    parser.set_defaults(is_elsewhere=False)


def run(options: argparse.Namespace) -> int:
    task = _task(options.task, is_needed=options.goal is None)
    goal = goals.wanted(options, task)
    schema = structured.schema_of(options.json_schema) if options.json_schema is not None else None
    if schema is not None:
        task = structured.task_with(task, schema)
    engine = surface.client()
    wanted = Wanted(**{field.name: getattr(options, field.name) for field in fields(Wanted)})
    wanted = replace(wanted, project=project.chosen(options.project))
    try:
        session = started(engine, wanted, task, goal)
    except KeyboardInterrupt:
        surface.complain("the session may have begun all the same; workbench ps shows it")
        raise
    if options.detach:
        if options.json:
            surface.print_json(session)
        else:
            project.say_folder(options.project, wanted.project)
            if wanted.project is not None:
                base.say_beginning(engine, session["id"])
            surface.out(session["id"])
        return 0
    interrupted = not options.json and _is_interrupted(lambda: _say_beginning(engine, session, wanted, options.project))
    results = CallResults()
    if schema is not None:
        code = structured.answered(engine, session["id"], schema, results, interrupted=interrupted)
    else:
        code = watched(engine, session["id"], as_json=options.json, results=results, interrupted=interrupted)
    code = results.exit_code(code, strict=options.strict)
    outcome = None
    if goal is not None:
        code, outcome = goals.ended(engine, session["id"], code)
    _say_end(options, session["id"], code, results, outcome)
    return code


def _is_interrupted(act: Callable[[], None]) -> bool:
    """Whether Ctrl-C came while this was done."""
    try:
        act()
    except KeyboardInterrupt:
        return True
    return False


def _say_beginning(engine: Client, session: Json, wanted: Wanted, asked: str | None) -> None:
    project.say_folder(asked, wanted.project)
    status = engine.get(paths.STATUS)
    surface.say(f"session {session['id']}")
    if wanted.project is not None:
        base.say_beginning(engine, session["id"])
    vendor = defaults.own_vendor(session["agent"]["name"])
    described = endpoint.described(status, session["agent"]["model"]["id"])
    surface.say(f"model: its own, at {vendor}" if vendor else f"model {described}")
    project.say_instructions(engine.get(paths.own(session["id"], "state")))
    if lacking := endpoint.lacking(settings.load(), status):
        surface.complain(lacking)


def _say_end(
    options: argparse.Namespace, session_id: str, code: int, results: CallResults, outcome: Json | None
) -> None:
    if options.json:
        surface.print_json_line(results.summary(session_id, code) | ({"outcome": outcome} if outcome else {}))
        return
    if outcome is not None and code != surface.INTERRUPTED:
        goals.say(outcome)
    if results.is_last_failed and code in (0, LAST_CALL_FAILED):
        surface.say(f"its last call failed; {results.failed} of {results.ended} did")


def _task(given: str, *, is_needed: bool) -> str:
    task = sys.stdin.read() if given == "-" else given
    if is_needed and not task.strip():
        raise Wrong("the task is empty; say what to do")
    return task


def started(engine: Client, wanted: Wanted, task: str, goal: goals.Goal | None = None) -> Json:
    """A new session at work on the task, or on the goal that has it; an empty one leaves it at rest."""
    metadata: dict[str, str] = {}
    if wanted.project is not None:
        folder = Path(wanted.project) if wanted.is_elsewhere else Path(wanted.project).expanduser().resolve()
        if wanted.is_elsewhere and not folder.is_absolute():
            raise Wrong(f"-C: name the folder there in full, as in ~/project or /srv/site, not {wanted.project}")
        if not wanted.is_elsewhere and not folder.is_dir():
            raise Wrong(f"-C: {folder} is not a folder")
        metadata["workbench.project"] = str(folder)
    if wanted.group is not None:
        metadata["workbench.group"] = wanted.group
    if wanted.mode is not None:
        metadata[modes.KEY] = wanted.mode
    agent = defaults.agent(engine, wanted.agent, wanted.model)
    agent_id = agent if isinstance(agent, str) else str(agent["id"])
    body: Json = {
        "agent": with_skills(engine, agent, wanted.skill),
        "environment_id": defaults.environment(engine, wanted.environment, agent_id if wanted.agent else None),
        "title": wanted.title or line(goal.description if goal else task, MOST_TITLE) or None,
        "metadata": metadata,
    }
    if goal is not None:
        # Pictures and documents come as a message beside it.
        shown = [messages.message("", wanted.attach)] if wanted.attach else []
        body["initial_events"] = [goal.event, *shown]
    elif task:
        body["initial_events"] = [messages.message(task, wanted.attach)]
    if wanted.memory:
        body["resources"] = [_resource(engine, named) for named in wanted.memory]
    if attached := _vault(engine, wanted.vault):
        body["vault_ids"] = [attached["id"]]
    if wanted.budget is not None:
        body["budget"] = limit(wanted.budget)
    with files.for_session(engine, wanted.file) as mounted:
        body["resources"] = [*body.get("resources", ()), *mounted]
        return engine.post(paths.SESSIONS, body)


def _resource(engine: Client, named: str) -> Json:
    name, _, access = named.rpartition(":") if named.endswith(":ro") else (named, "", "")
    access = "read_only" if access else "read_write"
    return {"type": "memory_store", "memory_store_id": memory.store(engine, name)["id"], "access": access}


def _vault(engine: Client, named: str | None) -> Json | None:
    if named == "none":
        return None
    found = vault.vault_named(engine, named or vault.DEFAULT)
    if found is None and named:
        raise Wrong(f"there is no vault {named!r}; workbench vault list shows them")
    return found


def watched(
    engine: Client,
    session_id: str,
    *,
    as_json: bool = False,
    results: CallResults | None = None,
    interrupted: bool = False,
) -> int:
    """Show the session until it rests; approvals are asked for in place where somebody can answer.

    `results` counts how its calls end; `interrupted` says that Ctrl-C has come already.

    Returns the exit code for how it ended.
    """
    transcript, last, results = Transcript(), 0, results or CallResults()
    if interrupted:
        following.interrupt(engine, session_id)
    frames = following.frames(engine, session_id, after=0, previews=not as_json)
    while True:
        try:
            for frame in frames:
                last = frame.cursor or last
                results.note(frame.data)
                if as_json:
                    if frame.cursor is not None:
                        surface.print_json_line(frame.data)
                else:
                    transcript.show(frame.data)
                if not following.is_at_rest(engine, session_id, frame.data):
                    continue
                if not as_json and approvals.can_ask(frame.data):
                    approvals.ask(engine, session_id, frame.data)
                    continue
                return _ended(engine, session_id, frame.data, interrupted=interrupted, as_json=as_json)
            return surface.FAILED
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            following.interrupt(engine, session_id)
            frames = following.frames(engine, session_id, after=last, previews=not as_json)


def _ended(engine: Client, session_id: str, event: Json, *, interrupted: bool, as_json: bool) -> int:
    code = following.exit_code(event)
    if not as_json:
        following.mark_read(engine, session_id)
    if code == surface.WAITING and not as_json:
        approvals.say_how(engine, session_id, event)
    return surface.INTERRUPTED if interrupted and code == 0 else code
