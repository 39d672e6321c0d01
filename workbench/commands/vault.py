"""examples:
  workbench vault add GITHUB_TOKEN --host api.github.com --host github.com
                                                 asks for the secret; a sandbox sees a placeholder under this name
  pass show token | workbench vault add NPM_TOKEN --host registry.example.com
  workbench vault add --mcp https://mcp.example.com/mcp
                                                 a bearer token for an MCP server
  workbench vault list                           what is stored, and where secrets are kept
  workbench vault rotate GITHUB_TOKEN            a new secret, for running sessions too
  workbench vault test GITHUB_TOKEN              is its secret there?
  workbench vault rm GITHUB_TOKEN                forget it, secret first
  workbench vault file                           make an encrypted file for secrets, where there is no keyring
  workbench vault unlock                         unlock the keyring, or the file with its passphrase

A secret is read from a prompt or a pipe, never from arguments, and goes to the vault's own process: the engine never has it.
The vault named `default` is given to every session that `workbench run` starts.
"""

from __future__ import annotations

import argparse

from workbench import settings
from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.secret import asked, deposited
from workbench.commands.surface import Json, Wrong

DEFAULT = "default"


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="add|list|show|rotate|test|rm|file|unlock")
    add = actions.add_parser("add", help="store a secret")
    add.add_argument("name", nargs="?", help="the environment variable under which a sandbox sees its placeholder")
    add.add_argument("--host", action="append", default=[], help="where it belongs; can be repeated; *.example.com too")
    add.add_argument("--everywhere", action="store_true", help="in place of --host: wherever the environment allows")
    add.add_argument("--body", action="store_true", help="put it into bodies too, and not into headers alone")
    add.add_argument("--mcp", metavar="URL", help="a bearer token of this MCP server, in place of a variable")
    actions.add_parser("list", help="what is stored, and where")
    for word, what in (
        ("show", "what is known of one"),
        ("rotate", "a new secret"),
        ("test", "is its secret there?"),
        ("rm", "forget it"),
    ):
        action = actions.add_parser(word, help=what)
        action.add_argument("credential", help="its variable, its server's URL, its id or the end of it")
    actions.add_parser("file", help="make an encrypted file for secrets, where there is no keyring")
    actions.add_parser("unlock", help="unlock what keeps the secrets")
    for action in actions.choices.values():
        action.add_argument("--vault", default=DEFAULT, help="the vault's name or id (default: default)")
        surface.json_flag(action)


def run(options: argparse.Namespace) -> int:
    if options.action == "file":
        return _file()
    engine = surface.client()
    acts = {"unlock": _unlock, "add": _add, "list": _list, "show": _show, "rotate": _rotate, "test": _test, "rm": _rm}
    return acts[options.action](engine, options)


def vault_named(engine: Client, named: str) -> Json | None:
    """The vault of this name or id; None when there is none."""
    found = [one for one in engine.pages(paths.VAULTS) if named in (one["id"], one["display_name"])]
    if len(found) > 1:
        raise Wrong(f"{len(found)} vaults are named {named!r}; give the id: {', '.join(one['id'] for one in found)}")
    return found[0] if found else None


def _add(engine: Client, options: argparse.Namespace) -> int:
    auth = _auth(options)
    vault = vault_named(engine, options.vault)
    # Asked for before anything is made, so that a Ctrl-C at the prompt leaves nothing behind.
    field = "token" if options.mcp else "value"
    auth["workbench_deposit"] = deposited(field, f"secret for {options.mcp or options.name}")
    if vault is None:
        vault = engine.post(paths.VAULTS, {"display_name": options.vault})
    made = engine.post(f"{paths.VAULTS}/{vault['id']}/credentials", {"auth": auth})
    if "workbench" in made:
        surface.say("so short a secret is used and not looked for: an answer that repeats it shows it to the agent")
    _told(made, f"stored {_key(made)} in the vault {options.vault} ({made['id']})", as_json=options.json)
    if not options.json:
        say_where_fleeting(engine)
    return 0


def _auth(options: argparse.Namespace) -> Json:
    if options.mcp:
        return {"type": "static_bearer", "mcp_server_url": options.mcp}
    if not options.name:
        raise Wrong("say the variable's name, or --mcp URL: workbench vault add TOKEN --host api.example.com")
    if bool(options.host) == options.everywhere:
        raise Wrong("say where the secret belongs: --host api.example.com, or --everywhere that the environment allows")
    networking: Json = {"type": "limited", "allowed_hosts": options.host}
    return {
        "type": "environment_variable",
        "secret_name": options.name,
        "networking": {"type": "unrestricted"} if options.everywhere else networking,
        "injection_location": {"header": True, "body": options.body},
    }


