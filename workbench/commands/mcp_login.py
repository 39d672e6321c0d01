"""`workbench mcp login`: a sign-in in the person's browser, whose tokens go from this process to the vault and nowhere else."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from workbench import settings
from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface, vault
from workbench.commands.secret import asked
from workbench.commands.surface import Json, Wrong
from workbench.text import display

if TYPE_CHECKING:
    from workbench.hands.mcp.sign_in import SignedIn

WAIT_S: Final = 600.0
MOST_HEAD_BYTES: Final = 16 << 10
_DONE: Final = b"Signed in. This page can be closed; the workbench goes on in its terminal."
_NOT_OURS: Final = b"This is no answer to the sign-in that the workbench began."


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scope", default="", help="asked for beside what the server says")
    parser.add_argument("--client-id", metavar="ID", help="a client registered beforehand, in place of a new one")
    parser.add_argument(
        "--client-secret", action="store_true", help="ask for that client's secret, at a prompt or by a pipe"
    )
    parser.add_argument(
        "--client-metadata", metavar="URL", help="a document about this client, where the server takes one"
    )
    parser.add_argument(
        "--port", type=int, default=0, help="of this machine, where the browser comes back (default: any)"
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument("--vault", default=vault.DEFAULT, help="the vault's name or id (default: default)")


def run(engine: Client, options: argparse.Namespace, url: str) -> int:
    """Sign in at the server of this URL and keep the tokens."""
    # Late: these are the engine's own packages.
    from workbench.contracts.vault import VaultRefused
    from workbench.hands.mcp.sign_in import SignInFailed
    from workbench.vault.control.deposits import deposit

    if not url.startswith(("http://", "https://")):
        raise Wrong("a program in the sandbox has no sign-in; `workbench vault add NAME` gives it a secret")
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    try:
        found = asyncio.run(_signed_in(options, url))
        found.auth["workbench_deposit"] = deposit(settings.load(), found.secrets)
    except (SignInFailed, VaultRefused) as failed:
        raise Wrong(str(failed)) from None
    except TimeoutError:
        raise Wrong(f"nobody signed in within {WAIT_S / 60:g} minutes") from None
    made = _kept(engine, options.vault, found.auth)
    lasts = "refreshed by itself" if "refresh" in made["auth"] else "without a refresh: sign in again when it ends"
    surface.out(f"signed in at {display.exact(url)} ({made['id']}, in the vault {options.vault}; {lasts})")
    return 0


def _kept(engine: Client, vault_name: str, auth: Json) -> Json:
    """The credential, in the place of what the vault had for this server."""
    known = vault.vault_named(engine, vault_name) or engine.post(paths.VAULTS, {"display_name": vault_name})
    path = f"{paths.VAULTS}/{known['id']}/credentials"
    for old in list(engine.pages(path)):
        if old["auth"].get("mcp_server_url", "").rstrip("/") == auth["mcp_server_url"].rstrip("/"):
            engine.delete(f"{path}/{old['id']}")
    made: Json = engine.post(path, {"auth": auth})
    return made


async def _signed_in(options: argparse.Namespace, url: str) -> SignedIn:
    from workbench.hands.mcp.sign_in import KnownClient, signed_in

    secret = asked("secret of the client") if options.client_secret else None
    client = KnownClient(options.client_id, secret) if options.client_id else None
    async with _returning(options.port) as returning, asyncio.timeout(WAIT_S):

        async def consent(address: str) -> str:
            return await returning.after(address, with_browser=not options.no_browser)

        return await signed_in(
            url, returning.uri, consent, client=client, metadata_url=options.client_metadata, scope=options.scope
        )


class Returning:
    """Where a browser comes back to: a port of this machine's own, or what a person pastes who sits at another one."""

    def __init__(self) -> None:
        self.uri = ""
        self._state = ""
        self._came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def after(self, address: str, *, with_browser: bool) -> str:
        """Have this address opened, and wait for the one at which the browser ends."""
        parts = urlsplit(address)
        self._state = (parse_qs(parts.query).get("state") or [""])[0]
        self._came = asyncio.get_running_loop().create_future()
        is_open = with_browser and _opened(address)
        surface.say(f"sign in at {parts.netloc}{', which your browser shows now' if is_open else ''}:")
        surface.out(display.safe(address))
        # Somebody waits for it at the other end of a pipe, too.
        sys.stdout.flush()
        with self._pasting():
            return await self._came

    @contextlib.contextmanager
    def _pasting(self) -> Iterator[None]:
        """Take the address from the terminal too: a browser elsewhere cannot reach this machine."""
        if not sys.stdin.isatty():
            yield
            return
        surface.say("a browser of another machine ends at an address that it cannot show: paste that here")
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin, lambda: self._take(sys.stdin.readline().strip()))
        try:
            yield
        finally:
            loop.remove_reader(sys.stdin)

    def _take(self, address: str) -> bool:
        """An address that answers what was asked; any page may send a browser here with another one."""
        given = (parse_qs(urlsplit(address).query).get("state") or [""])[0]
        is_ours = bool(self._state) and given == self._state
        if is_ours and not self._came.done():
            self._came.set_result(address)
        return is_ours

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10.0)
            target = head.split(b" ", 2)[1].decode("ascii")
            is_ours = target.startswith("/callback?") and self._take(target)
            status, text = (b"200 OK", _DONE) if is_ours else (b"404 Not Found", _NOT_OURS)
            fixed = b"content-type: text/plain\r\ncache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close"
            writer.write(b"HTTP/1.1 %s\r\n%s\r\ncontent-length: %d\r\n\r\n%s" % (status, fixed, len(text), text))
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def _returning(port: int) -> AsyncIterator[Returning]:
    returning = Returning()
    try:
        server = await asyncio.start_server(returning.serve, "127.0.0.1", port, limit=MOST_HEAD_BYTES)
    except OSError as error:
        raise Wrong(f"port {port} of this machine cannot be used: {error.strerror}") from None
    async with server:
        returning.uri = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/callback"
        yield returning


def _opened(address: str) -> bool:
    """Hand the address to the desktop's browser; False where there is no desktop, or no program for it."""
    if sys.platform != "darwin" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    places = [place for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if os.path.isabs(place)]
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open", path=os.pathsep.join(places))
    if program is None or urlsplit(address).scheme not in ("http", "https"):
        return False
    nowhere = subprocess.DEVNULL
    try:
        subprocess.Popen(
            [program, address], stdin=nowhere, stdout=nowhere, stderr=nowhere, cwd="/", start_new_session=True
        )
    except OSError:
        return False
    return True
