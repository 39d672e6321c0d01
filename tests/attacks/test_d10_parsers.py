"""D10: what the proxy lets through means the same to other people's parsers."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.test_d_framing import FORMS, SMUGGLED
from tests.vault.stage import LIMITED, WAIT_S, stage

CONFIGURATION = """daemon off; master_process off; pid {folder}/pid; error_log {folder}/error;
events {{ worker_connections 64; }}
http {{ access_log {folder}/access combined; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
 fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
 log_format line '$request'; access_log {folder}/lines line;
 server {{ listen 127.0.0.1:{port}; location / {{ return 200 'ok'; }} }} }}
"""

PARSER = """const s = require('http').createServer((q, r) => { q.resume(); q.on('end', () => { console.log(q.method, q.url); r.end('ok') }) });
s.listen(Number(process.argv[1]), '127.0.0.1', () => console.log('ready'));"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, output: Path) -> Iterator[None]:
    with (
        output.open("wb") as said,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        try:
            for _ in range(200):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), WAIT_S):
                    break
                with contextlib.suppress(subprocess.TimeoutExpired):
                    raise AssertionError(f"ended with {process.wait(0.05)}: {output.read_text()}")
            yield
        finally:
            process.terminate()
            process.wait(WAIT_S)


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, Path]]:
    port = free_port()
    configuration = folder / "conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
    with running(["nginx", "-p", str(folder), "-c", str(configuration)], port, folder / "output"):
        yield port, folder / "lines"


@contextlib.contextmanager
def node(folder: Path) -> Iterator[tuple[int, Path]]:
    port = free_port()
    with running(["node", "-e", PARSER, str(port)], port, folder / "output"):
        yield port, folder / "output"


SERVERS = {"nginx": nginx, "node": node}


@pytest.mark.parametrize("server", SERVERS)
def test_d10_no_parser_behind_the_proxy_sees_a_request_that_the_proxy_did_not(server: str, tmp_path: Path) -> None:
    if shutil.which(server) is None:
        pytest.skip(f"{server} is not installed")
    with SERVERS[server](tmp_path) as (port, seen), stage() as on:
        on.lines.plain_instead = port
        client = on.way(LIMITED)
        for raw in FORMS.values():
            with client.tunnel("good.test") as line:
                line.send(raw + SMUGGLED)
                if line.answer().status == 200:
                    line.answer()
        forwarded = [one for one in on.decisions if one.allowed]
        requests = [one for one in seen.read_text(errors="replace").splitlines() if "/" in one]
        assert 0 < len(requests) <= len(forwarded)
        assert sum("smuggled" in one for one in requests) <= sum(one.method == "GET" for one in forwarded)
