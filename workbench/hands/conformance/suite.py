"""The conformance suite: every behaviour tried on a real sandbox of a backend, for `workbench doctor` and the tests."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.contracts.hands import Check, Hands, Outlets
from workbench.contracts.values import Fact, Session
from workbench.events import new_id, now, primary_thread_id
from workbench.hands.conformance import background, bash, commands, confinement, files, life
from workbench.hands.conformance.harness import Behaviour, Bench, Unmet
from workbench.hands.files.workspace import erase
from workbench.hands.registry import BACKENDS, backends
from workbench.hands.sandboxes import Sandboxes
from workbench.hands.transfers import SandboxTransfers
from workbench.settings import Settings

EVERYWHERE: tuple[Behaviour, ...] = (
    *bash.BEHAVIOURS,
    *background.BEHAVIOURS,
    *commands.BEHAVIOURS,
    *files.BEHAVIOURS,
    *life.BEHAVIOURS,
)
CURE = "this machine's kernel, Podman or its settings differ from what the workbench was made for: keep untrusted work off it and report the line above"


def behaviours(backend: str) -> tuple[Behaviour, ...]:
    """What a sandbox of this backend promises: what every sandbox does, and of one that confines its confinement."""
    return (*confinement.BEHAVIOURS, *EVERYWHERE) if BACKENDS[backend].confines else EVERYWHERE


async def checks(settings: Settings, outlets: Outlets) -> AsyncGenerator[Check, None]:
    """Of each backend that is allowed: the machine, then every behaviour; a machine without Podman ends it early."""
    for name in settings.backends:
        healthy = True
        async for check in machine_checks(settings, name):
            healthy = healthy and (check.ok or not check.serious or "hybrid" in check.name)
            yield check
        if healthy:
            async for check in behaviour_checks(settings, outlets, session_by(name), behaviours(name)):
                yield check


async def machine_checks(settings: Settings, backend: str) -> AsyncGenerator[Check, None]:
    """Whether this machine can run sandboxes of a backend; starts none."""
    made = backends(settings, lambda _: None)
    async for check in made[backend].checks():
        yield check
    for one in made.values():
        await one.close()


def session_by(backend: str) -> Session:
    """A session without a project, in an environment of this backend that lets everything out."""
    session_id = new_id("sesn")
    environment = {"type": "cloud", "networking": {"type": "unrestricted"}}
    return Session(session_id, primary_thread_id(session_id), {}, environment, None, now(), backend=backend)


async def behaviour_checks(
    settings: Settings, outlets: Outlets, session: Session, tried: Sequence[Behaviour]
) -> AsyncGenerator[Check, None]:
    """Each behaviour in a fresh shell of this session, which gets a project for it and whose files are removed at the end."""
    with tempfile.TemporaryDirectory(prefix="workbench-doctor-") as name:
        project = Path(name) / "project"
        project.mkdir()
        (project / "original.txt").write_text("from the project\n")
        trial = _Trial(settings, outlets, replace(session, project=str(project)))
        try:
            ready = await trial.hands.provision(trial.session)
            yield Check("A sandbox starts", not ready.is_error, str(ready.content[0]["text"]), "see what it says")
            if ready.is_error:
                return
            for behaviour in tried:
                yield await trial.check(behaviour, project)
        finally:
            await trial.end()


class _Trial:
    """One session on hands that can be restarted."""

    def __init__(self, settings: Settings, outlets: Outlets, session: Session) -> None:
        self._settings = settings
        self._outlets = outlets
        self.session = session
        self.hands = self._new_hands()

    def _new_hands(self) -> Sandboxes:
        made = backends(self._settings, lambda _: None)
        return Sandboxes(self._settings, _drop, made, clock=now, progress=lambda _: None, outlets=self._outlets)

    async def _restarted(self) -> Hands:
        await self.hands.close()
        self.hands = self._new_hands()
        await self.hands.open()
        return self.hands

    async def check(self, behaviour: Behaviour, project: Path) -> Check:
        sentence = (behaviour.__doc__ or behaviour.__name__).strip()
        bench = Bench(self.hands, self.session, project, SandboxTransfers(self.hands.converse), self._restarted)
        try:
            await bench.call("bash", restart=True)
            await behaviour(bench)
        except Unmet as unmet:
            return Check(sentence, False, str(unmet), CURE)
        except TimeoutError:
            return Check(sentence, False, "it did not end in time", CURE)
        return Check(sentence, True, "as promised")

    async def end(self) -> None:
        await self.hands.release(self.session.id)
        await self.hands.close()
        erase(self._settings, self.session.id)


async def _drop(_: Fact) -> None:
    """Facts of a trial belong to no log."""
