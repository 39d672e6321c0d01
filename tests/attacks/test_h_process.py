"""H: getting at the vault's process, its sockets and its files from beside it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.vault.origin import Origin, Seen, ok
from tests.vault.places import own_place
from tests.vault.stage import LIMITED, SECRET, Lines, Names, grant, stage
from workbench.contracts.vault import Grant, NetworkRules, Route, Stored, VaultRefused
from workbench.settings import Settings
from workbench.vault.control.assembly import Assembly, Seams, assembled
from workbench.vault.control.client import VaultClient
from workbench.vault.control.deposits import SOCKET_NAME, deposit
from workbench.vault.control.packets import Control, Packet
from workbench.vault.control.program import WORDS
from workbench.vault.keeping.secrets import Credential
from workbench.vault.keeping.stores import Locked, MemoryStore, StoreFailed
from workbench.vault.keeping.vault_file import VaultFile
from workbench.vault.proxy.addresses import Dialer
from workbench.vault.proxy.needles import needles_of
from workbench.vault.proxy.placeholders import minted
from workbench.vault.proxy.policy import REASONS
from workbench.vault.proxy.substitution import Live
from workbench.vault.proxy.wire import Limits

WAIT_S = 60.0
PASSPHRASE = "a long enough passphrase"
_PTRACE_ATTACH = 16
_PIDFD_GETFD = 438


@contextlib.asynccontextmanager
async def own_process() -> AsyncIterator[tuple[Settings, VaultClient]]:
    """A vault in its own process, ready, with one secret in it."""
    with own_place() as settings:
        client = VaultClient(settings)
        await client.start()
        async with asyncio.timeout(WAIT_S):
            await client.vault.put("vcrd_1", {"value": SECRET}, {})
            yield settings, client
        await client.aclose()


@contextlib.asynccontextmanager
async def routed(origin: Origin, route: Route) -> AsyncIterator[tuple[Assembly, Path]]:
    """The engine's socket in this process, with one route to a server of the test's."""
    with own_place() as settings:
        lines = Lines(origin)
        seams = Seams(store=MemoryStore(), dialer=Dialer(Names(), lines, frozenset), trusted=origin.trusting())
        made = await assembled(settings, seams)
        path = settings.data / "r.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(8)
        await made.ways.routes.listen(listener)
        await made.vault.put("model", {"value": SECRET}, {})
        await made.ways.route(route)
        yield made, path
        await made.aclose()


async def said(path: Path, raw: bytes) -> bytes:
    """What the engine's socket answers, until it closes."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(raw)
    async with asyncio.timeout(WAIT_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
    writer.close()
    return head + body


def test_h01_no_value_is_in_a_repr_an_exception_or_a_log() -> None:
    shown = repr(
        [Credential("vcrd_1", {"value": SECRET}, {}, (SECRET,)), Live(grant(), SECRET), Stored("f", "", 1), REASONS]
    )
    assert SECRET not in shown

    async def story() -> str:
        async with own_process() as (settings, client):
            refusals = []
            for fields in ({"value": SECRET + "\n"}, {"nothing": SECRET}, {}):
                with pytest.raises(VaultRefused) as refused:
                    await client.vault.put("vcrd_2", fields, {})
                refusals.append(str(refused.value))
            with pytest.raises(VaultRefused) as refused:
                await client.vault._process.call(
                    {"do": "put", "credential_id": SECRET, "secrets": [SECRET], "settings": 1}
                )
            refusals.append(str(refused.value))
        return "".join(refusals) + "".join(file.read_text() for file in settings.data.glob("*.log"))

    assert SECRET not in asyncio.run(story())


def test_h02_the_sockets_are_for_this_user_only_and_another_one_is_refused() -> None:
    async def story() -> None:
        async with own_process() as (settings, client):
            paths = [client.routes_socket, settings.vault_sockets / SOCKET_NAME]
            assert stat.S_IMODE(settings.vault_sockets.stat().st_mode) == 0o700
            assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o600]
            if os.getuid() != 0:
                return
            # With every mode opened by mistake the peer's uid still decides.
            for folder in (settings.vault_sockets, *settings.vault_sockets.parents[:2]):
                folder.chmod(0o755)
            for path in paths:
                path.chmod(0o666)
                program = f"import socket; s=socket.socket(1); s.settimeout(20); s.connect({str(path)!r}); s.sendall(b'{{}}\\n'); print(s.recv(9))"
                other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", program]
                done = await asyncio.to_thread(
                    subprocess.run, other, capture_output=True, text=True, timeout=WAIT_S, check=False
                )
                assert done.stdout.strip() in {"b''", ""}, done

    asyncio.run(story())


