"""Folders that an environment makes writable: what they begin with, what stays of them, and which there may be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.chosen import session_by_metadata
from tests.hands.places import Notes, own_settings, podman_only, real_hands
from tests.hands.test_own_images import bash
from workbench.catalog.errors import Refused
from workbench.catalog.own_folders import named_folders
from workbench.contracts.values import Call
from workbench.events import new_id, text_of
from workbench.hands.files.checkpoint_writer import keep
from workbench.hands.files.restoring import restore
from workbench.hands.files.workspace import workspace_of

IMAGE = """\
FROM localhost/workbench-base
RUN mkdir -p /app/deep /srv/shop && echo given > /app/deep/a.txt && ln -s deep/a.txt /app/link && ln -s /etc/passwd /app/away \\
 && printf '#!/bin/sh\\necho ran' > /app/run && chmod 755 /app/run && mkfifo /app/pipe && echo kept > /srv/shop/b.txt
"""
METADATA = {"workbench.folders": "/app, /logs/agent,/srv/shop"}


@podman_only
def test_a_folder_begins_with_what_the_image_has_and_stays_with_the_session(tmp_path: Path) -> None:
    file = tmp_path / "Containerfile"
    file.write_text(IMAGE)

    async def story() -> None:
        with own_settings() as settings:
            session = await session_by_metadata(settings, METADATA | {"workbench.containerfile": str(file)})
            hands = real_hands(settings, Notes())
            workspace = workspace_of(settings, session)
            try:
                said = await bash(
                    hands, session, "cat /app/link; head -c 4 /app/away; echo; /app/run; ls /app /logs/agent"
                )
                assert said == "given\nroot\nran\n/app:\naway\ndeep\nlink\nrun\n\n/logs/agent:"
                written = Call(new_id("sevt"), "write", {"file_path": "/app/new.txt", "content": "new\n"})
                assert not (await hands.execute(session, written)).is_error
                assert "Read-only file system" in await bash(hands, session, "touch /srv/x /logs/x; rm -r /app/deep")
                keep(workspace, 1)
                await bash(hands, session, "echo later >> /app/new.txt; echo log > /logs/agent/log; ls /app")
                await hands.release(session.id)
                assert await bash(hands, session, "ls /app; cat /app/new.txt /logs/agent/log /srv/shop/b.txt") == (
                    "away\nlink\nnew.txt\nrun\nnew\nlater\nlog\nkept"
                )
                await hands.release(session.id)
                restore(workspace, 1, workspace)
                assert await bash(hands, session, "cat /app/new.txt; ls /app /logs/agent") == (
                    "new\n/app:\naway\nlink\nnew.txt\nrun\n\n/logs/agent:"
                )
            finally:
                await hands.release(session.id)
                await hands.close()

    asyncio.run(story())


def test_what_runs_in_no_container_has_no_such_folders_and_says_so() -> None:
    async def story() -> str:
        with own_settings() as usual:
            settings = replace(usual, backends=("process",))
            session = await session_by_metadata(settings, {"workbench.backend": "process", "workbench.folders": "/app"})
            hands = real_hands(settings, Notes())
            outcome = await hands.provision(session)
            await hands.close()
            assert outcome.is_error
            return text_of(outcome.content)

    assert "cannot keep its writable folders (/app)" in asyncio.run(story())


@pytest.mark.parametrize(
    "named",
    [
        "app",
        "/",
        "/app/",
        "/app/../etc",
        "/usr/local/x",
        "/workspace/x",
        "/mnt",
        "/tmp",
        "/var",
        "/opt/runner",
        "/a b",
        "/app,/app/x",
    ],
)
def test_a_folder_that_cannot_be_one_is_refused_with_its_name(named: str) -> None:
    with pytest.raises(Refused, match=r"workbench\.folders"):
        named_folders({"workbench.folders": named})


def test_folders_are_named_once_each_and_not_too_many() -> None:
    assert named_folders({}) == named_folders({"workbench.folders": " , "}) == []
    assert named_folders({"workbench.folders": "/app, /app,/opt/x , /var/log/x"}) == ["/app", "/opt/x", "/var/log/x"]
    with pytest.raises(Refused, match="at most 16"):
        named_folders({"workbench.folders": ",".join(f"/a{number}" for number in range(17))})
