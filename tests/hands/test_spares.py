"""The spare container: what a session that claims it finds, what is never in it, and that nothing of it is left."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.places import new_project, new_session, own_settings, podman, podman_only, until
from tests.hands.spare_stage import WAIT_S, Stage, ids, names, staged
from tests.hands.test_git_stays import git
from workbench.contracts.values import Session
from workbench.hands.backend import Limits
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import memory_folder
from workbench.hands.podman import containers
from workbench.hands.podman.claiming import mount_faults
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.spares import Spares, Wanted
from workbench.hands.podman.specification import SPARE_PREFIX, container_name

ROOT = Path(__file__).parents[2]
ENGINE = """
import asyncio, sys
from pathlib import Path
from tests.hands.places import new_session
from tests.hands.spare_stage import Stage
from workbench.settings import Settings

async def main():
    stage = Stage(Settings(*map(Path, sys.argv[1:]), keep_secrets_in="memory"))
    await stage.hands.provision(new_session())
    await stage.spare()
    session = new_session()
    await stage.bash(session, "echo kept > /tmp/kept")
    print(session.id, stage.record(session).container_id, await stage.spare(), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


LOOK = r"""
echo "$PWD"; env | grep -v ^_= | sort; id; umask; ulimit -a; hostname; cat /proc/self/oom_score_adj
grep -E '^(Cap|NoNewPrivs|Seccomp:|Uid|Groups)' /proc/self/status
awk '{ line = ""; for (n = 4; n <= NF; n++) if ($n !~ /^(shared|master):/) line = line " " $n; seen[$5] = line }
     END { for (path in seen) print seen[path] }' /proc/self/mountinfo | grep -vE ' /(run/git|mnt/memory|proc/.*|sys/.*) ' |
    sed -E '/ \/workspace\/project /s/(,nosuid,nodev| overlay \S+)//g' | sort
find /workspace /mnt /run -not -path '*/.git/*' -printf '%p %y %m %U %G\n' 2>&1 |
    sed -E 's/^(\/run\/git|\/mnt\/memory) d .*/\1/' | sort
cd /workspace/project; git log --format=%s; git status --short; cat original.txt notes.txt 2>&1
for file in /run/git/x /mnt/memory/x /mnt/memory/notes/x /mnt/session/uploads/x /mnt/session/x /workspace/x /x /opt/runner/x; do
    touch $file 2>&1
done
echo mine >> original.txt; ls -A /tmp
"""


@podman_only
def test_a_session_that_claims_the_spare_finds_what_it_would_in_a_container_of_its_own(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "first")
    (project / "notes.txt").write_text("uncommitted\n")

    async def looked(stage: Stage, session: Session) -> str:
        upload = stage.settings.sandboxes / session.id / "uploads"
        upload.mkdir(parents=True)
        (upload / "given.csv").write_text("a,b\n")
        (memory_folder(stage.settings.sandboxes / session.id, "notes")).mkdir(parents=True)
        said = re.sub(r"\b([0-9a-f]{64}|[A-Z0-9]{26})\b", "ID", await stage.bash(session, LOOK))
        said = re.sub(f"{stage.settings.channels}/\\S+", "SOCKET", said.replace(session.id, "SESSION"))
        changed = stage.settings.sandboxes / session.id / "upper" / "original.txt"
        return f"{said}\n{changed.read_text()}"

    async def story() -> tuple[str, str]:
        memories = ({"mount_path": "/mnt/memory/notes", "access": "read_only"},)
        one, other = (replace(new_session(project), memories=memories) for _ in range(2))
        async with staged() as stage:
            own = await looked(stage, one)
            spare = await stage.spare()
            claimed = await looked(stage, other)
            assert stage.record(other).container_id == spare
            assert container_name(stage.settings, other.id) in names(stage.settings)
            return own, claimed

    own, claimed = asyncio.run(story())
    assert claimed.splitlines() == own.splitlines()
    assert "placeholder of SESSION" in own
    assert (project / "original.txt").read_text() == "from the project\n"


@podman_only
def test_a_spare_has_nothing_of_any_session_and_is_claimed_once(tmp_path: Path) -> None:
    project = new_project(tmp_path)

    async def story() -> None:
        first, second, third = (new_session(project) for _ in range(3))
        async with staged() as stage:
            await stage.bash(first, "echo secret > /tmp/secret; echo secret > secret")
            spare = await stage.spare()
            told = podman("inspect", spare)
            waiting = stage.backend.spares.waiting
            assert waiting is not None
            told += Path(f"/proc/{waiting.container.pid}/mountinfo").read_text()
            told += Path(f"/proc/{waiting.container.monitor}/cmdline").read_text()
            for word in (first.id, "placeholder", "TOKEN", str(project), str(stage.settings.sandboxes)):
                assert word not in told, word
            assert await stage.bash(second, "cat /tmp/secret secret 2>&1; ls /workspace") == (
                "cat: /tmp/secret: No such file or directory\ncat: secret: No such file or directory\nproject"
            )
            assert await stage.bash(third, "ls /workspace") == "project"
            assert stage.record(second).container_id == spare
            assert len({stage.record(session).container_id for session in (first, second, third)}) == 3
            assert [body["container_id"] for body in stage.notes.bodies("sandbox.started")] == [
                stage.record(session).container_id for session in (first, second, third)
            ]

    asyncio.run(story())


@podman_only
def test_a_projects_files_are_those_of_the_claim_and_what_the_session_changed_before_is_there(tmp_path: Path) -> None:
    project = new_project(tmp_path)

    async def story() -> list[str]:
        session = new_session(project)
        async with staged() as stage:
            await stage.bash(session, "echo mine > mine.txt; rm original.txt; echo kept > /workspace/kept")
            await stage.spare()
            (project / "later.txt").write_text("later\n")
            await stage.hands.release(session.id)
            spare = await stage.spare()
            said = await stage.bash(session, "ls; cat mine.txt later.txt /workspace/kept")
            assert stage.record(session).container_id == spare
            return said.split()

    assert asyncio.run(story()) == ["later.txt", "mine.txt", "mine", "later", "kept"]


@podman_only
def test_a_container_that_would_be_made_otherwise_now_is_not_claimed(tmp_path: Path) -> None:
    async def story() -> None:
        async with staged() as stage:
            first = new_session()
            await stage.hands.provision(first)
            spare = await stage.spare()
            spares, record = stage.backend.spares, stage.record(first)
            assert spares.take(Wanted(record.image, (8443,))) is None
            assert spares.take(Wanted("localhost/another", ())) is None
            stage.settings.trust.mkdir(parents=True)
            (stage.settings.trust / "bundle.pem").write_text("of an authority that was made meanwhile")
            assert spares.take(Wanted(record.image, ())) is None
            (stage.settings.trust / "bundle.pem").unlink()
            # What an environment makes writable is nowhere in it.
            apart = replace(new_session(), folders=("/srv/data",))
            assert await stage.bash(apart, "touch /srv/data/x && ls /srv/data") == "x"
            other = replace(new_session(), network={"ports": [8443]})
            await stage.hands.provision(other)
            assert spare not in {stage.record(apart).container_id, stage.record(other).container_id}
            # The one kept for the others makes way for one like the last.
            await until(lambda: f"{SPARE_PREFIX}" in " ".join(names(stage.settings)) and spare not in ids())
            assert await stage.spare() != spare

    asyncio.run(story())


@podman_only
def test_a_spare_of_an_image_that_has_changed_since_is_not_given_the_sessions_name() -> None:
    async def story() -> list[bool]:
        async with staged() as stage, temporary_podman(stage.settings) as service:
            session = new_session()
            await stage.hands.provision(session)
            await stage.spare()
            spare, image = stage.backend.spares.waiting, stage.record(session).image
            assert spare is not None
            earlier = replace(spare.container, image_id="of then")
            with pytest.raises(SandboxUnavailable, match="earlier image"):
                await service.once(containers.rename, earlier, "another", image)
            return sorted(name.startswith(SPARE_PREFIX) for name in names(stage.settings))

    assert asyncio.run(story()) == [False, True]


@podman_only
def test_a_spare_that_has_a_sessions_name_and_was_told_no_claim_ends_with_its_engine() -> None:
    async def story() -> None:
        async with staged() as stage, temporary_podman(stage.settings) as service:
            session, other = new_session(), new_session()
            await stage.hands.provision(session)
            await stage.spare()
            spare = stage.backend.spares.waiting
            assert spare is not None
            name = container_name(stage.settings, other.id)
            await service.once(containers.rename, spare.container, name, stage.record(session).image)
            assert name in names(stage.settings)
            await spare.channel.close(calls_go_on=True)
            await until(lambda: name not in names(stage.settings))

    asyncio.run(story())


@podman_only
def test_where_nothing_can_be_mounted_into_a_container_that_runs_sessions_start_their_own_and_no_spare_is_made() -> (
    None
):
    async def story() -> None:
        async with staged() as stage:
            first, second = new_session(), new_session()
            await stage.hands.provision(first)
            spare = await stage.spare()
            waiting = stage.backend.spares.waiting
            assert waiting is not None
            assert waiting.mounter.stdin is not None
            # The kernel refuses this machine's own mounts, as it does all of them where that is its rule.
            pid, ticks = waiting.container.pid, waiting.started_ticks
            refused = {"pid": pid, "started_ticks": ticks, "monitor": os.getpid(), "mounts": [], "seal": []}
            waiting.mounter.stdin.write(json.dumps(refused).encode() + b"\n")
            assert await stage.bash(second, "echo here") == "here"
            assert spare not in ids()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(3):
                    await stage.spare()

    asyncio.run(story())


@podman_only
def test_a_claim_that_fails_leaves_nothing_of_the_spare_and_the_session_has_a_container_of_its_own(
    tmp_path: Path,
) -> None:
    project = new_project(tmp_path)

    async def story() -> None:
        async with staged() as stage:
            first, second, third = new_session(), new_session(), new_session(project)
            await stage.hands.provision(first)
            spare = await stage.spare()
            # Podman refuses the name to the spare; a start of its own removes what has it.
            podman("create", "--name", container_name(stage.settings, second.id), stage.record(first).image, "true")
            assert await stage.bash(second, "echo here") == "here"
            assert stage.record(second).container_id != spare
            assert spare not in ids()
            spare = await stage.spare()
            project.rename(tmp_path / "gone")
            assert (await stage.bash(third, "true")).startswith(f"The project folder {project} is not there")
            assert spare not in ids()
            (tmp_path / "gone").rename(project)
            assert await stage.bash(third, "ls") == "original.txt"

    asyncio.run(story())


def test_what_is_mounted_otherwise_than_ordered_is_refused() -> None:
    ordered = [
        {"type": "bind", "destination": "/workspace", "options": ["rw"]},
        {"type": "bind", "destination": "/mnt/session/uploads", "options": ["ro"]},
        {"destination": "/workspace/p", "options": ["upperdir=u"]},
    ]
    safe = frozenset({"nosuid", "nodev", "relatime"})
    mounted = {
        "/workspace": ("ext4", safe | {"rw"}),
        "/mnt/session/uploads": ("ext4", safe | {"ro"}),
        "/workspace/p": ("overlay", safe | {"rw"}),
        "/mnt/memory": ("tmpfs", safe | {"ro"}),
        "/run/git": ("tmpfs", safe | {"ro"}),
    }
    assert mount_faults(mounted, ordered) == []
    for path, other in (
        ("/workspace", ("ext4", frozenset({"rw", "nosuid"}))),
        ("/mnt/session/uploads", ("ext4", safe | {"rw"})),
        ("/workspace/p", ("ext4", safe | {"rw"})),
    ):
        assert mount_faults({**mounted, path: other}, ordered) == [f"{path} is not mounted as ordered"]
        assert mount_faults({name: it for name, it in mounted.items() if name != path}, ordered) != []
    assert mount_faults({**mounted, "/run/git": ("tmpfs", safe | {"rw"})}, ordered) == ["/run/git can be written"]


@podman_only
def test_a_link_in_a_sessions_own_folder_leads_no_mount_elsewhere(tmp_path: Path) -> None:
    project = new_project(tmp_path)

    async def story() -> str:
        async with staged() as stage:
            session = new_session(project)
            await stage.hands.provision(new_session())
            own = stage.settings.sandboxes / session.id / "workspace"
            own.mkdir(parents=True)
            (own / "project").symlink_to("/tmp")
            spare = await stage.spare()
            await stage.bash(session, "true")
            return spare if spare in ids() else "ended"

    assert asyncio.run(story()) == "ended"


@podman_only
def test_an_engine_that_is_killed_leaves_no_spare_and_the_next_finds_the_sandbox_that_was_one() -> None:
    async def story() -> None:
        with own_settings() as settings:
            places = [str(place) for place in (settings.data, settings.config, settings.runtime, settings.state)]
            engine = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", ENGINE, *places), stdout=asyncio.subprocess.PIPE, cwd=ROOT
            )
            assert engine.stdout is not None
            async with asyncio.timeout(WAIT_S):
                session_id, claimed, spare = (await engine.stdout.readline()).decode().split()
                engine.kill()
                await engine.wait()
                await until(lambda: spare not in ids())
            assert len(list(settings.channels.glob("spare-*"))) == 1
            stage = Stage(settings)
            await stage.hands.open({session_id})
            assert list(settings.channels.glob("spare-*")) == []
            session = replace(new_session(), id=session_id)
            assert await stage.bash(session, "cat /tmp/kept") == "kept"
            assert stage.record(session).container_id == claimed
            await stage.end()
            assert names(settings) == []

    asyncio.run(story())


@podman_only
def test_a_spare_that_nobody_claims_ends_after_a_while_and_one_that_was_killed_is_not_claimed() -> None:
    async def story() -> None:
        async with staged() as stage:
            session, other = new_session(), new_session()
            await stage.hands.provision(session)
            await stage.spare()
            spare = stage.backend.spares.waiting
            assert spare is not None
            os.kill(spare.container.pid, signal.SIGKILL)
            await until(lambda: stage.backend.spares.waiting is None)
            assert await stage.bash(other, "echo here") == "here"
            assert stage.record(other).container_id != spare.container.container_id
            await stage.backend.spares.close()
            async with temporary_podman(stage.settings) as service:
                spares = Spares(stage.settings, service, Limits(), idle_s=0.1)
                spares.want(Wanted(stage.record(session).image, ()))
                await until(lambda: spares.waiting is not None)
                await until(lambda: len(names(stage.settings)) == 2)
                await spares.close()

    asyncio.run(story())
