"""The tools of the default image: real builds and real sandboxes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sandboxes.runner.known_commands import OF_TOOLS
from tests.hands.places import Notes, new_session, own_settings, podman, podman_only, real_hands, until
from workbench.contracts.values import Call
from workbench.events import new_id, text_of
from workbench.hands.podman import session_images, tools_layer
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import base_recipe, ensure_image
from workbench.hands.podman.present import present_image
from workbench.hands.podman.tools_layer import ensure_tools, tools_reference
from workbench.hands.sandboxes import Sandboxes
from workbench.settings import Settings

WAIT_S = 300.0

pytestmark = podman_only


async def _bash(hands: Sandboxes, command: str) -> str:
    session = new_session()
    outcome = await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))
    await hands.release(session.id)
    return text_of(outcome.content)


def _played(story: Callable[[Sandboxes, Notes, Settings], Awaitable[None]]) -> None:
    """A story on hands of their own, whose sandboxes are gone afterwards."""

    async def whole() -> None:
        with own_settings() as settings:
            notes = Notes()
            hands = real_hands(settings, notes)
            try:
                await story(hands, notes, settings)
            finally:
                await hands.release_all()
                await hands.close()

    asyncio.run(asyncio.wait_for(whole(), WAIT_S))


def test_images_are_seen_without_a_service_and_no_longer_when_one_is_gone() -> None:
    async def story() -> None:
        with own_settings() as settings:
            async with temporary_podman(settings) as builder:
                base = await ensure_image(builder, lambda _: None)
                tools = await ensure_tools(builder, base, lambda _: None)
                assert present_image(settings, with_tools=False) == base
                assert present_image(settings, with_tools=True) == tools
                podman("tag", tools, "localhost/kept:1")
                podman("untag", tools, tools)
                try:
                    assert present_image(settings, with_tools=True) is None
                    assert present_image(settings, with_tools=False) == base
                finally:
                    podman("tag", "localhost/kept:1", tools)
                    podman("untag", "localhost/kept:1", "localhost/kept:1")

    asyncio.run(asyncio.wait_for(story(), WAIT_S))


def test_the_default_image_has_what_projects_call_and_what_is_installed_inside_is_found() -> None:
    async def story() -> None:
        with own_settings() as settings:
            async with temporary_podman(settings) as builder:
                await ensure_tools(builder, await ensure_image(builder, lambda _: None), lambda _: None)
            hands = real_hands(settings, Notes())
            try:
                names = " ".join(sorted(OF_TOOLS))
                assert await _bash(
                    hands, f"for name in {names}; do command -v $name > /dev/null || echo no $name; done"
                ) in (
                    "",
                    "(no output)",
                )
                version = await _bash(hands, "node --version")
                assert int(version.removeprefix("v").partition(".")[0]) >= 22
                # No way out: from a folder, as a package index would bring it.
                made = 'mkdir t; cd t; echo \'{"name": "said", "version": "1.0.0", "bin": "said.js"}\' > package.json'
                made += "; printf '#!/usr/bin/env node\\nconsole.log(6 * 7)\\n' > said.js; chmod +x said.js"
                assert (await _bash(hands, f"{made}; npm install --silent --offline -g . && said")).endswith("42")
                program = "int main(void) { return 7; }"
                assert "7" in await _bash(hands, f"echo '{program}' > a.c && make -s a && ./a; echo $?")
            finally:
                await hands.release_all()
                await hands.close()

    asyncio.run(asyncio.wait_for(story(), WAIT_S))


def test_a_first_call_does_not_wait_for_the_tools_and_a_later_sandbox_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, packages = tmp_path / "tools.sh", tmp_path / "tools.txt"
    script.write_text("echo workbench: one; touch /usr/bin/frob; chmod +x /usr/bin/frob\n")
    packages.write_text("")
    monkeypatch.setattr(tools_layer, "SCRIPT", script)
    monkeypatch.setattr(tools_layer, "PACKAGES", packages)
    monkeypatch.setattr(session_images, "TOOLS_AFTER_S", 0.0)

    async def story(hands: Sandboxes, notes: Notes, settings: Settings) -> None:
        assert "no frob" in await _bash(hands, "command -v frob || echo no frob")
        await until(lambda: any("New sandboxes have" in said for said in notes.sentences))
        assert "/usr/bin/frob" in await _bash(hands, "command -v frob || echo no frob")
        small = real_hands(replace(settings, tools=False), Notes())
        assert "no frob" in await _bash(small, "command -v frob || echo no frob")
        await small.release_all()
        await small.close()

    _played(story)
    podman("rmi", "--force", tools_reference(base_recipe().reference))


def test_tools_that_cannot_be_added_leave_the_small_image_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "tools.sh"
    script.write_text("echo workbench: apt; echo no archive answers >&2; exit 7\n")
    monkeypatch.setattr(tools_layer, "SCRIPT", script)
    monkeypatch.setattr(session_images, "TOOLS_AFTER_S", 0.0)

    async def story(hands: Sandboxes, notes: Notes, settings: Settings) -> None:
        assert "works" in await _bash(hands, "echo works")
        await until(lambda: any("no archive answers" in said for said in notes.sentences))
        assert "works" in await _bash(hands, "echo works")
        assert sum("no archive answers" in said for said in notes.sentences) == 1

    _played(story)