def test_h03_a_clients_own_credentials_are_taken_off_a_route_and_ours_is_set() -> None:
    async def story() -> None:
        async with Origin(lambda seen: ok(repr(seen.head).encode())) as origin:
            route = Route("model", "https://api.test/base", "model", "x-api-key")
            async with routed(origin, route) as (_, path):
                answer = await said(
                    path,
                    b"POST /v1/messages?b=1 HTTP/1.1\r\nHost: model\r\nX-Api-Key: theirs\r\nAuthorization: Bearer theirs\r\n"
                    b"Cookie: a=theirs\r\nContent-Length: 2\r\n\r\nhi",
                )
            seen = origin.seen[0]
            assert (seen.line, seen.body) == ("POST /base/v1/messages?b=1 HTTP/1.1", b"hi")
            assert (seen.header("host"), seen.headers("x-api-key")) == ("api.test", [SECRET])
            assert b"theirs" not in seen.head
            assert SECRET.encode() not in answer

    asyncio.run(story())


@pytest.mark.parametrize(
    "raw",
    [
        b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test:443\r\n\r\n",
        b"CONNECT model:443 HTTP/1.1\r\nHost: model\r\n\r\n",
        b"GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        b"GET http://evil.test/ HTTP/1.1\r\nHost: model\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: model:80\r\n\r\n",
    ],
)
def test_h04_the_engines_socket_is_no_open_proxy(raw: bytes) -> None:
    async def story() -> None:
        async with Origin() as origin, routed(origin, Route("model", "https://api.test")) as (_, path):
            assert (await said(path, raw)).split(b" ")[1] in {b"400", b"403", b"404", b"503"}
            assert origin.seen == []

    asyncio.run(story())


def test_h05_a_sandboxs_listener_knows_no_routes() -> None:
    with stage() as on:
        client = on.way(LIMITED)
        for raw in (b"GET / HTTP/1.1\r\nHost: model\r\n\r\n", b"GET http://model/ HTTP/1.1\r\nHost: model\r\n\r\n"):
            with client.plain(raw) as line:
                assert line.answer().status in {400, 403}
        assert client.connect("model:443")[1].status == 403
        assert on.lines.dialed == []


def test_h06_a_session_with_too_many_connections_loses_the_newest_and_others_are_served() -> None:
    with stage(limits=Limits(connections=3)) as on:
        greedy, modest = on.way(LIMITED, session_id="greedy"), on.way(LIMITED, session_id="modest")
        held = [greedy.tunnel("good.test") for _ in range(3)]
        for _ in range(3):
            with greedy.plain(b"CONNECT good.test:443 HTTP/1.1\r\nHost: good.test\r\n\r\n") as line:
                assert line.rest() == b""
        assert modest.get("good.test").status == 200
        held[0].send(b"GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
        assert held[0].answer().status == 200


def test_h07_nothing_that_the_engine_can_ask_for_gives_a_secret() -> None:
    assert set(WORDS) == {
        *("open", "close", "route", "serve", "forget"),
        *("put", "adopt", "remove", "refresh", "redact", "check"),
        # What a webhook is signed with, and whether a signature that came is right: a code of a text, and yes or no.
        *("code", "is_same"),
    }


def _hostile(pid: int) -> dict[str, str]:
    """What another process of the same user gets, each as `errno` or as what it was given."""
    program = textwrap.dedent(f"""
        import ctypes, json, os
        libc = ctypes.CDLL(None, use_errno=True)
        def opened(path):
            try:
                with open(path, "rb") as file: return repr(file.read(1))
            except OSError as error: return os.strerror(error.errno)
        def called(*arguments):
            return "allowed" if libc.syscall(*arguments) >= 0 else os.strerror(ctypes.get_errno())
        pidfd = os.pidfd_open({pid})
        print(json.dumps({{
            "mem": opened("/proc/{pid}/mem"), "environ": opened("/proc/{pid}/environ"), "fd": opened("/proc/{pid}/fd/3"),
            "ptrace": "allowed" if libc.ptrace({_PTRACE_ATTACH}, {pid}, 0, 0) == 0 else os.strerror(ctypes.get_errno()),
            "pidfd_getfd": called({_PIDFD_GETFD}, pidfd, 3, 0),
        }}))
    """)
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*drop, sys.executable, "-c", program], capture_output=True, text=True, timeout=WAIT_S, check=True
    )
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_h08_another_process_of_the_same_user_gets_nothing_out_of_it_and_it_leaves_no_core() -> None:
    async def story() -> None:
        async with own_process() as (_, client):
            assert client.pid is not None
            found = await asyncio.to_thread(_hostile, client.pid)
            denied = {"Permission denied", "Operation not permitted"}
            assert set(found.values()) <= denied, found
            limits = Path(f"/proc/{client.pid}/limits").read_text()
            core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
            assert core.split()[4:6] == ["0", "0"]
            status = Path(f"/proc/{client.pid}/status").read_text()
            assert "NoNewPrivs:\t1" in status

    asyncio.run(story())


