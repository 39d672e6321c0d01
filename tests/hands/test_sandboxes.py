"""A session's sandbox over its life: deaths, restarts, what is missing, what is refused."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

from tests.hands.places import Notes, new_project, new_session, own_settings, podman, podman_only, real_hands, until
from workbench.contracts.values import Call, Outcome, Session
from workbench.events import new_id, text_of
from workbench.hands import sandbox_record
from workbench.hands.backend import Limits
from workbench.hands.channel import SANDBOX_ENDED
from workbench.hands.podman.specification import container_name
from workbench.hands.podman.storage import service_socket
from workbench.hands.sandbox_record import SandboxRecord
from workbench.hands.sandboxes import Sandboxes
from workbench.settings import Settings


async def bash(hands: Sandboxes, session: Session, command: str) -> str:
    async with asyncio.timeout(60):
        return text_of((await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))).content)


def record_of(settings: Settings, session: Session) -> SandboxRecord:
    record = sandbox_record.load(settings.sandboxes / session.id)
    assert record is not None
    return record


def run(*argv: str) -> str:
    return subprocess.run(argv, check=False, capture_output=True, text=True, timeout=60).stdout.strip()


async def until_dead(record: SandboxRecord) -> None:
    await until(lambda: not record.is_alive())


@podman_only
def test_a_container_that_dies_mid_call_is_an_error_and_the_next_call_has_the_same_files(tmp_path: Path) -> None:
    async def story() -> tuple[Outcome, str, list[str]]:
        with own_settings() as settings:
            notes, session = Notes(), new_session(new_project(tmp_path))
            hands = real_hands(settings, notes)
            await bash(hands, session, "echo kept > kept.txt")
            call = Call(new_id("sevt"), "bash", {"command": "sleep 600"})
            running = asyncio.create_task(hands.execute(session, call))
            await asyncio.sleep(0)
            os.kill(record_of(settings, session).pid, signal.SIGKILL)
            async with asyncio.timeout(30):
                outcome = await running
            said = await bash(hands, session, "cat kept.txt")
            await hands.release_all()
            await hands.close()
            return outcome, said, [fact.name for fact in notes.facts]

    outcome, said, facts = asyncio.run(story())
    assert (text_of(outcome.content), outcome.is_error) == (SANDBOX_ENDED, True)
    assert said == "kept"
    assert facts == ["sandbox.started", "sandbox.ended", "sandbox.started", "sandbox.ended"]


@podman_only
def test_a_call_that_runs_while_its_sandbox_is_released_gets_that_it_ended() -> None:
    async def story() -> str:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes()), new_session()
            running = asyncio.create_task(bash(hands, session, "touch begun; sleep 600"))
            begun = settings.sandboxes / session.id / "workspace" / "begun"
            await until(begun.exists)
            await hands.release(session.id)
            said = await running
            await hands.close()
            return said

    assert asyncio.run(story()) == SANDBOX_ENDED


@podman_only
def test_a_sandbox_whose_engine_does_not_return_ends_and_leaves_its_files() -> None:
    async def story() -> tuple[str, str]:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes(), limits=Limits(patience_s=0.2)), new_session()
            await bash(hands, session, "echo kept > kept.txt")
            record = record_of(settings, session)
            await hands.close()
            await until_dead(record)
            later = real_hands(settings, Notes())
            await later.open()
            recovered = await later.recover(session, Call(new_id("sevt"), "bash", {}))
            said = await bash(later, session, "cat kept.txt")
            await later.release_all()
            await later.close()
            return str(recovered), said

    assert asyncio.run(story()) == ("None", "kept")


@podman_only
def test_release_removes_the_container_even_after_its_monitor_and_first_process_were_killed() -> None:
    async def story() -> str:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes()), new_session()
            await hands.provision(session)
            record, name = record_of(settings, session), container_name(settings, session.id)
            monitor = podman("inspect", "--format", "{{.State.ConmonPid}}", name)
            for pid in (int(monitor), record.pid):
                os.kill(pid, signal.SIGKILL)
            await until_dead(record)
            await hands.release(session.id)
            await hands.provision(session)
            await hands.release(session.id)
            await hands.close()
            return podman("ps", "-a", "--filter", f"name={name}", "--format", "{{.Names}}")

    assert asyncio.run(story()) == ""


@podman_only
def test_calls_go_on_and_new_sandboxes_start_after_the_podman_service_was_killed() -> None:
    async def story() -> tuple[str, str]:
        with own_settings() as settings:
            hands, first, second = real_hands(settings, Notes()), new_session(), new_session()
            await hands.provision(first)
            pids = run("pgrep", "-f", str(service_socket(settings)))
            for pid in pids.split():
                os.kill(int(pid), signal.SIGKILL)
            said = await bash(hands, first, "echo on"), await bash(hands, second, "echo new")
            await hands.release_all()
            await hands.close()
            return said

    assert asyncio.run(story()) == ("on", "new")


@podman_only
def test_twenty_sandboxes_started_at_once_all_come_up() -> None:
    async def story() -> list[str]:
        with own_settings() as settings:
            hands, sessions = real_hands(settings, Notes()), [new_session() for _ in range(20)]
            said = await asyncio.gather(*(bash(hands, session, "echo up") for session in sessions))
            await hands.release_all()
            await hands.close()
            return list(said)

    assert asyncio.run(story()) == ["up"] * 20


@podman_only
def test_the_sweep_removes_sandboxes_of_a_vanished_workbench_and_no_other_container() -> None:
    async def story() -> tuple[str, str]:
        with own_settings() as settings, own_settings() as neighbour_settings:
            stranger = ["run", "-d", "--pull=never", "--network=none", "--label=app=workbench"]
            image = (await real_ready(settings)).image
            vanished = podman(*stranger, "--label=home=/nowhere", image, "sleep", "600")
            neighbour = podman(*stranger, f"--label=home={neighbour_settings.data}", image, "sleep", "600")
            hands = real_hands(settings, Notes())
            session = new_session()
            await hands.provision(session)
            left = podman("ps", "-aq", "--no-trunc", "--filter", "label=app=workbench").split()
            await hands.release_all()
            await hands.close()
            podman("rm", "-f", "-t0", "--ignore", vanished, neighbour)
            return str(vanished in left), str(neighbour in left)

    assert asyncio.run(story()) == ("False", "True")


@podman_only
def test_a_running_sandbox_of_a_session_that_the_log_does_not_know_is_swept_and_a_known_one_stays() -> None:
    async def story() -> tuple[bool, bool]:
        with own_settings() as settings:
            before = real_hands(settings, Notes())
            known, unknown, new = (new_session() for _ in range(3))
            await before.provision(known)
            await before.provision(unknown)
            await before.close()
            hands = real_hands(settings, Notes())
            await hands.open({known.id})
            await hands.provision(new)
            left = podman("ps", "-a", "--format", "{{.Names}}").split()
            await hands.release_all()
            await hands.close()
            there = {container_name(settings, known.id), container_name(settings, new.id)} <= set(left)
            return there, container_name(settings, unknown.id) in left

    assert asyncio.run(story()) == (True, False)


@podman_only
def test_a_sandbox_that_began_after_the_sweep_lives_on_when_a_start_has_failed() -> None:
    async def story() -> str:
        with own_settings() as settings:
            hands = real_hands(settings, Notes())
            await hands.open(set())
            running, failing, after = (new_session() for _ in range(3))
            await bash(hands, running, "echo kept > /tmp/kept")
            profile = next(settings.data.glob("seccomp-*.json"))
            rules = profile.read_text()
            profile.write_text("{")
            assert (await hands.provision(failing)).is_error
            profile.write_text(rules)
            await hands.provision(after)
            said = await bash(hands, running, "cat /tmp/kept")
            await hands.release_all()
            await hands.close()
            return said

    assert asyncio.run(story()) == "kept"


async def real_ready(settings: Settings) -> SandboxRecord:
    hands, session = real_hands(settings, Notes()), new_session()
    await hands.provision(session)
    record = record_of(settings, session)
    await hands.release_all()
    await hands.close()
    return record


@podman_only
def test_a_cancelled_start_leaves_no_container_behind() -> None:
    async def story() -> tuple[str, str]:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes()), new_session()
            await real_ready(settings)
            starting = asyncio.create_task(hands.provision(session))
            channel = settings.channels
            await until(lambda: bool(list(channel.glob("*/engine.sock"))))
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            name = container_name(settings, session.id)
            left = podman("ps", "-a", "--filter", f"name={name}", "--format", "{{.Names}}")
            said = await bash(hands, session, "echo works")
            await hands.release_all()
            await hands.close()
            return left, said

    assert asyncio.run(story()) == ("", "works")


@podman_only
def test_two_sessions_see_neither_the_files_nor_the_processes_of_each_other() -> None:
    async def story() -> tuple[str, str]:
        with own_settings() as settings:
            hands, one, other = real_hands(settings, Notes()), new_session(), new_session()
            await bash(hands, one, "echo mine > mine.txt; sleep 600 &")
            said = await bash(hands, other, "ls; pgrep -c sleep || true")
            own = await bash(hands, one, "ls; pgrep -c sleep || true")
            await hands.release_all()
            await hands.close()
            return said, own

    assert asyncio.run(story()) == ("0", "mine.txt\n1")


def test_without_podman_a_call_is_an_error_that_names_the_command_that_installs_it() -> None:
    async def story() -> Outcome:
        with own_settings() as settings:
            hands = real_hands(replace(settings, podman="/nowhere/podman"), Notes())
            outcome = await hands.execute(new_session(), Call(new_id("sevt"), "bash", {"command": "true"}))
            await hands.close()
            return outcome

    outcome = asyncio.run(story())
    assert outcome.is_error
    assert text_of(outcome.content) == (
        "Podman is not installed (/nowhere/podman); run `sudo apt-get install --no-install-recommends podman uidmap crun`."
    )


@podman_only
def test_a_project_that_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    async def story() -> str:
        with own_settings() as settings:
            hands = real_hands(settings, Notes())
            said = await bash(hands, new_session(tmp_path / "gone"), "true")
            await hands.close()
            return said

    said = f"The project folder {tmp_path}/gone is not there; put it back, or start a session with another one."
    assert asyncio.run(story()) == said
