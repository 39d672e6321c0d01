"""S: what an agent tries from inside its sandbox. One container for all of them: each is a command in it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator

import pytest

from tests.attacks.inside import Inside, inside
from tests.hands.places import Notes, new_session, own_settings, podman, podman_only, real_hands
from tests.vault.stage import SECRET
from workbench.contracts.values import Call
from workbench.contracts.vault import NetworkRules
from workbench.events import text_of
from workbench.hands.podman.specification import home_label
from workbench.vault.control.client import VaultClient
from workbench.vault.proxy.outlets import SameForAll
from workbench.vault.proxy.placeholders import MARK

pytestmark = podman_only

PASSWORD = "proxy-password-of-the-host"


@pytest.fixture(scope="module")
def box() -> Iterator[Inside]:
    host = {
        "HTTP_PROXY": f"http://me:{PASSWORD}@proxy.invalid:3128",
        "https_proxy": f"http://me:{PASSWORD}@proxy.invalid:1",
    }
    with inside(environment=host) as made:
        made.run("true")
        yield made


def test_the_done_case_a_token_gets_in_at_its_host_and_is_only_a_placeholder_everywhere_else(box: Inside) -> None:
    box.decisions.clear()
    said = box.run(
        'curl -sS -H "authorization: Bearer $TOKEN" https://good.test/; echo; curl -sS -H "authorization: Bearer $TOKEN" https://other.test/'
    )
    assert said.split("\n") == [f"in Bearer {box.grant.placeholder}", f"out Bearer {box.grant.placeholder}"]
    told = [(one.host, one.reason, one.where) for one in box.decisions]
    assert told == [("good.test", "", "header"), ("other.test", "placeholder_elsewhere", "")]
    assert box.grant.placeholder in box.run("env")


@pytest.mark.parametrize("client", ["python3 urllib", "openssl", "git", "wget"])
def test_programs_inside_trust_the_authority_without_being_told(box: Inside, client: str) -> None:
    commands = {
        "python3 urllib": "python3 -c 'import urllib.request as u; print(u.urlopen(\"https://good.test/\").read().decode())'",
        "openssl": "openssl s_client -proxy 127.0.0.1:3128 -connect good.test:443 -servername good.test </dev/null 2>&1 | grep -o 'Verify return code: 0' | sort -u",
        "git": "git ls-remote https://good.test/x.git 2>&1 | grep -ci 'certificate' || true",
        "wget": "command -v wget >/dev/null && wget -qO- https://good.test/ || echo out",
    }
    said = box.run(commands[client]).strip()
    assert said in {"out", "Verify return code: 0", "0"}


def test_b09_names_inside_lead_nowhere_and_no_name_is_passed_on(box: Inside) -> None:
    asked = len(box.names.asked)
    said = box.python(
        "import socket\n"
        "for name in ('good.test', 'data-in-a-label.good.test'):\n"
        "    try: print({one[4][0] for one in socket.getaddrinfo(name, 443)})\n"
        "    except OSError: print('unknown')\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "for kind in (1, 16, 28, 255):\n"
        "    try: s.sendto(b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4good\\4test\\0\\0' + bytes([kind]) + b'\\0\\1', ('192.0.2.53', 53)); print('sent')\n"
        "    except OSError: print('unreachable')"
    )
    # To the sandbox's own way out, which has nobody to ask for a name.
    assert said.split() == ["{'127.77.0.1'}"] * 2 + ["unreachable"] * 4
    assert len(box.names.asked) == asked


def test_c15_no_port_but_the_proxys_is_open_inside(box: Inside) -> None:
    said = box.python(
        "import socket\n"
        "def is_open(port):\n"
        "    try: socket.create_connection(('127.0.0.1', port), 2).close(); return True\n"
        "    except OSError: return False\n"
        "print([port for port in (53, 80, 443, 3128, 8080) if is_open(port)])"
    )
    assert said.strip() == "[3128]"


def test_s01_nothing_is_reached_directly(box: Inside) -> None:
    said = box.python(
        "import socket, time\n"
        "since = time.monotonic()\n"
        "for family, kind, address in ((2, 1, ('192.0.2.1', 443)), (2, 1, ('169.254.169.254', 80)), (10, 1, ('2001:db8::1', 443)),\n"
        "                              (2, 2, ('192.0.2.1', 53)), (2, 1, ('10.0.2.2', 22))):\n"
        "    try:\n"
        "        s = socket.socket(family, kind); s.settimeout(5); s.connect(address); print('reached', address)\n"
        "    except OSError: pass\n"
        "print('at once' if time.monotonic() - since < 4 else 'late')"
    )
    assert said.strip() == "at once"


def test_s02_no_raw_packets(box: Inside) -> None:
    said = box.python(
        "import socket\n"
        "for arguments in ((2, 3, 1), (10, 3, 58), (17, 3, 3)):\n"
        "    try: socket.socket(*arguments); print('open')\n"
        "    except OSError as error: print('refused')"
    )
    assert said.split() == ["refused"] * 3


def test_s03_no_socket_to_a_virtual_machines_host(box: Inside) -> None:
    said = box.python("import socket\ntry: socket.socket(40, 1); print('open')\nexcept OSError: print('refused')")
    assert said.strip() == "refused"


def test_s04_no_namespace_of_its_own(box: Inside) -> None:
    assert "refused" in box.run("unshare -Ur true 2>/dev/null && echo made || echo refused")
    said = box.python("import ctypes\nprint(ctypes.CDLL(None).unshare(0x10000000))")
    assert said.strip() == "-1"


def test_s05_the_hosts_abstract_sockets_are_elsewhere(box: Inside) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        name = f"\0attack-{os.getpid()}"
        listener.bind(name)
        listener.listen()
        said = box.python(
            f"import socket\ntry: socket.socket(1).connect({name!r}); print('reached')\nexcept OSError: print('refused')"
        )
    assert said.strip() == "refused"


def test_s06_the_folder_of_the_sandboxs_socket_cannot_be_changed(box: Inside) -> None:
    said = box.run(
        "cd /run/sandbox && for act in 'touch x' 'rm -f engine.sock' 'mv engine.sock y' 'ln -sf /etc/passwd engine.sock'; do $act 2>/dev/null && echo done; done; ls"
    )
    assert said.strip() == "engine.sock"


def test_s07_other_sessions_sockets_and_the_vaults_are_not_there(box: Inside) -> None:
    said = box.run("find / -xdev -type s 2>/dev/null; find /run /tmp /var -type s 2>/dev/null")
    assert set(said.split()) <= {"/run/sandbox/engine.sock"}


def test_s08_no_session_bus_and_no_podman_is_mounted(box: Inside) -> None:
    mounts = box.run("cat /proc/self/mountinfo; env")
    assert "DBUS_SESSION_BUS_ADDRESS" not in mounts
    for word in (
        "podman.sock",
        f"/run/user/{os.getuid()}/bus",
        "keyring",
        str(box.settings.vault_sockets),
        "deposit.sock",
        "routes.sock",
    ):
        assert word not in mounts


def test_s09_nothing_inside_and_nothing_podman_tells_has_the_secret(box: Inside) -> None:
    box.run('curl -sS -H "authorization: Bearer $TOKEN" https://good.test/ > /workspace/answer')
    # In brackets, so that grep's own command line is not what is found.
    needle = f"[{SECRET[3]}]{SECRET[4:]}"
    found = box.run(
        f"(cat /proc/*/environ /proc/*/cmdline 2>/dev/null; env) | grep -ac -- '{needle}';"
        f" grep -rla -- '{needle}' /workspace /tmp /home /root /run /etc /var /mnt 2>/dev/null | wc -l"
    )
    assert found.split() == ["0", "0"]
    told = podman("inspect", *podman("ps", "-aq", "--filter", f"label={home_label(box.settings)}").split())
    assert SECRET not in told
    assert box.grant.placeholder in told
    for file in box.settings.data.rglob("*"):
        if file.is_file() and not file.is_symlink():
            assert SECRET.encode() not in file.read_bytes()


def test_s10_no_switch_of_a_client_leads_past_the_proxy(box: Inside) -> None:
    without = "env -u HTTPS_PROXY -u https_proxy -u ALL_PROXY -u all_proxy curl -sS -m 5"
    for command in ("curl -sS -m 5 --noproxy '*'", without):
        decided = len(box.decisions)
        assert box.run(f"{command} -o /dev/null -w '%{{http_code}}' https://good.test/") == "200"
        assert {(one.host, one.allowed, one.session_id) for one in box.decisions[decided:]} == {
            ("good.test", True, box.session.id)
        }
    dialed = len(box.lines.dialed)
    for command in (
        "curl -sS -m 5 --noproxy '*' https://evil.test/",
        f"{without} http://evil.test/ --fail",
        # The name in the greeting decides, whatever else is said.
        "curl -sS -m 5 --noproxy '*' --resolve evil.test:443:127.77.0.1 https://evil.test/",
        "curl -sS -m 5 --noproxy '*' --connect-to ::192.0.2.1:443 https://evil.test/",
        "curl -sS -m 5 --connect-to ::evil.test:443 https://good.test/",
        "curl -sS -m 5 https://evil.test/",
    ):
        assert box.run(f"{command} >/dev/null 2>&1; echo $?").strip() not in {"0", ""}
    assert len(box.lines.dialed) == dialed
    relay = (
        "import asyncio\n"
        "async def copy(r, w):\n"
        "    while piece := await r.read(65536): w.write(piece)\n"
        "async def serve(r, w):\n"
        "    a, b = await asyncio.open_connection('127.0.0.1', 3128)\n"
        "    await asyncio.gather(copy(r, b), copy(a, w))\n"
        "async def main():\n"
        "    server = await asyncio.start_server(serve, '127.0.0.1', 9999)\n"
        "    p = await asyncio.create_subprocess_shell('curl -sS -m 10 -x http://127.0.0.1:9999 https://evil.test/ 2>&1')\n"
        "    print('code', await p.wait())\n"
        "asyncio.run(main())"
    )
    assert "code 56" in box.python(relay)
    assert box.decisions[-1].session_id == box.session.id
    assert box.decisions[-1].reason == "host_not_allowed"


def test_s11_what_lies_in_the_workspace_is_neither_configuration_nor_run_on_the_host(box: Inside) -> None:
    marker = box.settings.data / "ran-on-the-host"
    box.run(
        "cd /workspace && git init -q . && printf '#!/bin/sh\\ntouch " + str(marker) + "\\n' > .git/hooks/post-checkout"
        " && chmod +x .git/hooks/* && git config core.fsmonitor 'touch " + str(marker) + "' && mkdir -p .workbench"
        " && printf 'allow = [\"*\"]\\n' > permissions.toml && printf '[network]\\ntype=\"unrestricted\"\\n' > .workbench/settings.toml"
    )
    assert box.run("curl -sS -m 5 https://evil.test/ >/dev/null 2>&1; echo $?").strip() == "56"
    assert not marker.exists()


def test_s12_the_hosts_own_proxy_and_its_password_are_not_known_inside(box: Inside) -> None:
    said = box.run("env; cat /proc/1/environ 2>/dev/null")
    assert PASSWORD not in said
    assert "127.0.0.1:3128" in said


def test_s13_the_authoritys_key_is_not_inside(box: Inside) -> None:
    assert set(box.run("ls -A /run/trust").split()) == {"authority.pem", "bundle.pem", "bundle.p12"}
    assert box.run("grep -rl 'PRIVATE KEY' /run /etc/ssl 2>/dev/null | wc -l").strip() == "0"
    assert "refused" in box.run("touch /run/trust/x 2>/dev/null || echo refused")


def test_s14_a_placeholder_that_is_committed_is_found_by_its_mark_and_opens_nothing(box: Inside) -> None:
    said = box.run(
        'cd /workspace && mkdir -p s14 && cd s14 && git init -q . && echo "token=$TOKEN" > leaked && git add leaked && git grep -c --cached wbph_'
    )
    assert said.strip() == "leaked:1"
    assert MARK in box.grant.placeholder
    assert box.run(
        'curl -sS -H "authorization: Bearer $(cat /workspace/s14/leaked | cut -d= -f2)" https://other.test/'
    ).startswith("out")


def test_h09_a_killed_vault_cuts_a_sandbox_off_for_a_moment_and_its_successor_serves_the_same_listener() -> None:
    async def story() -> None:
        with own_settings() as settings:
            client = VaultClient(settings)
            await client.start()
            notices = client.ways.notices()
            async with asyncio.timeout(100):
                await client.vault.check()
                hands = real_hands(settings, Notes(), outlets=SameForAll(client.ways, NetworkRules()))
                session = new_session()
                ask = "curl -sS -m 60 -p http://evil.test/ 2>&1"
                before = text_of((await hands.execute(session, Call("sevt_1", "bash", {"command": ask}))).content)
                assert client.pid is not None
                os.kill(client.pid, 9)
                assert (await anext(notices)).kind == "restarted"
                after = text_of((await hands.execute(session, Call("sevt_2", "bash", {"command": ask}))).content)
                await hands.release_all()
                await hands.close()
            await client.aclose()
            assert before == after
            assert before.startswith("curl: (56) CONNECT tunnel failed, response 403\n[exit code 56]")

    asyncio.run(story())