def test_h08_it_inherits_neither_the_engines_descriptors_nor_its_environment() -> None:
    async def story() -> None:
        inherited, other = os.pipe()
        os.set_inheritable(inherited, True)
        os.environ["WORKBENCH_CANARY"] = SECRET
        try:
            async with own_process() as (_, client):
                if os.getuid() != 0:
                    return
                names = {os.readlink(f"/proc/{client.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{client.pid}/fd")}
                assert os.readlink(f"/proc/self/fd/{inherited}") not in names
                assert SECRET not in Path(f"/proc/{client.pid}/environ").read_text()
        finally:
            del os.environ["WORKBENCH_CANARY"]
            os.close(inherited)
            os.close(other)

    asyncio.run(story())


def test_h09_it_ends_with_the_engine_and_all_values_with_it() -> None:
    async def story() -> int:
        async with own_process() as (_, client):
            assert client.pid is not None
            return client.pid

    pid = asyncio.run(story())
    assert not Path(f"/proc/{pid}").exists()


def test_h09_killed_it_comes_back_with_the_same_listeners_placeholders_and_routes() -> None:
    async def story() -> None:
        with own_place() as settings:
            client = VaultClient(settings)
            await client.start()
            notices = client.ways.notices()
            listener = socket.create_server(("127.0.0.1", 0))
            address = listener.getsockname()
            mine = Grant("vcrd_1", minted("", len(SECRET)), None)
            async with asyncio.timeout(WAIT_S):
                await client.ways.open("sesn_1", NetworkRules(hosts=("good.test",)), [mine], listener)
                await client.ways.route(Route("model", "https://api.test"))
                listener.close()
                before = client.pid
                assert before is not None
                os.kill(before, 9)
                assert (await anext(notices)).kind == "restarted"
                # Connections wait in the listeners while nobody accepts.
                reader, writer = await asyncio.open_connection(*address)
                writer.write(b"CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n")
                assert (await reader.readline()).split(b" ")[1] == b"403"
                writer.close()
                await client.vault.put("vcrd_1", {"value": SECRET}, {})
                assert await client.vault.redact("sesn_1", SECRET.encode()) == mine.placeholder.encode()
                answer = await said(client.routes_socket, b"GET / HTTP/1.1\r\nHost: nothing\r\n\r\n")
                assert answer.split(b" ")[1] == b"503"
                assert client.pid != before
            await client.aclose()

    asyncio.run(story())


@pytest.fixture
def kept(tmp_path: Path) -> VaultFile:
    file = VaultFile(tmp_path / "vault.json", tmp_path / "count")
    file.create(PASSPHRASE)
    file.write("one", SECRET)
    file.write("two", "another secret")
    return file


def opened(file: VaultFile, passphrase: str = PASSPHRASE) -> VaultFile:
    again = VaultFile(file._path, file._counter)
    again.unlock(passphrase)
    return again


def test_h10_a_vault_file_opens_with_its_passphrase_only_and_has_no_value_in_it(kept: VaultFile) -> None:
    assert opened(kept).read("one") == SECRET
    assert SECRET not in kept._path.read_text()
    with pytest.raises(StoreFailed):
        opened(kept, "another passphrase")
    with pytest.raises(Locked):
        VaultFile(kept._path, kept._counter).read("one")


def changed(kept: VaultFile, change: Callable[[dict], None]) -> None:  # type: ignore[type-arg]
    document = json.loads(kept._path.read_text())
    change(document)
    kept._path.write_text(json.dumps(document))


def test_h10_an_entry_that_was_moved_to_another_name_is_refused(kept: VaultFile) -> None:
    changed(kept, lambda document: document["entries"].update(one=document["entries"]["two"]))
    with pytest.raises(StoreFailed):
        opened(kept).read("one")
    assert opened(kept).read("two") == "another secret"


