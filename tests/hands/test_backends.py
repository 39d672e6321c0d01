"""Backends: what may be chosen by whom, and what the one without a container keeps and refuses."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.chosen import session_by_metadata
from tests.hands.places import Notes, new_project, own_settings, real_hands, until
from workbench.catalog.errors import Refused
from workbench.contracts.files import FilesRefused
from workbench.contracts.values import Call, Session
from workbench.events import new_id, text_of
from workbench.hands import sandbox_record
from workbench.hands.backend import Limits
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.registry import backends
from workbench.hands.sandbox_record import start_ticks
from workbench.hands.sandboxes import Sandboxes
from workbench.settings import Settings, SettingsError, load

BY_PROCESS = {"workbench.backend": "process"}


async def bash(hands: Sandboxes, session: Session, command: str) -> str:
    async with asyncio.timeout(60):
        return text_of((await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))).content)


def told(story: Callable[[Settings, Sandboxes, Session], Awaitable[str]], project: Path | None = None) -> str:
    """What a story gives of hands that may run processes, and of a session whose environment chose them."""

    async def whole() -> str:
        with own_settings() as usual:
            settings = replace(usual, backends=("podman", "process"))
            session = await session_by_metadata(settings, BY_PROCESS)
            hands = real_hands(settings, Notes())
            try:
                return await story(settings, hands, replace(session, project=str(project) if project else None))
            finally:
                await hands.release_all()
                await hands.close()

    return asyncio.run(whole())


# ── who may choose ───────────────────────────────────────────────────────────────────────────────────────────────────


def refused(settings: Settings, name: str) -> str:
    with pytest.raises(Refused) as error:
        asyncio.run(session_by_metadata(settings, {"workbench.backend": name}))
    return str(error.value)


def test_no_client_of_the_api_gets_out_of_the_container_by_metadata_alone(tmp_path: Path) -> None:
    settings = load({"WORKBENCH_HOME": str(tmp_path), "HOME": str(tmp_path)})
    assert refused(settings, "process") == (
        "the environment's metadata.workbench.backend: this installation does not allow the backend 'process', which runs an "
        "agent's commands as you and with no container around them; remove it from the environment, or allow it to everybody "
        'who may use the API: write backends = ["podman", "process"] under [sandbox] in '
        f"{tmp_path}/config/settings.toml, then `workbench down` and `workbench up`"
    )
    assert asyncio.run(session_by_metadata(settings, {})).backend == "podman"


def test_a_backend_that_does_not_exist_is_refused_by_its_name(tmp_path: Path) -> None:
    settings = load({"WORKBENCH_HOME": str(tmp_path), "HOME": str(tmp_path)})
    assert refused(settings, "docker") == (
        "the environment's metadata.workbench.backend: there is no backend 'docker', only podman, process, ssh; correct the environment"
    )


def test_the_owner_allows_backends_in_the_settings_and_is_told_of_one_that_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "settings.toml"
    places = {"WORKBENCH_HOME": str(tmp_path), "HOME": str(tmp_path)}
    file.write_text('[sandbox]\nbackends = ["podman", "process"]\n')
    assert asyncio.run(session_by_metadata(load(places), BY_PROCESS)).backend == "process"
    file.write_text('[sandbox]\nbackends = ["docker"]\n')
    with pytest.raises(SettingsError, match=r"sandbox\.backends: there is no 'docker', only podman, process"):
        backends(load(places), lambda _: None)
    file.write_text('[sandbox]\nbackends = "process"\n')
    with pytest.raises(SettingsError, match=r'must be a list of names, as in backends = \["podman"\]'):
        load(places)


def test_a_session_that_began_while_it_was_allowed_gets_no_sandbox_when_it_is_allowed_no_more() -> None:
    async def story(settings: Settings, before: Sandboxes, session: Session) -> str:
        pid = int(await bash(before, session, "echo $PPID"))
        await before.close()
        hands = real_hands(replace(settings, backends=("podman",)), Notes())
        await hands.open({session.id})
        said = await bash(hands, session, "echo ran")
        await hands.close()
        return f"{said[:60]} {start_ticks(pid)}"

    assert told(story) == "This session has no sandbox: this installation does not allo 0"


# ── the backend without a container ──────────────────────────────────────────────────────────────────────────────────


def test_an_environment_that_promises_what_only_a_container_keeps_is_refused() -> None:
    async def story(settings: Settings, hands: Sandboxes, session: Session) -> str:
        limited = {"networking": {"type": "limited", "allowed_hosts": []}, "packages": {"pip": ["requests"]}}
        return await bash(hands, replace(session, environment=limited, image="localhost/mine:1"), "true")

    assert told(story) == (
        "The backend 'process' runs no container, so it cannot keep the environment's network rules and its packages apart "
        "from yours and its image; change the environment or the session, or take workbench.backend out of the environment's "
        "metadata."
    )


def test_its_commands_have_no_variable_of_the_engine_and_a_home_that_is_not_the_users() -> None:
    async def story(settings: Settings, hands: Sandboxes, session: Session) -> str:
        os.environ["ANTHROPIC_API_KEY"] = "sk-of-the-engine"
        try:
            said = await bash(hands, session, 'env; echo "at $HOME"')
        finally:
            del os.environ["ANTHROPIC_API_KEY"]
        folder = settings.sandboxes / session.id
        return f"{'sk-of-the-engine' in said} {f'at {folder}/scratch/home' in said}"

    assert told(story) == "False True"


def test_it_works_on_a_copy_whose_changes_are_for_its_owner_to_compare(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    os.mkfifo(project / "pipe")
    (project / "link").symlink_to("original.txt")

    async def story(settings: Settings, hands: Sandboxes, session: Session) -> str:
        said = await bash(hands, session, "echo more >> original.txt; ls; readlink link")
        await hands.release(session.id)
        with pytest.raises(FilesRefused) as error:
            await SessionFiles(settings).changes(session)
        copy = settings.sandboxes / session.id / "workspace" / "project"
        assert str(error.value).endswith(f"compare them yourself: diff -ru {project} {copy}")
        return f"{said} {await bash(hands, session, 'cat original.txt')}"

    assert told(story, project) == "link\noriginal.txt\noriginal.txt from the project\nmore"
    assert (project / "original.txt").read_text() == "from the project\n"


def test_its_files_are_kept_by_checkpoints_and_put_back(tmp_path: Path) -> None:
    project = new_project(tmp_path)

    async def story(settings: Settings, hands: Sandboxes, session: Session) -> str:
        files = SessionFiles(settings)
        await bash(hands, session, "echo first > made.txt")
        await files.checkpoint(session, 1)
        await bash(hands, session, "echo second > made.txt")
        await hands.release(session.id)
        await files.restore(session, 1, session)
        return await bash(hands, session, "cat made.txt original.txt")

    assert told(story, project) == "first\nfrom the project"


def test_a_process_whose_session_the_log_does_not_know_is_ended_at_the_next_start() -> None:
    async def story(settings: Settings, before: Sandboxes, session: Session) -> str:
        pid = int(await bash(before, session, "echo $PPID"))
        await before.close()
        hands = real_hands(settings, Notes())
        await hands.open(set())
        await until(lambda: start_ticks(pid) == 0)
        await hands.close()
        return str(sandbox_record.load(settings.sandboxes / session.id))

    assert told(story) == "None"


def test_what_it_started_ends_with_a_runner_that_no_engine_returns_to() -> None:
    async def whole() -> int:
        with own_settings() as usual:
            settings = replace(usual, backends=("process",))
            session = await session_by_metadata(settings, BY_PROCESS)
            hands = real_hands(settings, Notes(), Limits(patience_s=0.2))
            pid = int(await bash(hands, session, "(setsid sleep 600 & echo $!)"))
            await hands.close()
            await until(lambda: start_ticks(pid) == 0)
            return start_ticks(pid)

    assert asyncio.run(whole()) == 0


def test_a_runner_that_dies_is_followed_by_a_fresh_one_on_the_same_files() -> None:
    async def story(settings: Settings, hands: Sandboxes, session: Session) -> str:
        pid = int(await bash(hands, session, "echo kept > kept.txt; echo $PPID"))
        os.kill(pid, signal.SIGKILL)
        await until(lambda: start_ticks(pid) == 0)
        await until(lambda: sandbox_record.load(settings.sandboxes / session.id) is None)
        return await bash(hands, session, "cat kept.txt")

    assert told(story) == "kept"
