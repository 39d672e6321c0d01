"""The backends by name, and which of them this installation allows: a new one is a package beside `podman`, and a line here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from workbench.contracts.hands import Check
from workbench.contracts.values import Json, Progress, Session
from workbench.hands.backend import Backend, Limits, Started, Variables
from workbench.hands.channel import Channel
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.backend import PodmanBackend
from workbench.hands.process.backend import NAME as PROCESS
from workbench.hands.process.backend import ProcessBackend
from workbench.hands.sandbox_record import SandboxRecord
from workbench.hands.ssh.backend import SshBackend
from workbench.hands.ssh.machines import WrongMachine, known
from workbench.hands.ssh.placement import NAME as SSH
from workbench.hands.ssh.placement import told
from workbench.settings import DEFAULT_BACKEND, SETTINGS_FILE_NAME, Settings, SettingsError


@dataclass(frozen=True)
class Registered:
    """How a backend is made, and whether it keeps what runs in a sandbox away from this machine."""

    make: Callable[[Settings, Progress, Limits], Backend]
    confines: bool


BACKENDS: Final[Mapping[str, Registered]] = {
    DEFAULT_BACKEND: Registered(PodmanBackend, confines=True),
    PROCESS: Registered(ProcessBackend, confines=False),
    SSH: Registered(SshBackend, confines=False),
}


def backends(settings: Settings, progress: Progress, limits: Limits | None = None) -> dict[str, Backend]:
    """Every backend by its name; those that the settings do not allow start no sandbox.

    Raises:
        SettingsError: the settings allow one that does not exist.
    """
    file = settings.config / SETTINGS_FILE_NAME
    if unknown := [name for name in settings.backends if name not in BACKENDS]:
        raise SettingsError(f"{file}: sandbox.backends: there is no {unknown[0]!r}, only {', '.join(BACKENDS)}")
    made = {name: one.make(settings, progress, limits or Limits()) for name, one in BACKENDS.items()}
    # Machines come and go while the engine runs: the backend asks for them at each start.
    fixed = [name for name in BACKENDS if name != SSH]
    refused = {name: words for name in fixed if (words := refusal(settings, name)) is not None}
    return {name: NotAllowed(one, refused[name]) if name in refused else one for name, one in made.items()}


def confines(name: str) -> bool:
    """Whether what runs in a sandbox of this backend reaches nothing of this machine but what it is given."""
    return name in BACKENDS and BACKENDS[name].confines


def refusal(settings: Settings, name: str) -> str | None:
    """Why no sandbox may be run by the backend of this name; None where it may."""
    if name not in BACKENDS:
        return f"there is no backend {name!r}, only {', '.join(BACKENDS)}; correct the environment"
    if name == SSH:
        return _no_machines(settings)
    if name in settings.backends:
        return None
    danger = (
        "" if BACKENDS[name].confines else ", which runs an agent's commands as you and with no container around them"
    )
    allowed = ", ".join(f'"{one}"' for one in (*settings.backends, name))
    return (
        f"this installation does not allow the backend {name!r}{danger}; remove it from the environment, or allow it to "
        f"everybody who may use the API: write backends = [{allowed}] under [sandbox] in "
        f"{settings.config / SETTINGS_FILE_NAME}, then `workbench down` and `workbench up`"
    )


def machines(settings: Settings) -> list[Json]:
    """The other machines that sandboxes may be on: `name`, `target`, `labels`, and how many `sandboxes` run there."""
    return told(settings)


def _no_machines(settings: Settings) -> str | None:
    """Whoever names a machine allows it: only this user can."""
    try:
        found = known(settings)
    except WrongMachine as wrong:
        return str(wrong)
    return None if found else "there is no machine to go to: `workbench machines add NAME user@host` names one"


class NotAllowed:
    """A backend that starts nothing and finds nothing again; what it started before it was forbidden it still stops."""

    def __init__(self, backend: Backend, words: str) -> None:
        self.limits = backend.limits
        self._backend = backend
        self._words = words

    def open(self, known: Collection[str] | None) -> None:
        self._backend.open(known)

    def checks(self) -> AsyncIterator[Check]:
        return self._backend.checks()

    async def start(self, session: Session, variables: Variables) -> Started:
        raise SandboxUnavailable(f"This session has no sandbox: {self._words}.")

    async def attach(self, record: SandboxRecord) -> Channel:
        await self._backend.stop(record.session_id)
        raise SandboxUnavailable(f"This session has no sandbox: {self._words}.")

    async def bring_back(self, session_id: str) -> None:
        await self._backend.bring_back(session_id)

    async def stop(self, session_id: str) -> None:
        await self._backend.stop(session_id)

    async def close(self) -> None:
        await self._backend.close()