@pytest.mark.parametrize(
    ("field", "value"), [("t", 0), ("m", 8), ("m", 1 << 30), ("t", 10_000), ("name", "none"), ("salt", "")]
)
def test_h10_a_weakened_or_ruinous_key_derivation_is_refused(kept: VaultFile, field: str, value: object) -> None:
    changed(kept, lambda document: document["header"]["kdf"].update({field: value}))
    with pytest.raises(StoreFailed):
        opened(kept)


def test_h10_a_changed_header_is_refused_even_where_it_is_sane(kept: VaultFile) -> None:
    changed(kept, lambda document: document["header"].update(extra=1))
    with pytest.raises(StoreFailed):
        opened(kept)


def test_h10_an_older_copy_in_its_place_is_noticed(kept: VaultFile) -> None:
    older = kept._path.read_bytes()
    kept.write("one", "a rotated secret")
    kept._path.write_bytes(older)
    with pytest.raises(StoreFailed, match="older"):
        opened(kept)


def test_h10_a_symlink_and_a_file_that_others_can_read_are_refused(kept: VaultFile, tmp_path: Path) -> None:
    kept._path.chmod(0o644)
    with pytest.raises(StoreFailed):
        opened(kept)
    kept._path.chmod(0o600)
    target = kept._path.rename(tmp_path / "elsewhere.json")
    kept._path.symlink_to(target)
    with pytest.raises(StoreFailed):
        opened(kept)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_h10_a_file_of_another_user_is_refused(kept: VaultFile) -> None:
    os.chown(kept._path, 65534, 65534)
    with pytest.raises(StoreFailed):
        opened(kept)


def test_h12_a_sandbox_cannot_send_the_proxy_to_itself() -> None:
    with stage(names={"good.test": ["127.0.0.1"], "loop.test": ["::1"]}) as on:
        client = on.way(NetworkRules(type="unrestricted"))
        assert client.connect(f"127.0.0.1:{client.port}")[1].status == 403
        for host in ("good.test", "loop.test", "localhost"):
            assert client.connect(f"{host}:443")[1].status == 403
        assert on.lines.dialed == []


def test_a_deposit_reaches_the_vault_without_the_engine_and_is_taken_once() -> None:
    async def story() -> None:
        async with own_process() as (settings, client):
            other = SECRET[::-1]
            deposit_id = await asyncio.to_thread(deposit, settings, {"value": other})
            await client.vault.adopt("vcrd_2", deposit_id, {})
            await client.ways.open("sesn_1", NetworkRules(), [Grant("vcrd_2", minted("", 30), None)])
            await client.vault.check(["vcrd_2"])
            assert other.encode() not in await client.vault.redact("sesn_1", other.encode())
            with pytest.raises(VaultRefused):
                await client.vault.adopt("vcrd_3", deposit_id, {})
            with pytest.raises(VaultRefused):
                await asyncio.to_thread(deposit, settings, {"value": ""})

    asyncio.run(story())


def test_the_models_key_is_passed_on_unread_and_outlives_a_killed_vault() -> None:
    async def story() -> None:
        memory = os.memfd_create("key")
        os.write(memory, SECRET.encode())
        with own_place() as settings:
            client = VaultClient(settings, memory)
            await client.start()
            notices = client.ways.notices()
            async with asyncio.timeout(WAIT_S):
                assert (await client.vault.check(["model"])).missing == ()
                assert client.pid is not None
                os.kill(client.pid, 9)
                await anext(notices)
                assert (await client.vault.check(["model"])).missing == ()
            await client.aclose()
        os.close(memory)

    asyncio.run(story())


def test_a_packet_that_is_no_packet_ends_the_conversation_and_nothing_more() -> None:
    async def story() -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        one, other = Control(ours), Control(theirs)
        long = {"words": "a" * 300_000}
        await one.send(Packet(long, b"blob"))
        packet = await other.receive()
        assert packet == Packet(long, b"blob")
        one.close()
        assert await other.receive() is None
        other.close()

    asyncio.run(story())


def test_short_values_are_no_needles() -> None:
    assert needles_of(b"short", b"wbph_") == {}


def test_an_answer_on_a_route_that_echoes_the_key_loses_it() -> None:
    def echo(seen: Seen) -> bytes:
        body = json.dumps({"error": f"the key {seen.header('x-api-key')} is wrong"}).encode()
        return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async def story() -> None:
        async with Origin(echo) as origin:
            async with routed(origin, Route("model", "https://api.test", "model", "x-api-key")) as (_, path):
                answer = await said(path, b"GET / HTTP/1.1\r\nHost: model\r\n\r\n")
            assert b"401" in answer
            assert SECRET.encode() not in answer

    asyncio.run(story())