def _list(engine: Client, options: argparse.Namespace) -> int:
    standing = engine.get(paths.VAULT)
    vaults = list(engine.pages(paths.VAULTS))
    stored = [(vault, one) for vault in vaults for one in engine.pages(f"{paths.VAULTS}/{vault['id']}/credentials")]
    if options.json:
        surface.print_json({"standing": standing, "credentials": [one for _, one in stored]})
        return 0
    surface.say(where(standing))
    if not stored:
        surface.say("no credentials; store one with: workbench vault add NAME --host HOST")
        return 0
    rows = [
        [
            surface.short(one["id"]),
            vault["display_name"],
            _key(one),
            _hosts(one["auth"]),
            "MISSING" if one["id"] in standing["missing"] else "stored",
        ]
        for vault, one in stored
    ]
    surface.out(surface.table(rows, ["id", "vault", "name", "for", "secret"]))
    return 0


def where(standing: Json) -> str:
    """Where secrets are kept, in words."""
    kept = {
        "keyring": f"secrets are kept in {standing['backend']}",
        "file": f"secrets are kept in an encrypted file ({standing['backend']})",
        "memory": "secrets are kept in memory only and are gone when the engine ends: this machine has no keyring; "
        "workbench vault file makes an encrypted file for them",
    }
    told = kept.get(standing["kind"], "secrets cannot be kept here")
    state = "" if standing["state"] == "ready" else f"; {standing['state']}: {standing['words']}"
    return told + state


def say_where_fleeting(engine: Client) -> None:
    """After a secret was stored: whether it is gone with the engine."""
    if (standing := engine.get(paths.VAULT))["kind"] == "memory":
        surface.say(where(standing))


def _show(engine: Client, options: argparse.Namespace) -> int:
    surface.print_json(_found(engine, options))
    return 0


def _rotate(engine: Client, options: argparse.Namespace) -> int:
    known = _found(engine, options)
    kind = known["auth"]["type"]
    field = {"environment_variable": "value", "static_bearer": "token", "mcp_oauth": "access_token"}[kind]
    body = {"auth": {"type": kind, "workbench_deposit": deposited(field, f"new secret for {_key(known)}")}}
    changed = engine.post(_path(known), body)
    return _told(changed, f"rotated {_key(changed)}; running sessions use it from now on", as_json=options.json)


def _test(engine: Client, options: argparse.Namespace) -> int:
    known, standing = _found(engine, options), engine.get(paths.VAULT)
    is_there = known["id"] not in standing["missing"] and standing["state"] == "ready"
    told: Json = {"id": known["id"], "stored": is_there, "standing": standing}
    if is_there and known["auth"]["type"] == "mcp_oauth":
        told["validation"] = engine.post(f"{_path(known)}/mcp_oauth_validate")
    said = f"the secret of {_key(known)} is {'there' if is_there else 'NOT there: workbench vault rotate'}; {where(standing)}"
    if "validation" in told:
        said += f"; its server says: {told['validation']['status']}"
    _told(told, said, as_json=options.json)
    return 0 if is_there else surface.FAILED


def _rm(engine: Client, options: argparse.Namespace) -> int:
    known = _found(engine, options)
    gone = engine.delete(_path(known))
    return _told(gone, f"forgot {_key(known)}", as_json=options.json)


def _unlock(engine: Client, options: argparse.Namespace) -> int:
    # Late: these are the engine's own packages.
    from workbench.contracts.vault import VaultRefused
    from workbench.vault.control.deposits import unlock

    is_file = engine.get(paths.VAULT)["kind"] == "file"
    try:
        name = unlock(settings.load(), asked("passphrase of the vault file") if is_file else None)
    except VaultRefused as refused:
        raise Wrong(str(refused)) from None
    return _told({"unlocked": name}, f"open: {name}", as_json=options.json)


def _file() -> int:
    # Late: only this needs the ciphers.
    from workbench.vault.keeping.choosing import vault_file_of
    from workbench.vault.keeping.stores import StoreFailed

    place = settings.load()
    file = vault_file_of(place)
    if file.exists():
        raise Wrong(f"{place.vault_file} is there already; `workbench vault unlock` opens it")
    try:
        file.create(asked("passphrase for the vault file", again=True))
    except StoreFailed as failed:
        raise Wrong(str(failed)) from None
    surface.out(str(place.vault_file))
    surface.say("used from the next start on: workbench down, then workbench vault unlock")
    return 0


def _found(engine: Client, options: argparse.Namespace) -> Json:
    vault = vault_named(engine, options.vault)
    if vault is None:
        raise Wrong(f"there is no vault {options.vault!r}; workbench vault list shows them")
    stored = list(engine.pages(f"{paths.VAULTS}/{vault['id']}/credentials"))
    return surface.pick([one | {"name": _key(one)} for one in stored], options.credential, "credential")


def _path(known: Json) -> str:
    return f"{paths.VAULTS}/{known['vault_id']}/credentials/{known['id']}"


def _key(known: Json) -> str:
    auth = known["auth"]
    return str(auth["secret_name"] if auth["type"] == "environment_variable" else auth["mcp_server_url"])


def _hosts(auth: Json) -> str:
    if auth["type"] != "environment_variable":
        return "MCP"
    networking = auth["networking"]
    return ", ".join(networking["allowed_hosts"]) if networking["type"] == "limited" else "everywhere allowed"


def _told(thing: Json, sentence: str, *, as_json: bool) -> int:
    if as_json:
        surface.print_json(thing)
    else:
        surface.out(sentence)
    return 0
