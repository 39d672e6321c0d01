"""What is asked of Podman over its API: it ends when it is given up, is asked again where that is safe, and knows the logins."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.hands.places import new_session, own_settings, podman, podman_only
from workbench.contracts.values import Json
from workbench.events import new_id
from workbench.hands.backend import Limits
from workbench.hands.channel import Channel, channel_folder
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import workspace_of
from workbench.hands.git import view
from workbench.hands.podman import command, containers, seccomp, storage, stored_images
from workbench.hands.podman.client import Client, ServiceGone
from workbench.hands.podman.connection import Podman, temporary_podman
from workbench.hands.podman.images import ensure_image
from workbench.hands.podman.service import Service
from workbench.hands.podman.specification import specification
from workbench.hands.podman.stored_images import Build
from workbench.settings import Settings

PROXIES = {"http_proxy": "http://me:secret@127.0.0.1:9", "ftp_proxy": "http://secret.example"}


async def base(podman: Podman) -> str:
    await command.prepare(podman.settings)
    return await ensure_image(podman, lambda _: None)


def processes(of: str) -> str:
    return subprocess.run(["pgrep", "-f", of], capture_output=True, text=True, timeout=30, check=False).stdout


def working_containers(name: str) -> list[str]:
    """Those in which builds work on a base of this name, after which they are called."""
    return [one for one in podman("ps", "-a", "--external", "--format", "{{.Names}}").splitlines() if name in one]


@podman_only
def test_a_build_that_is_given_up_ends_its_step_and_leaves_no_container_and_no_service() -> None:
    async def story(settings: Settings, name: str, pause: str) -> Path:
        begun = asyncio.Event()
        loop = asyncio.get_running_loop()

        def tell(line: str) -> None:
            if line == "begun":
                loop.call_soon_threadsafe(begun.set)

        async with temporary_podman(settings) as builder:
            await builder.ask(stored_images.tag, await base(builder), f"localhost/{name}:1")
            steps = f"FROM localhost/{name}:1\nRUN echo begun; sleep {pause}; true\n"
            order = Build(f"localhost/{name}:built", steps)
            building = asyncio.create_task(builder.within(600, stored_images.build, order, tell))
            await asyncio.wait_for(begun.wait(), 60)
            assert processes(f"sleep {pause}")
            assert len(working_containers(name)) == 1
            building.cancel()
            await asyncio.wait([building], timeout=60)
            return await builder.ask(lambda client: client.socket)

    name = new_id("env").lower()
    pause = f"{int(hashlib.sha256(name.encode()).hexdigest()[:6], 16)}.5"
    with own_settings() as settings:
        socket = asyncio.run(story(settings, name, pause))
        assert processes(f"sleep {pause}") == ""
        assert working_containers(name) == []
        assert (socket.exists(), processes(str(socket))) == (False, "")
        names = podman("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
        assert [one for one in names if name in one] == [f"localhost/{name}:1"]
        podman("untag", f"localhost/{name}:1", f"localhost/{name}:1")


@podman_only
def test_a_call_that_takes_too_long_is_an_error_that_says_so_and_ends() -> None:
    async def story() -> str:
        with own_settings() as settings:
            async with temporary_podman(settings) as builder:
                steps = f"FROM {await base(builder)}\nRUN sleep 600\n"
                with pytest.raises(SandboxUnavailable) as late:
                    await builder.within(0.5, stored_images.build, Build("localhost/never:1", steps), lambda _: None)
                return str(late.value)

    assert asyncio.run(story()).startswith("Podman worked on this for more than ")


@podman_only
def test_what_may_be_asked_twice_is_asked_again_when_the_service_dies_and_the_rest_is_an_error() -> None:
    tries: list[Path] = []

    def killing_first(client: Client) -> bool:
        tries.append(client.socket)
        if len(tries) == 1:
            killing(client)
        return stored_images.has_image(client, "localhost/nobody-has-this:1")

    def killing(client: Client) -> None:
        with client.api("Making a container") as api:
            api.post("/containers/create", data=pieces(client.socket), headers=containers.JSON_BODY)

    def pieces(socket: Path) -> Iterator[bytes]:
        yield b"begun"
        for pid in processes(str(socket)).split():
            os.kill(int(pid), signal.SIGKILL)
        yield b"in the middle"

    async def story() -> bool:
        with own_settings() as settings:
            async with temporary_podman(settings) as podman:
                answer = await podman.ask(killing_first)
                with pytest.raises(ServiceGone, match="Making a container failed: the Podman service did not answer"):
                    await podman.once(killing)
                return answer

    assert (asyncio.run(story()), len(tries)) == (False, 2)


@podman_only
def test_a_sandbox_gets_no_proxy_even_from_a_service_that_has_one() -> None:
    async def story() -> tuple[Json, Json]:
        with own_settings() as settings:
            environment = storage.environment(settings) | PROXIES
            async with temporary_podman(settings, environment) as service:
                session = new_session()
                workspace = workspace_of(settings, session)
                workspace.prepare()
                view.prepare(workspace)
                channel = Channel(channel_folder(settings, session.id))
                order = specification(
                    settings,
                    session.id,
                    image=await base(service),
                    workspace=workspace,
                    profile=seccomp.profile_file(settings),
                    limits=Limits(),
                    variables={},
                )
                found = [await variables(service, one) for one in (order, order | {"httpproxy": True})]
                await channel.close(calls_go_on=False)
                return found[0], found[1]

    async def variables(service: Podman, order: Json) -> Json:
        made = await service.once(containers.start, order)
        known: Json = json.loads(podman("inspect", made.container_id))[0]["Config"]["Env"]
        await service.ask(containers.remove, made.container_id)
        return known

    ours, other = asyncio.run(story())
    assert "secret" not in str(ours)
    # So that it is the order which keeps it out.
    assert "ftp_proxy=http://secret.example" in other


class Registry(BaseHTTPRequestHandler):
    """One image behind a login, as a registry serves it."""

    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as tar:
        tar.addfile(tarfile.TarInfo(new_id("sevt")))
    diff, blob = layer.getvalue(), gzip.compress(layer.getvalue(), mtime=0)
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(diff).hexdigest()}"]},
        }
    ).encode()
    digests: ClassVar = {f"sha256:{hashlib.sha256(content).hexdigest()}": content for content in (blob, config)}
    blob_digest, config_digest = digests
    kind = "application/vnd.oci.image.manifest.v1+json"
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "size": len(config),
                "digest": config_digest,
            },
            "layers": [
                {
                    "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                    "size": len(blob),
                    "digest": blob_digest,
                }
            ],
        }
    ).encode()

    def do_GET(self) -> None:
        """Answer whoever is logged in."""
        known = base64.b64encode(b"me:a pass:word").decode()
        if self.headers.get("authorization") != f"Basic {known}":
            self._answer(401, b"", {"WWW-Authenticate": 'Basic realm="test"'})
        elif "/manifests/" in self.path:
            self._answer(200, self.manifest, {"Content-Type": self.kind})
        else:
            self._answer(200, self.digests.get(self.path.rpartition("/")[2], b"{}"), {})

    do_HEAD = do_GET  # noqa: N815

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items() | {("Content-Length", str(len(content)))}:
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextlib.contextmanager
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@podman_only
def test_an_image_is_pulled_with_the_users_own_login_and_each_step_is_told(tmp_path: Path) -> None:
    async def story(host: str) -> tuple[str, str, list[str]]:
        login = base64.b64encode(b"me:a pass:word").decode()
        (tmp_path / "auth.json").write_text(json.dumps({"auths": {host: {"auth": login}}}))
        (tmp_path / "registries.conf").write_text(f'[[registry]]\nlocation = "{host}"\ninsecure = true\n')
        plain_http = {"CONTAINERS_REGISTRIES_CONF": str(tmp_path / "registries.conf")}
        lines: list[str] = []
        with own_settings() as settings:
            environ = {**os.environ, "REGISTRY_AUTH_FILE": str(tmp_path / "none.json")}
            refused = await pull(settings, storage.environment(settings, environ) | plain_http, f"{host}/a/b:1", lines)
            environ["REGISTRY_AUTH_FILE"] = str(tmp_path / "auth.json")
            pulled = await pull(settings, storage.environment(settings, environ) | plain_http, f"{host}/a/b:1", lines)
            storage.environment(settings)
            return refused, pulled, lines

    async def pull(settings: Settings, environment: dict[str, str], reference: str, lines: list[str]) -> str:
        async with temporary_podman(settings, environment) as puller:
            return await puller.within(60, stored_images.pull, reference, lines.append)

    with registry() as host:
        try:
            refused, pulled, lines = asyncio.run(story(host))
            assert podman("image", "inspect", "--format", "{{.Id}}", f"{host}/a/b:1") in Registry.config_digest
        finally:
            podman("rmi", "--force", f"{host}/a/b:1")
    assert "unauthorized" in refused.lower() or "authentication required" in refused.lower()
    assert pulled == ""
    assert f"Copying blob {Registry.blob_digest}" in lines


STAND_IN = """\
#!{python}
import pathlib, socket, sys
said = pathlib.Path({folder!r}, "said")
said.write_text(said.read_text() + " ".join(sys.argv[1:3]) + "\\n" if said.exists() else " ".join(sys.argv[1:3]) + "\\n")
if sys.argv[1:3] == ["system", "migrate"]:
    sys.exit(0)
