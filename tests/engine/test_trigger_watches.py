"""Watches of triggers on real folders and repositories: settled batches, nothing of our own, and no git."""

from __future__ import annotations

import asyncio
import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.api.stage import Stage, play
from tests.api.test_triggers import ended, made, until
from workbench.catalog.tighter_policy import tightened
from workbench.contracts import facts
from workbench.contracts.values import Json
from workbench.engine.automation.triggers.file_watch import is_network
from workbench.engine.own_writes import OwnWrites
from workbench.hands.git.branch_heads import NoBranch, branch_head

SETTLED_S = 0.4


async def watched(stage: Stage, source: Json, **fields: object) -> Json:
    """A trigger whose watch has begun."""
    stage.engine.triggers.watchers.settled_s = SETTLED_S
    trigger = await made(stage, source, **fields)

    async def is_ready() -> bool:
        found = await stage.raw.get(f"/workbench/v1/triggers/{trigger['id']}")
        return bool(found.json()["is_ready"])

    await until(is_ready)
    return trigger


async def told(stage: Stage, session_id: str) -> str:
    entries = await stage.listed(session_id)
    message = next(one for one in entries if one.type == "user.message")
    return str(message.content[-1].source.data)


def test_a_settled_batch_of_changes_starts_one_session_and_what_we_wrote_none(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    for folder in ("src", ".git", "node_modules", "build"):
        (shop / folder).mkdir(parents=True)

    async def story(stage: Stage) -> None:
        trigger = await watched(stage, {"type": "files", "folder": str(shop), "only": ["*.py"]})
        for name in ("src/a.py", ".git/b.py", "node_modules/c.py", "build/d.py", "e.txt"):
            (shop / name).write_text("1")
        (shop / "src/f.py").write_text("2")
        [first] = await ended(stage, trigger)
        assert first["title"] == "2 changed files"
        assert "path: src/a.py\npath: src/f.py" in await told(stage, first["session_id"])
        writes = stage.engine.workspaces.writes
        with writes.writing(str(shop)):
            (shop / "src/a.py").write_text("ours")
            (shop / "src/f.py").unlink()
            writes.wrote(str(shop), ["src/a.py", "src/f.py"])
        with writes.writing(str(shop), of_git=True):
            (shop / "src/g.py").write_text("brought")
        now = time.time_ns()
        (shop / "src/h.py").write_text("theirs")
        while (shop / "src/h.py").stat().st_ctime_ns <= now:
            # A file system's moments lag behind by a tick.
            (shop / "src/h.py").write_text("theirs")
        newest = (await ended(stage, trigger, 2))[0]
        assert newest["title"] == "1 changed file"
        assert "path: src/h.py" in await told(stage, newest["session_id"])
        # What a person changes behind our write is theirs again.
        (shop / "src/a.py").write_text("theirs too")
        newest = (await ended(stage, trigger, 3))[0]
        assert "path: src/a.py" in await told(stage, newest["session_id"])
        for file in sorted(shop.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        shop.rmdir()

        async def is_paused() -> str:
            found = (await stage.raw.get(f"/workbench/v1/triggers/{trigger['id']}")).json()
            return str((found["paused_reason"] or {}).get("message", ""))

        assert "no folder any more" in await until(is_paused)

    play(story)


def git(root: Path, *words: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", "-C", str(root), *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_new_commits_on_a_branch_start_a_session_packed_or_not_and_those_we_brought_none(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    hook = root / ".git/hooks/post-commit"
    hook.write_text("#!/bin/sh\n")

    async def story(stage: Stage) -> None:
        trigger = await watched(stage, {"type": "git", "repository": str(root), "branch": "main"})
        before = git(root, "rev-parse", "HEAD")
        git(root, "commit", "-q", "--allow-empty", "-m", "two")
        git(root, "pack-refs", "--all")
        [first] = await ended(stage, trigger)
        text = await told(stage, first["session_id"])
        assert f"head: {git(root, 'rev-parse', 'HEAD')}\nbefore: {before}" in text
        with stage.engine.workspaces.writes.writing(str(root), of_git=True):
            git(root, "commit", "-q", "--allow-empty", "-m", "ours")
            ours = git(root, "rev-parse", "HEAD")
            body = {"how": "forward", "branch": "main", "head": ours, "commits": [ours], "below": []}
            brought = facts.COMMITS_BROUGHT.made(first["session_id"], stage.engine.clock(), body)
            await stage.engine.log.facts.record(brought)

        async def is_seen() -> bool:
            known = await stage.engine.log.documents.get("trigger_head", trigger["id"])
            return known is not None and known.body["head"] == ours

        await until(is_seen)
        # While no engine looks, another one comes: told at the next look, once.
        git(root, "commit", "-q", "--allow-empty", "-m", "four")
        looks = [stage.engine.triggers.watchers.look_at_branch(trigger) for _ in range(2)]
        await asyncio.gather(*looks)
        newest, *_ = await ended(stage, trigger, 2)
        assert f"before: {ours}" in await told(stage, newest["session_id"])
        assert len(await ended(stage, trigger, 2)) == 2

    play(story)


@pytest.mark.parametrize("branch", ["../main", "a b", "-x\x00", "", "/etc/passwd", "x..y", "x/"])
def test_what_is_no_branch_is_no_path_either(tmp_path: Path, branch: str) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(NoBranch, match="no name of a branch"):
        branch_head(tmp_path, branch)


def test_a_head_is_read_as_a_file_and_never_through_a_link(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    with pytest.raises(NoBranch, match="not the root"):
        branch_head(root, "main")
    git(root, "init", "-q", "-b", "main")
    assert branch_head(root, "main") is None
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    head = git(root, "rev-parse", "HEAD")
    assert branch_head(root, "main") == head
    git(root, "worktree", "add", "-q", "-b", "side/way", str(tmp_path / "tree"))
    assert branch_head(tmp_path / "tree", "side/way") == head
    secret = tmp_path / "secret"
    secret.write_text("0" * 40)
    (root / ".git/refs/heads/linked").symlink_to(secret)
    assert branch_head(root, "linked") is None


def test_network_file_systems_are_known_by_their_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:50 / /mnt/my\\040share rw,relatime shared:1 - nfs4 host:/x rw\n"
        "3 2 8:2 / /mnt/my\\040share/local rw - xfs /dev/sdb rw\n4 1 0:51 / /far rw - fuse.sshfs host: rw\n"
    )
    found = [is_network(Path(path), mounts) for path in ("/home/a", "/mnt/my share/a", "/mnt/my share/local/a", "/far")]
    assert found == [False, True, False, True]


def test_a_batch_waits_for_a_write_of_ours_that_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        writes, order = OwnWrites(), list[str]()

        async def waits() -> None:
            await writes.at_rest(tmp_path / "below")
            order.append("told")

        with writes.writing(str(tmp_path)):
            waiting = asyncio.create_task(waits())
            await writes.at_rest(Path("/elsewhere"))
            order.append("written")
        await asyncio.wait_for(waiting, 10)
        assert order == ["written", "told"]
        file = tmp_path / "a"
        file.write_text("x")
        assert not writes.is_own(str(file))
        writes.wrote(str(tmp_path), ["a"])
        assert writes.is_own(str(file))
        os.utime(file, ns=(1, 1))
        assert not writes.is_own(str(file))

    asyncio.run(story())


def test_a_session_of_others_data_asks_before_anything_leaves_it() -> None:
    toolset = {
        "type": "agent_toolset_20260401",
        "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
        "configs": [{"name": "web_fetch", "type": "web_fetch", "enabled": False, "allowed_domains": ["x.example"]}],
    }
    servers = {
        "type": "mcp_toolset",
        "mcp_server_name": "shop",
        "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
        "configs": [{"name": "buy", "enabled": True, "permission_policy": {"type": "always_allow"}}],
    }
    agent = {"tools": [toolset, servers, {"type": "custom", "name": "own"}], "multiagent": None}
    record: Json = {
        "agent": agent | {"multiagent": {"type": "coordinator", "agents": [{"id": "agent_b", "tools": [servers]}]}},
        "resources": [{"type": "memory_store", "access": "read_write"}, {"type": "file"}],
        "metadata": {"workbench.permission_mode": "allow", "team": "shop"},
        "workbench": {"environment": {"type": "cloud", "networking": {"type": "unrestricted"}}, "project": "/shop"},
    }
    tight = tightened(record)
    ask = {"type": "always_ask"}
    built_in, mcp, custom = tight["agent"]["tools"]
    assert {one["name"]: (one["permission_policy"], one["enabled"]) for one in built_in["configs"]} == {
        "web_fetch": (ask, False),
        "web_search": (ask, True),
    }
    assert built_in["default_config"] == toolset["default_config"]
    assert (mcp["default_config"]["permission_policy"], mcp["configs"][0]["permission_policy"]) == (ask, ask)
    assert custom == {"type": "custom", "name": "own"}
    assert tight["agent"]["multiagent"]["agents"][0]["tools"][0]["default_config"]["permission_policy"] == ask
    assert [one.get("access") for one in tight["resources"]] == ["read_only", None]
    assert tight["metadata"] == {"team": "shop"}
    assert tight["workbench"]["environment"]["networking"]["type"] == "limited"
    assert tight["workbench"]["project"] == "/shop"
    assert record["metadata"]["workbench.permission_mode"] == "allow"
