"""examples:
workbench mcp add docs https://mcp.example.com/mcp         a server on the network, for the agent `default`
workbench mcp add files "stdio:npx -y @scope/server /workspace"    a program in each session's own sandbox
workbench mcp add shop https://… --agent buyer --policy always_allow
workbench mcp add notes:search                 a server that the plugin `notes` has, which is off until then
workbench mcp test docs                        connect as a session would, show its tools, keep what it fetched for a week
workbench mcp login docs                       sign in at it in the browser; the tokens go to the vault
workbench mcp list                             of all agents, with tools and tokens as they were told last
workbench mcp remove docs

A server's secret stays out of the agent: `workbench mcp login NAME` or `workbench vault add --mcp URL` keeps it. Calls ask you unless --policy says otherwise.
"""

from __future__ import annotations

import argparse
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import defaults, mcp_login, surface, vault
from workbench.commands.suggestions import nearest
from workbench.commands.surface import Json, Wrong
from workbench.contracts.servers import STDIO
from workbench.text import display

POLICIES: Final = ("always_ask", "auto", "always_allow")


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True)
    add = words.add_parser("add", help="give an agent a server; again with another URL changes it")
    add.add_argument("name", help="what the agent calls it")
    add.add_argument(
        "url", nargs="?", help="https://…, or stdio: and a command that runs in the sandbox; none for PLUGIN:SERVER"
    )
    add.add_argument("--through", action="store_true", help="have the default environment let MCP servers through")
    add.add_argument("--untried", action="store_true", help="do not start a program of the sandbox to see its tools")
    add.add_argument("--policy", choices=POLICIES, default=POLICIES[0], help="which of its calls ask you")
    test = words.add_parser("test", help="connect, and show the tools")
    test.add_argument("name", help="the server")
    test.add_argument("--environment", metavar="ENV", help="where to try it; the default one by default")
    login = words.add_parser("login", help="sign in in the browser, where the server wants that")
    login.add_argument("name", help="the server")
    mcp_login.arguments(login)
    remove = words.add_parser("remove", help="take a server from an agent")
    remove.add_argument("name", help="the server")
    listed = words.add_parser("list", help="the servers of all agents, or of one")
    for word in (add, test, login, remove, listed):
        word.add_argument("--agent", metavar="AGENT", help="id or name; `default` by default")
    for word in (test, listed):
        surface.json_flag(word)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    match options.word:
        case "add":
            return _add(engine, options)
        case "remove":
            return _remove(engine, options)
        case "test":
            return _test(engine, options)
        case "login":
            server = _server(_agent(engine, options.agent), options.name)
            return mcp_login.run(engine, options, server["url"])
        case _:
            return _list(engine, options)


def _agent(engine: Client, named: str | None) -> Json:
    if named:
        return surface.pick(engine.pages(paths.AGENTS), named, "agent")
    found: Json = engine.get(f"{paths.AGENTS}/{defaults.agent(engine, None, None)}")
    return found


def _without(agent: Json, name: str) -> tuple[list[Json], list[Json]]:
    servers = [one for one in agent["mcp_servers"] if one["name"] != name]
    tools = [one for one in agent["tools"] if one.get("mcp_server_name") != name]
    return servers, tools


def _off(engine: Client) -> list[Json]:
    """The servers that plugins have, which run for no agent that does not name them."""
    plugins = engine.get(paths.PLUGINS)["data"]
    return [{"id": f"{one['name']}:{server['name']}", **server} for one in plugins for server in one["servers"]]


def _of_plugin(engine: Client, named: str) -> Json:
    """The server of a plugin, named as PLUGIN:SERVER.

    Raises:
        Wrong: there is none.
    """
    known = _off(engine)
    found = next((one for one in known if one["id"] == named), None)
    if found is None:
        near = nearest(named, [one["id"] for one in known]) or "; name its URL behind it"
        raise Wrong(f"no plugin has a server {named!r}{near}")
    return found


def _add(engine: Client, options: argparse.Namespace) -> int:
    if options.url is None:
        server = _of_plugin(engine, options.name)
        options.name, options.url = server["name"], server["url"]
    _refuse_odd(options.url)
    agent = _agent(engine, options.agent)
    servers, tools = _without(agent, options.name)
    policy = {"permission_policy": {"type": options.policy}}
    body = {
        "mcp_servers": [*servers, {"type": "url", "name": options.name, "url": options.url}],
        "tools": [*tools, {"type": "mcp_toolset", "mcp_server_name": options.name, "default_config": policy}],
    }
    changed = engine.post(f"{paths.AGENTS}/{agent['id']}", body)
    surface.out(f"{display.exact(agent['name'])} has {display.exact(options.name)} (version {changed['version']})")
    shows = f"workbench mcp test {options.name}{_of(options.agent)} shows its tools"
    if not options.url.startswith(STDIO):
        _see_way(engine, let_through=options.through)
    elif not options.untried:
        # What it fetches is kept, so that the first session with it waits no longer than the next ones.
        found = _tried(engine, changed, _server(changed, options.name), None)
        if found["fault"]:
            surface.complain(f"it does not work yet: {display.safe(found['fault'])}")
            shows = f"workbench mcp test {options.name}{_of(options.agent)} tries it again"
        else:
            size = len(found["tools"])
            surface.say(
                f"it has {size} {'tool' if size == 1 else 'tools'}, about {found['tokens']} tokens in every request"
            )
    surface.say(f"{shows}; sessions that began before do not have it")
    return 0


