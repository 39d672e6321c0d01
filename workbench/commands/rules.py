"""examples:
workbench rules ls                             what is always allowed, and for whom
workbench rules add "bash(make test *)" --session 3fK9aZ
workbench rules add "write(/workspace/docs/**)" --agent reviewer
workbench rules rm 1f0c9a2e                    take one back; the file says its id too

They stand as [[always]] in permissions.toml in the configuration folder and count from the next call on.
"""

from __future__ import annotations

import argparse
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json
from workbench.text.display import exact, line

SCOPES: Final = ("session", "agent", "everywhere")
"""For whom a call that waits is allowed for good."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["ls", "add", "rm"])
    parser.add_argument(
        "named", nargs="*", default=[], help="for add: what is allowed, as in bash(make *); for rm: ids"
    )
    parser.add_argument("--session", help="only in this session (id, or its end)")
    parser.add_argument("--agent", help="only for this agent (id or name)")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    if options.verb == "ls":
        return _listed(engine.get(paths.RULES), as_json=options.json)
    if not options.named:
        raise surface.Wrong('what? for example: workbench rules add "bash(make test *)"')
    if options.verb == "rm":
        for rule_id in options.named:
            removed = engine.delete(f"{paths.RULES}/{rule_id}")
            surface.out(f"taken back {rule_id}  {_allowed(removed)}")
        return 0
    scope: Json = {}
    if options.session:
        scope["session"] = surface.session(engine, options.session)["id"]
    if options.agent:
        scope["agent"] = surface.pick(engine.pages(paths.AGENTS), options.agent, "agent")["id"]
    rule = engine.post(paths.RULES, {"allow": options.named, **scope})
    surface.out(added(rule))
    return 0


def offered(engine: Client, session_id: str, call: Json, scope: str) -> Json:
    """The narrowest rule that would let such a call run, for one of `SCOPES`.

    Raises:
        Wrong: there is none, or none for its agent.
    """
    told = engine.get(paths.own(session_id, f"calls/{call['id']}"))
    if not told["offers"]:
        raise surface.Wrong(f"{exact(call['name'])} cannot be allowed for good; without --always it is allowed once")
    reach: Json = {"session": session_id} if scope == "session" else {}
    if scope == "agent":
        reach = {"agent": told["agent"]["id"]}
        if not reach["agent"]:
            name = line(told["agent"]["name"], 60)
            raise surface.Wrong(f"the agent {name} was defined when it was started: no rule can name it; use --always")
    return {**told["offers"][0], **reach}


def added(rule: Json) -> str:
    """A rule that was just written, in a line."""
    return f"{rule['id']}  {_allowed(rule)}  {_scope(rule)}"


def _listed(rules: Json, *, as_json: bool) -> int:
    if as_json:
        surface.print_json(rules["data"])
        return 0
    if rules["trouble"]:
        surface.complain(rules["trouble"])
    rows = [[rule["id"], _scope(rule), _allowed(rule)] for rule in rules["data"]]
    if rows:
        surface.out(surface.table(rows, ["rule", "for", "allows"]))
    surface.say(f"{len(rows)} of them, in {rules['file']}")
    return 0


def _allowed(rule: Json) -> str:
    return exact(" ".join(rule["allow"]) if "allow" in rule else f"exactly {rule['exact']}")


def _scope(rule: Json) -> str:
    return str(rule["session"] or rule["agent"] or "everywhere")
