"""An environment's packages are there before the first command, installed once for all sessions that name them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.hands.places import Notes, new_session, own_settings, podman, podman_only, real_hands
from workbench.contracts.values import Call, Outcome, Session
from workbench.events import new_id, text_of
from workbench.hands.podman.images import base_recipe
from workbench.hands.podman.layers import layer_reference
from workbench.hands.podman.tools_layer import tools_reference


def session_with(**packages: list[str]) -> Session:
    session = new_session()
    return replace(session, environment={**session.environment, "packages": packages})


@podman_only
def test_two_sessions_at_once_share_one_installation_of_the_packages_of_their_environment() -> None:
    async def story() -> tuple[list[str], int]:
        with own_settings() as settings:
            notes = Notes()
            reference = layer_reference(tools_reference(base_recipe().reference), {"apt": ["hello"]})
            podman("rmi", reference)
            hands = real_hands(settings, notes)
            sessions = [session_with(apt=["hello"]) for _ in range(2)]
            command = "hello --version | head -1 | cut -d' ' -f1; echo /run/install* /tmp/install*"
            call = Call(new_id("sevt"), "bash", {"command": command})
            outcomes = await asyncio.gather(*(hands.execute(session, call) for session in sessions))
            await hands.release_all()
            await hands.close()
            installs = [sentence for sentence in notes.sentences if sentence.startswith("Installing the environment's")]
            assert "The environment's packages are being installed: apt …" in notes.sentences
            return [text_of(outcome.content) for outcome in outcomes], len(installs)

    # The script, its lists and the certificates are mounted for the time of the build.
    said = "hello\n/run/install* /tmp/install*"
    assert asyncio.run(story()) == ([said, said], 1)


@podman_only
def test_a_package_that_does_not_exist_is_an_error_that_names_it() -> None:
    async def story(session: Session) -> Outcome:
        with own_settings() as settings:
            hands = real_hands(settings, Notes())
            outcome = await hands.provision(session)
            await hands.close()
            return outcome

    outcome = asyncio.run(story(session_with(apt=["no-such-package-anywhere"])))
    assert outcome.is_error
    assert text_of(outcome.content).startswith("The environment's apt packages cannot be installed: ")
    assert "no-such-package-anywhere" in text_of(outcome.content)
    assert "'--option' is no pip package" in text_of(asyncio.run(story(session_with(pip=["--option"]))).content)