def _refuse_odd(url: str) -> None:
    """Raises: Wrong: it is neither the URL of a server nor a program behind `stdio:`."""
    program = url.removeprefix(STDIO).strip()
    if url.startswith(("http://", "https://")) or (url.startswith(STDIO) and program):
        return
    if "://" in url:
        raise Wrong(
            f"{url!r}: a server is reached by http:// or https://, or is a program of the sandbox behind {STDIO}"
        )
    named = program or "npx -y @scope/server"
    raise Wrong(
        f"{url!r} is no address of a server; a program that runs in the session's sandbox is written "
        f'"{STDIO}{named}", a server of the network https://HOST/PATH'
    )


def _see_way(engine: Client, *, let_through: bool) -> None:
    """Whether the default environment lets servers of the network through; where it is to, it does from now on."""
    path = f"{paths.ENVIRONMENTS}/{defaults.environment(engine, None)}"
    config = engine.get(path)["config"]
    networking = config["networking"]
    if networking["type"] == "unrestricted" or networking["allow_mcp_servers"]:
        return
    if let_through:
        engine.post(path, {"config": {"type": config["type"], "networking": networking | {"allow_mcp_servers": True}}})
        surface.say("the default environment lets MCP servers through from now on")
    else:
        surface.say(
            "the default environment lets no MCP server through: add --through, or name another environment to `run`"
        )


def _remove(engine: Client, options: argparse.Namespace) -> int:
    agent = _agent(engine, options.agent)
    _server(agent, options.name)
    servers, tools = _without(agent, options.name)
    engine.post(f"{paths.AGENTS}/{agent['id']}", {"mcp_servers": servers, "tools": tools})
    surface.out(f"{display.exact(agent['name'])} has {display.exact(options.name)} no more")
    return 0


def _server(agent: Json, name: str) -> Json:
    found: Json | None = next((one for one in agent["mcp_servers"] if one["name"] == name), None)
    if found is None:
        raise Wrong(f"the agent {agent['name']!r} has no server {name!r}; workbench mcp list shows them")
    return found


def _list(engine: Client, options: argparse.Namespace) -> int:
    agents = [_agent(engine, options.agent)] if options.agent else list(engine.pages(paths.AGENTS))
    known = engine.get(paths.SERVERS)
    sizes = [*({**one, "tools": len(one["tools"])} for one in known["data"] if one["listed_at"]), *known["tested"]]
    sizes.sort(key=lambda one: one["listed_at"])
    told = {(one["agent_id"], one["name"], one["url"]): one for one in sizes}
    found: list[Json] = [
        {
            "agent": agent["name"],
            "name": one["name"],
            "url": one["url"],
            **_size(told.get((agent["id"], one["name"], one["url"]))),
        }
        for agent in agents
        for one in agent["mcp_servers"]
    ]
    if not options.agent:
        found += [{"agent": None, "name": one["id"], "url": one["url"], **_size(None)} for one in _off(engine)]
    if options.json:
        surface.print_json(found)
    elif found:
        named = [
            [display.exact(one["agent"] or "") or "(off)", *map(display.exact, (one["name"], one["url"]))]
            for one in found
        ]
        rows = [first + _sizes(one) for first, one in zip(named, found, strict=True)]
        surface.out(surface.table(rows, ["agent", "server", "url", "tools", "tokens"]))
    else:
        surface.say("no agent has a server; workbench mcp add NAME URL gives one")
    return 0


def _size(known: Json | None) -> Json:
    """How many tools a server told last, and what they take in every request; nothing where no session has asked it."""
    return {name: known[name] if known else None for name in ("tools", "tokens")}


def _sizes(found: Json) -> list[str]:
    return ["", ""] if found["tools"] is None else [str(found["tools"]), f"~{found['tokens']}"]


def _test(engine: Client, options: argparse.Namespace) -> int:
    agent = _agent(engine, options.agent)
    found = _tried(engine, agent, _server(agent, options.name), options.environment)
    if options.json:
        surface.print_json(found)
    elif found["fault"]:
        surface.complain(display.safe(found["fault"]))
    else:
        _show(found)
    return surface.FAILED if found["fault"] else 0


def _tried(engine: Client, agent: Json, server: Json, environment: str | None) -> Json:
    """The server as it tells itself in a session of its own, which is deleted afterwards; what it fetched is kept."""
    toolset = [one for one in agent["tools"] if one.get("mcp_server_name") == server["name"]]
    only = {"type": "agent_with_overrides", "id": agent["id"], "mcp_servers": [server], "tools": toolset, "skills": []}
    body = {
        "agent": only,
        "environment_id": defaults.environment(engine, environment),
        "title": f"test of the MCP server {server['name']}",
    }
    if known := vault.vault_named(engine, vault.DEFAULT):
        body["vault_ids"] = [known["id"]]
    session = engine.post(paths.SESSIONS, body)
    try:
        [found] = engine.get(paths.own(session["id"], "servers"))["data"]
        if server["url"].startswith(STDIO) and not found["fault"]:
            kept = engine.post(paths.own(session["id"], "servers/keep"), {})["bytes"]
            if kept:
                surface.say(f"{kept >> 20} MB that it fetched are kept for all sessions, for a week")
    finally:
        engine.delete(paths.session(session["id"]))
    return dict(found)


def _show(found: Json) -> None:
    rows = [
        [display.exact(one["name"]), display.line(one["fault"] or one["description"], 90)] for one in found["tools"]
    ]
    surface.out(surface.table(rows, ["tool", ""]) if rows else "it has no tools")
    if rows:
        surface.say(f"about {found['tokens']} tokens in every request")


def _of(agent: str | None) -> str:
    return f" --agent {agent}" if agent else ""
