"""examples:
  workbench import ~/past                        take exported sessions in again; those that are here already stay
  workbench import ~/past/events.parquet         the same from the one Parquet file
  workbench import ~/.claude/projects            Claude Code's transcripts: one's past is there from the first day
  workbench import ~/.codex/sessions             those of Codex, opencode, Gemini CLI, Qwen Code, Mistral Vibe, Crush as well
  workbench import                               what is there of all of them, and what of it would be taken; --all takes it
  workbench import --all --follow                and what they write from now on, a moment after, until Ctrl-C
  workbench import --settings                    what Claude Code and Codex are set to, here and in your home: shown, then asked
  workbench import --settings ~/shop --dry-run   only show it, for the project in ~/shop

Imported sessions are archived: they can be asked, searched and dreamt of, and never go on. An import of what has grown since takes what is
new; of every file it is said what was taken, what was here already, and what was left out and why. `workbench help import` says what
becomes of settings.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from workbench import settings
from workbench.commands import surface
from workbench.commands.surface import Wrong
from workbench.commands.tool_settings import claude_code, codex, showing, taking
from workbench.commands.tool_settings.plan import Found, settle_servers
from workbench.commands.tool_settings.wanted import wanted


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", nargs="?", type=Path, metavar="PATH", help="an export, or what an agent keeps of its sessions"
    )
    parser.add_argument(
        "--all", action="store_true", help="take everything that is found where agents keep their sessions"
    )
    parser.add_argument("--follow", action="store_true", help="go on with what is written from now on, until Ctrl-C")
    parser.add_argument(
        "--settings",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FOLDER",
        help="settings of Claude Code and Codex in your home and in this project (default: the one here)",
    )
    parser.add_argument(
        "--project-rules", action="store_true", help="with --settings: what the project's files allow, too"
    )
    parser.add_argument("--dry-run", action="store_true", help="with --settings: only show what would be taken")
    parser.add_argument("-y", "--yes", action="store_true", help="with --settings: take it without a question")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    if options.settings is not None and options.path is None and not options.follow:
        return _settings(options)
    if options.settings is not None or (options.path is not None and options.all):
        raise Wrong("say one of them: workbench import PATH, --all, or --settings [FOLDER]")
    if options.project_rules or options.dry_run or options.yes:
        raise Wrong("--project-rules, --dry-run and --yes go with --settings")
    # Late: settings need no Parquet, and only one way the watcher's own library.
    from workbench.commands.other_agents import places

    if options.follow and not (options.all or options.path):
        raise Wrong("say what to follow: workbench import PATH --follow, or --all --follow")
    if options.path is not None:
        return _take([options.path.expanduser()], options)
    there = places.found(Path.home(), dict(os.environ))
    if not there:
        surface.say("no agent has kept sessions in your home; name a folder: workbench import PATH")
        return 0
    if options.all:
        return _take([place.path for place in there], options)
    places.show(there, as_json=options.json)
    return 0


def _take(paths: list[Path], options: argparse.Namespace) -> int:
    if options.follow:
        from workbench.commands.import_following import follow

        return follow(paths, as_json=options.json)
    from workbench.commands.taking_in import take_in

    return take_in(paths, as_json=options.json)


def _settings(options: argparse.Namespace) -> int:
    if options.json and not (options.yes or options.dry_run):
        raise Wrong("--json goes with --yes or --dry-run, as a question is for a person")
    folder = options.settings.expanduser().resolve()
    if not folder.is_dir():
        raise Wrong(f"{folder} is no folder; give the one of a project")
    person = Path.home().resolve()
    project = settings.project_root(folder) or (None if folder == person else folder)
    home, own = _read(person, project, takes_allows=options.project_rules)
    if home.is_empty and own.is_empty and not (home.cannot or own.cannot):
        surface.say(
            f"there are no settings of Claude Code or Codex in {person}" + (f" or {project}" if project else "")
        )
        return 0
    agents = wanted(home, own, project, person)
    cannot, notes = [*home.cannot, *own.cannot], [*home.notes, *own.notes]
    engine = surface.client()
    steps = taking.compared(engine, [*home.rules, *own.rules], [*home.unsaid, *own.unsaid], agents)
    cannot += steps.cannot
    if not options.json:
        showing.show(steps, cannot, notes)
    is_taken = not options.dry_run and bool(steps.count) and (options.yes or _agreed(steps.count))
    if is_taken:
        taking.take(engine, steps)
    if options.json:
        surface.print_json(showing.as_json(steps, cannot, notes, taken=is_taken))
    elif not steps.count:
        surface.say("nothing is new: what can be taken is here already")
    else:
        surface.say(f"taken; {_next(steps)}" if is_taken else "nothing was taken")
    return 0


def _read(person: Path, project: Path | None, *, takes_allows: bool) -> tuple[Found, Found]:
    """What a person's home says, and what the project does."""
    home, own = Found(), Found()
    claude, other = claude_code.folders(person, dict(os.environ)), codex.folders(person, dict(os.environ))
    claude_code.read_home(home, claude, project)
    codex.read_home(home, other)
    if project is not None:
        claude_code.read_project(own, claude, project, takes_allows=takes_allows)
        codex.read_project(own, other, project, takes_allows=takes_allows)
    settle_servers(home)
    settle_servers(own)
    return home, own


def _next(steps: taking.Steps) -> str:
    """What to do with what was taken."""
    if not steps.agents:
        return "workbench help permissions says how rules hold"
    environment = f" --environment {taking.ENVIRONMENT['name']}" if steps.environment else ""
    return f'for example: workbench run --agent {steps.agents[-1].name}{environment} "…"'


def _agreed(count: int) -> bool:
    return surface.ask(f"take {'these' if count > 1 else 'this'}? [y/N] ").lower() in ("y", "yes")
