"""examples:
workbench eval suite --record 3fK9aZ --check "pytest -q"   keep what a session was asked as a case of the suite
workbench eval suite                                       replay every case: the same requests as then? Asks no model
workbench eval suite --agent reviewer@3 --agent reviewer   what two versions would have asked, side by side
workbench eval suite --agent a@3 --agent a@4 --live --times 3 --budget 1   run each for real, and its check
workbench eval suite --junit report.xml                    for what reads test reports

Without --live nothing is asked, run or spent. Exits with 1 where a case failed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.evaluation import recordings, reports, running
from workbench.commands.evaluation.running import Candidate, Result
from workbench.commands.surface import Wrong
from workbench.contracts import modes
from workbench.text.display import line


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", help="a folder of recordings, one JSON file a session")
    parser.add_argument("--record", metavar="SESSION", help="add this session to the folder")
    parser.add_argument("--name", help="with --record: the case's name; else the session's title")
    parser.add_argument(
        "--check", metavar="COMMAND", help="with --record: run in the sandbox after --live runs; 0 is right"
    )
    parser.add_argument("--agent", action="append", default=[], metavar="AGENT[@VERSION]", help="can be repeated")
    parser.add_argument("--live", action="store_true", help="ask the model and run the tools, in sessions of their own")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="with --live: how often each case runs")
    parser.add_argument("--budget", metavar="USD", help="with --live: a hard ceiling for each run")
    parser.add_argument("--mode", choices=list(modes.MODES), help="with --live: the permission mode of the runs")
    parser.add_argument("--junit", metavar="FILE", help="write a report in JUnit's format")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    folder = Path(options.folder)
    if options.record is not None:
        return _record(folder, options)
    if options.name or options.check:
        raise Wrong("--name and --check go with --record")
    if not options.live and (options.times != 1 or options.budget or options.mode):
        raise Wrong("--times, --budget and --mode are for runs with --live")
    if not 1 <= options.times <= 100:
        raise Wrong("--times: from 1 to 100")
    cases = recordings.read_all(folder)
    engine = surface.client()
    results = _results(engine, cases, options)
    if options.junit:
        Path(options.junit).write_text(reports.junit(results))
    if options.json:
        surface.print_json([vars(one) for one in results])
    else:
        for row in reports.table(results):
            surface.out(row)
        for one in results:
            if not one.passed:
                surface.out(f"✗ {one.case}, {one.candidate}: {line(one.why, 300)}")
    return 0 if all(one.passed for one in results) else surface.FAILED


def _record(folder: Path, options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.record)
    name = options.name or session["title"] or session["id"]
    file = recordings.write(folder, recordings.recorded(engine, session, name, options.check))
    surface.say(f"recorded as {file}")
    return 0


def _results(engine: Client, cases: list[recordings.Recording], options: argparse.Namespace) -> list[Result]:
    candidates = [_candidate(engine, named) for named in options.agent]
    found: list[Result] = []
    for case in cases:
        if not options.live:
            chosen: list[Candidate | None] = [*candidates] or [None]
            found += [running.replayed(engine, case, one) for one in chosen]
            continue
        own = Candidate(f"{case.agent_id}@{case.agent_version}", case.agent_id, case.agent_version)
        for one in candidates or [own]:
            for _ in range(options.times):
                surface.say(f"{case.name} with {one.label} …")
                found.append(running.run_again(engine, case, one, budget=options.budget, mode=options.mode))
    return found


def _candidate(engine: Client, named: str) -> Candidate:
    name, _, version = named.rpartition("@") if "@" in named else (named, "", "")
    if version and not version.isdigit():
        raise Wrong(f"--agent: {named!r} is no agent with a version as reviewer@3")
    agent = surface.pick(engine.pages(paths.AGENTS), name, "agent")
    chosen = int(version) if version else int(agent["version"])
    return Candidate(f"{agent['name']}@{chosen}", str(agent["id"]), chosen)
