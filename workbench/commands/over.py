"""examples:
workbench over ssh desk                        the app here, on the engine there; ~/.ssh/config applies
workbench over ssh desk attach 3fK9aZ          so are panes, inbox and --plain
workbench over ssh desk ps                     any other word runs there, with its own folders and files
workbench over ssh -p 2222 me@desk run -d "update the changelog" -C work/site
workbench over ssh desk logs --json 3fK9aZ > log.jsonl

Nothing there listens on a network: ssh forwards the engine's own socket. When the connection drops, the app says so and connects
again; sessions go on meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench import settings
from workbench.client.over_ssh import NO_COMMAND, SSH_FAILED, Tunnel, Way
from workbench.client.sync import Client
from workbench.commands import beginning, opening, surface
from workbench.commands.surface import Json, Wrong
from workbench.contracts.build import OTHER_BUILD, is_other

if TYPE_CHECKING:
    from workbench.tui.state.task_line import Task


def arguments(parser: argparse.ArgumentParser) -> None:
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="ssh")
    ssh = kinds.add_parser("ssh", help="through the system's ssh client")
    ssh.add_argument("-p", dest="port", type=int, metavar="PORT", help="the port of its sshd")
    ssh.add_argument("-i", dest="identity", metavar="FILE", help="the key to log in with")
    ssh.add_argument("-F", dest="config", metavar="FILE", help="another configuration of ssh")
    ssh.add_argument("-o", dest="option", metavar="OPTION", action="append", default=[], help="an option of ssh")
    ssh.add_argument(
        "--command",
        metavar="PATH",
        default="workbench",
        help="what the command is called there; ~/.local/bin is looked in",
    )
    ssh.add_argument("host", help="[USER@]HOST, as ssh takes it")
    ssh.add_argument("words", nargs=argparse.REMAINDER, metavar="WORD …", help="what to do there; without it, the app")


def run(options: argparse.Namespace) -> int:
    way = _way(options)
    words: list[str] = options.words[1:] if options.words[:1] == ["--"] else options.words
    if words[:1] == ["over"]:
        raise Wrong("over: go to the other machine and from there to the next one, or use ssh's ProxyJump")
    if not words or words[0] in ("attach", "panes", "--plain") or (words == ["inbox"] and sys.stdin.isatty()):
        return _app(way, words)
    return _there(way, words)


def _way(options: argparse.Namespace) -> Way:
    if options.host.startswith("-") or not options.host:
        raise Wrong(f"{options.host!r} is no host")
    given: list[str] = []
    for flag, value in (("-p", options.port), ("-i", options.identity), ("-F", options.config)):
        given += [flag, str(value)] if value is not None else []
    given += [part for one in options.option for part in ("-o", one)]
    return Way(options.host, tuple(given), options.command)


def _there(way: Way, words: list[str]) -> int:
    """Run a word there; its input, output and exit code are this command's."""
    has_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    try:
        done = subprocess.run(
            way.ssh("-t" if has_terminal else "-T", "-a", "-x", "-o", "LogLevel=ERROR", line=way.line(words)),
            check=False,
        )
    except FileNotFoundError:
        raise Wrong("there is no ssh on this machine; install OpenSSH's client") from None
    if done.returncode in (SSH_FAILED, NO_COMMAND):
        surface.complain(way.trouble(done.returncode))
        return surface.NO_ENGINE
    return done.returncode


def _app(way: Way, words: list[str]) -> int:
    """The app here, on the engine there."""
    opening.need_terminal(f"workbench over ssh {way.host} ps")
    known = settings.load()
    surface.say(f"connecting to {way.host} …")
    tunnel = Tunnel(way, known.runtime)
    try:
        status = tunnel.open()
        if is_other(status.get("build")):
            surface.complain(f"{way.host}: {OTHER_BUILD}")
        place = replace(known, runtime=tunnel.folder, state=known.state / "over" / way.host.replace("/", "_"))
        elsewhere = opening.Elsewhere(
            place,
            way.host,
            ensure=tunnel.ensure,
            begin=lambda task: _begun(tunnel, task),
            checks=lambda: _checks(tunnel),
            demo=lambda: beginning.first_steps(Client(tunnel.socket)),
            lost=tunnel.lost,
        )
        if words[:1] == ["--plain"] or (not words and opening.wants_plain()):
            return opening.plain(elsewhere)
        if words[:1] == ["attach"]:
            if len(words) != 2:
                raise Wrong("attach: name one session, by its id or the end of that")
            named = surface.session(Client(tunnel.socket), words[1])["id"]
            return opening.app(session_id=named, elsewhere=elsewhere)
        return opening.app("panes" if words[:1] == ["panes"] else "inbox" if words else "board", elsewhere=elsewhere)
    finally:
        tunnel.close()


def _begun(tunnel: Tunnel, task: Task) -> str:
    """A session of a task; its folder is one there."""
    folder = task.folder
    if folder is not None and folder.startswith("~/"):
        folder = f"{tunnel.home}/{folder[2:]}"
    return beginning.begin(Client(tunnel.socket), replace(task, folder=folder), is_elsewhere=True)


def _checks(tunnel: Tunnel) -> list[Json]:
    try:
        found: list[Json] = json.loads(tunnel.told(["doctor", "--quick", "--json"]))
    except ValueError:
        found = [{"name": "doctor", "ok": False, "found": "it said nothing", "cure": ""}]
    return found
