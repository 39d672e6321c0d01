"""examples:
workbench tokens add ci --role operate --expires 30d    prints the token, once
workbench tokens add phone --role session --session ID   the events of one session, and answers to it
workbench tokens add bot --role agent --agent ID --creates 10
workbench tokens add laptop --role worker --environment ENV   a key for workers of a self-hosted environment
workbench tokens list
workbench tokens revoke NAME
"""

from __future__ import annotations

import argparse
import re
from typing import Final

from workbench.commands import defaults, surface
from workbench.commands.surface import Json, Wrong

_SPAN: Final = re.compile(r"(\d{1,5})([mhd])")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}
_TOKENS: Final = "/workbench/v1/tokens"


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    add = words.add_parser("add", help="make a token")
    add.add_argument("name")
    add.add_argument("--role", required=True, choices=("owner", "operate", "read", "session", "agent", "worker"))
    add.add_argument("--session", metavar="ID", help="the session that the role session is for")
    add.add_argument("--agent", metavar="ID", help="the agent that the role agent is for")
    add.add_argument("--environment", metavar="ENV", help="the self-hosted environment whose key the role worker has")
    add.add_argument("--expires", metavar="TIME", help="30m, 12h, 30d; without it never")
    add.add_argument("--creates", type=int, metavar="N", help="requests a minute that create something")
    add.add_argument("--reads", type=int, metavar="N", help="other requests a minute")
    surface.json_flag(add)
    surface.json_flag(words.add_parser("list", help="the tokens that there are"))
    words.add_parser("revoke", help="make one void at once").add_argument("name")


def run(options: argparse.Namespace) -> int:
    return {"add": _add, "list": _list, "revoke": _revoke}[options.what](options)


def _add(options: argparse.Namespace) -> int:
    engine = surface.client()
    named = options.environment
    given = {
        "name": options.name,
        "role": options.role,
        "session_id": options.session,
        "agent_id": options.agent,
        "environment_id": defaults.environment(engine, named) if named else None,
        "expires_in_s": _seconds(options.expires),
        "creates_per_minute": options.creates,
        "reads_per_minute": options.reads,
    }
    made = engine.post(_TOKENS, {key: value for key, value in given.items() if value is not None})
    if options.json:
        surface.print_json(made)
        return 0
    surface.out(made["token"])
    name = "environment_key of its worker" if options.role == "worker" else "ANTHROPIC_API_KEY"
    surface.say(f"this is shown once; a program uses it as {name} at the address of `workbench serve`")
    return 0


def _list(options: argparse.Namespace) -> int:
    found = surface.client().get(_TOKENS)["data"]
    if options.json:
        surface.print_json(found)
        return 0
    for one in found:
        until = f"until {one['expires_at'][:16]}" if one["expires_at"] else "for good"
        surface.out(f"{one['name']:20}  {one['role']:8}  {until:23}  {_only(one)}".rstrip())
    if not found:
        surface.say("no token but the engine's own, which `workbench serve` prints")
    return 0


def _only(token: Json) -> str:
    """What the token is for."""
    return str(token["session_id"] or token["agent_id"] or token.get("environment_id") or "")


def _revoke(options: argparse.Namespace) -> int:
    found: list[Json] = surface.client().get(_TOKENS)["data"]
    named = next((one for one in found if options.name in (one["name"], one["id"])), None)
    if named is None:
        raise Wrong(
            f"there is no token {options.name!r}; there are: {', '.join(one['name'] for one in found) or 'none'}"
        )
    surface.client().delete(f"{_TOKENS}/{named['id']}")
    surface.say(f"{named['name']} opens nothing any more")
    return 0


def _seconds(given: str | None) -> int | None:
    if given is None:
        return None
    matched = _SPAN.fullmatch(given)
    if matched is None:
        raise Wrong(f"--expires: {given!r} is no time as 30m, 12h or 30d")
    return int(matched[1]) * _SECONDS[matched[2]]
