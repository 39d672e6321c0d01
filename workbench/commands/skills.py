"""examples:
workbench skills list                          uploaded ones, and those of the project here and of your home
workbench skills show pdf-forms                what it says, and its files
workbench skills check my-skill                each fault as FILE:LINE: sentence; needs no engine
workbench skills add my-skill --agent writer   upload the folder, and give it to an agent; again is a new version
workbench skills add my-plugin                 a folder with a plugin.json: its skills; its MCP servers stay off
workbench skills trust pdf-forms               offer one of this project to its sessions, as it is now
workbench skills remove pdf-forms --agent writer     take it from an agent; without --agent, delete it for good

A skill is a folder with a SKILL.md: `workbench help skills`. Sessions that have begun keep what they began with.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import project, skill_folders, surface
from workbench.commands.session_skills import UPLOADED, uploaded
from workbench.commands.surface import Json, Wrong
from workbench.skills.checking import SKILL_FILE
from workbench.skills.plugins import Plugin
from workbench.text import display

TOOLSET: Final = "agent_toolset_20260401"
SCRIPTS: Final = (".py", ".sh", ".js", ".mjs", ".ts", ".rb", ".pl")


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="list|show|add|remove|check|trust")
    listed = words.add_parser("list", help="all skills, with where each comes from")
    show = words.add_parser("show", help="one skill: its files, and what it says")
    show.add_argument("skill", help="its name, or the id of an uploaded one")
    add = words.add_parser(
        "add", help="upload a folder or a zip, a plugin too; of a name that is there it becomes the new version"
    )
    add.add_argument(
        "dir", metavar="DIR", help="a folder with a SKILL.md, a zip of one, or the name of an uploaded skill"
    )
    add.add_argument("--name", metavar="TEXT", help="what lists show for a new one; its own name by default")
    add.add_argument(
        "--onto", metavar="ID", help="the uploaded skill that gets the version, where several have the name"
    )
    remove = words.add_parser("remove", help="delete an uploaded skill or a plugin, or take a skill from an agent")
    remove.add_argument("skill", help="its name or id")
    for word in (add, remove):
        word.add_argument("--agent", metavar="AGENT", help="the agent that gets it, or that loses it")
    check = words.add_parser("check", help="say what is wrong with a folder or zip")
    check.add_argument("dir", metavar="DIR", type=Path)
    trust = words.add_parser("trust", help="offer skills of a project or your home to sessions, as they are now")
    trust.add_argument("skills", nargs="*", default=[], metavar="skill", help="their names")
    trust.add_argument("--all", action="store_true", help="all that are listed")
    trust.add_argument("--forget", action="store_true", help="trust them no more")
    for word in (listed, show, trust):
        word.add_argument("-C", dest="project", metavar="DIR", help="the project; the one that you are in by default")
    for word in words.choices.values():
        surface.json_flag(word)


def run(options: argparse.Namespace) -> int:
    if options.word == "check":
        return skill_folders.check(options.dir, as_json=options.json)
    acts = {"list": _list, "show": _show, "add": _add, "remove": _remove, "trust": _trust}
    return acts[options.word](surface.client(), options)


def _every(engine: Client, folder: str | None) -> list[Json]:
    """Those of a project, of the home, and uploaded ones, in this order."""
    chosen = project.chosen(folder)
    query = [] if chosen is None else [("project", str(Path(chosen).expanduser().resolve()))]
    found: list[Json] = engine.get(paths.EVERY_SKILL, query)["data"]
    return found


def _named(found: list[Json], named: str) -> Json:
    """The skill of this name that goes first, or the one with this id; others of the name are told.

    Raises:
        Wrong: there is none, with what is near; or several uploaded ones, of which none goes first.
    """
    exact = [one for one in found if named in (one["id"], one["place"])]
    exact = exact or [one for one in found if one["name"] == named]
    if exact:
        first, *others = exact
        told = ", ".join(_origin(one) for one in others)
        if first["id"] and others:
            raise Wrong(
                f"{len(exact)} uploaded skills are called {named!r}: {_origin(first)}, {told}; name one by its id"
            )
        if others:
            surface.say(f"{_origin(first)} goes first; others are called so: {told}")
        return first
    return surface.pick([one | {"id": one["id"] or one["place"]} for one in found], named, "skill")


def _list(engine: Client, options: argparse.Namespace) -> int:
    found = _every(engine, options.project)
    if options.json:
        surface.print_json(found)
    elif not found:
        surface.say("no skills here; upload one with: workbench skills add DIR")
    else:
        rows = [
            [display.exact(one["name"]), _origin(one), display.line(one["description"], 60), _standing(one)]
            for one in found
        ]
        surface.out(surface.table(rows, ["skill", "from", "what it is for", ""]))
    return 0


def _origin(one: Json) -> str:
    return f"{one['origin']} {one['id']}" if one["id"] else display.safe(one["place"])


def _standing(one: Json) -> str:
    """What becomes of it in a session here."""
    if one["faults"]:
        return surface.paint(display.line(f"cannot be used: {one['faults'][0]}", 90), "red")
    if one["shadowed_by"]:
        return f"behind {display.safe(one['shadowed_by'])}"
    if not one["trusted"]:
        return surface.paint("not trusted", "yellow")
    return f"{one['versions']} version{'s' if one['versions'] != 1 else ''}" if one["id"] else "trusted"


def _show(engine: Client, options: argparse.Namespace) -> int:
    found = _named(_every(engine, options.project), options.skill)
    held = skill_folders.of_folder(Path(found["folder"])) if found["folder"] else _of_version(engine, found)
    if options.json:
        surface.print_json(found | {"files": held.files, "text": held.text})
        return 0
    surface.out(f"{display.exact(found['name'])}  {_origin(found)}  {_standing(found)}")
    for fault in found["faults"]:
        surface.out(display.safe(fault))
    surface.out("\n".join(f"  {display.size(one['size']):>9}  {display.safe(one['path'])}" for one in held.files))
    scripts = [one["path"] for one in held.files if one["path"].endswith(SCRIPTS)]
    surface.out(
        f"scripts that an agent can run: {display.safe(', '.join(scripts))}" if scripts else "it has no scripts"
    )
    surface.out("")
    surface.out(display.safe(held.text.rstrip("\n")))
    return 0


def _of_version(engine: Client, found: Json) -> skill_folders.Held:
    version = paths.skill_versions(found["id"], found["version"])
    return skill_folders.of_archive(engine.download(f"{version}/content"))


def _add(engine: Client, options: argparse.Namespace) -> int:
    folder = Path(options.dir).expanduser()
    if folder.exists():
        made = sent(engine, folder, options.name, options.onto)
        if "servers" in made:
            return _say_plugin(engine, made, options)
        said = f"{made['name']} is uploaded as {made['skill_id']}, version {made['id']}"
    else:
        if not options.agent:
            raise Wrong(f"{options.dir} is no folder with a {SKILL_FILE} and no zip of one")
        made = _version(engine, uploaded(engine, options.dir)["id"])
        said = f"{made['name']} is {made['skill_id']}"
    if options.agent:
        agent = _with_skill(engine, options.agent, made["skill_id"])
        said += f"; {display.exact(agent['name'])} has it (version {agent['version']})"
    if options.json:
        surface.print_json(made)
    else:
        surface.out(said)
        if not options.agent:
            surface.say(f"give it to an agent: workbench skills add {made['name']} --agent AGENT")
    return 0


def _say_plugin(engine: Client, made: Json, options: argparse.Namespace) -> int:
    """What a plugin brought, and what of it is off."""
    if options.agent:
        for one in made["skills"]:
            _with_skill(engine, options.agent, one["skill_id"])
    if options.json:
        surface.print_json(made)
        return 0
    surface.out(f"plugin {made['name']} is added")
    for one in made["skills"]:
        surface.out(f"  skill {display.exact(one['name'])}  {one['skill_id']}")
    for gone in made["removed"]:
        surface.out(f"  skill {display.exact(gone)}  is not in it any more, and is removed")
    for one in made["servers"]:
        server = f"{made['name']}:{one['name']}"
        surface.out(
            f"  MCP server {display.exact(one['name'])}  off; workbench mcp add {display.exact(server)} gives it to an agent"
        )
    return 0


def sent(engine: Client, folder: Path, display_name: str | None, onto: str | None) -> Json:
    """The version, or the plugin, that was made of it."""
    with skill_folders.zipped(folder) as (found, archive):
        about = found if isinstance(found, Plugin) else found.about
        for advice in about.advice:
            surface.say(f"{skill_folders.located(folder, advice)}")
        if isinstance(found, Plugin):
            return engine.upload(paths.PLUGINS, archive, {}, "files[]")
        same = [
            one
            for one in engine.get(paths.EVERY_SKILL)["data"]
            if (one["origin"], one["name"]) == ("custom", about.name)
        ]
        if onto is not None:
            same = [one for one in same if one["id"] == onto]
            if not same:
                raise Wrong(
                    f"--onto: no uploaded skill {onto} is called {about.name}; workbench skills list shows them"
                )
        if len(same) > 1:
            listed = ", ".join(one["id"] for one in same)
            raise Wrong(
                f"{len(same)} uploaded skills are called {about.name}: {listed}; say with --onto ID which gets the version"
            )
        if same:
            if display_name is not None:
                raise Wrong(f"--name: {about.name} is there already, and this is its new version")
            return engine.upload(paths.skill_versions(same[0]["id"]), archive, {}, "files[]")
        fields = {} if display_name is None else {"display_name": display_name}
        return _version(engine, engine.upload(paths.SKILLS, archive, fields, "files[]")["id"])


def _version(engine: Client, skill_id: str) -> Json:
    return engine.get(paths.skill_versions(skill_id, "latest"))


def _agent(engine: Client, named: str) -> Json:
    return surface.pick(engine.pages(paths.AGENTS), named, "agent")


def _with_skill(engine: Client, named: str, skill_id: str) -> Json:
    agent = _agent(engine, named)
    others = [one for one in agent["skills"] if one["skill_id"] != skill_id]
    body: Json = {"skills": [*others, {"type": "custom", "skill_id": skill_id}]}
    if not any(tool["type"] == TOOLSET for tool in agent["tools"]):
        raise Wrong(f"{named} has no built-in tools, and reads a skill with one of them: give it {TOOLSET}")
    return engine.post(f"{paths.AGENTS}/{agent['id']}", body)


def _remove(engine: Client, options: argparse.Namespace) -> int:
    if not options.agent and any(one["name"] == options.skill for one in engine.get(paths.PLUGINS)["data"]):
        gone = engine.delete(f"{paths.PLUGINS}/{options.skill}")
        surface.print_json(gone) if options.json else surface.out(f"deleted the plugin {options.skill} with its skills")
        return 0
    found = uploaded(engine, options.skill)
    if options.agent:
        agent = _agent(engine, options.agent)
        if all(one["skill_id"] != found["id"] for one in agent["skills"]):
            raise Wrong(f"the agent {agent['name']!r} has no skill {found['name']!r}")
        left = [one for one in agent["skills"] if one["skill_id"] != found["id"]]
        gone = engine.post(f"{paths.AGENTS}/{agent['id']}", {"skills": left})
        said = f"{display.exact(agent['name'])} has {found['name']} no more"
    else:
        holders = [one["name"] for one in engine.pages(paths.AGENTS) if _names(one, found["id"])]
        gone = engine.delete(paths.skill(found["id"]))
        said = f"deleted {found['name']} ({found['id']})"
        if holders:
            surface.say(
                f"{', '.join(display.exact(one) for one in holders)} named it and cannot begin a session before it is taken out: "
                "workbench agents show AGENT"
            )
    surface.print_json(gone) if options.json else surface.out(said)
    return 0


def _names(agent: Json, skill_id: str) -> bool:
    return any(one["skill_id"] == skill_id for one in agent["skills"])


def _trust(engine: Client, options: argparse.Namespace) -> int:
    found = [one for one in _every(engine, options.project) if one["origin"] not in UPLOADED]
    if bool(options.skills) == options.all:
        raise Wrong("name the skills that you have read, or --all; workbench skills list shows them")
    chosen = (
        [one for one in found if not one["faults"]] if options.all else [_named(found, one) for one in options.skills]
    )
    for one in chosen:
        if one["faults"]:
            raise Wrong(f"{one['place']} cannot be used: {one['faults'][0]}")
    if not chosen:
        raise Wrong("no skill lies in the project here or in your home")
    body = {"digests": [one["digest"] for one in chosen], "trusted": not options.forget}
    answer = engine.post(paths.SKILL_TRUST, body)
    if options.json:
        surface.print_json(answer)
    else:
        for one in chosen:
            surface.out(
                f"{'not trusted any more' if options.forget else 'trusted as it is now'}: {display.safe(one['place'])}"
            )
    return 0