if said.read_text().count("migrate") < {needed}:
    sys.exit("{words}")
with socket.socket(socket.AF_UNIX) as listening:
    listening.bind(sys.argv[-1].removeprefix("unix://"))
    listening.listen()
    while True:
        with listening.accept()[0] as asked:
            asked.recv(4096)
            asked.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nOK")
"""
LOST = "invalid internal status, try resetting the pause process: no such process"


@pytest.mark.parametrize(
    ("words", "needed", "asked"),
    [
        (LOST, 1, ["system service", "system migrate", "system service"]),
        (LOST, 2, ["system service", "system migrate", "system service"]),
        ("something else", 1, ["system service"]),
    ],
)
def test_a_store_whose_processes_were_all_killed_is_told_so_once_and_serves_again(
    words: str, needed: int, asked: list[str], tmp_path: Path
) -> None:
    program = tmp_path / "podman"
    program.write_text(STAND_IN.format(python=sys.executable, folder=str(tmp_path), needed=needed, words=words))
    program.chmod(0o755)

    async def story(usual: Settings) -> None:
        settings = replace(usual, podman=str(program))
        service = Service(settings, tmp_path / "run" / "podman.sock")
        try:
            if (words, needed) == (LOST, 1):
                await service.socket()
            else:
                with pytest.raises(SandboxUnavailable, match=words.partition(":")[0]):
                    await service.socket()
        finally:
            await service.close()

    with own_settings() as usual:
        asyncio.run(asyncio.wait_for(story(usual), 30))
    assert (tmp_path / "said").read_text().splitlines() == asked
