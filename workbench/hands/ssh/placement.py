"""Which machine a session goes to: the one that is named, or the least busy of those with the labels; and it stays there."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workbench.contracts.values import Json, Session
from workbench.hands import sandbox_record
from workbench.hands.ssh.machines import Machine, WrongMachine, known, named
from workbench.settings import Settings

NAME: Final = "ssh"
BY_LABELS: Final = "@"
"""Begins a wish for labels in the place of a machine's name, as in `@gpu,big`; alone it is any machine."""
_FILE: Final = "machine"


class Placement:
    """Chooses for one engine; sandboxes that are on their way to a machine count as there."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._on_the_way: dict[str, str] = {}

    @contextlib.contextmanager
    def choosing(self, session: Session) -> Iterator[list[Machine]]:
        """The machines to try, the best first. Where the session's files are already is the only one.

        Raises:
            WrongMachine: none of them can be it.
        """
        try:
            yield self._candidates(session)
        finally:
            self._on_the_way.pop(session.id, None)

    def goes(self, session_id: str, machine: Machine) -> None:
        """It is tried there now."""
        self._on_the_way[session_id] = machine.name

    def keep(self, session_id: str, machine: Machine, project: str) -> None:
        """Its files are there from now on, those of its project in a folder of this name."""
        self._file(session_id).write_text(json.dumps([machine.name, project]))

    def kept(self, session_id: str) -> tuple[str, str] | None:
        """The machine where its files are and the folder's name; None where it had no sandbox."""
        with contextlib.suppress(FileNotFoundError):
            machine, project = json.loads(self._file(session_id).read_text())
            return str(machine), str(project)
        return None

    def _candidates(self, session: Session) -> list[Machine]:
        if not session.machine.startswith(BY_LABELS):
            return [named(self._settings, session.machine)]
        machines = known(self._settings)
        if (kept := self.kept(session.id)) is not None:
            if kept[0] not in machines:
                raise WrongMachine(f"its files are on {kept[0]!r}, which is none of your machines any more")
            return [machines[kept[0]]]
        wanted = {label for label in session.machine.removeprefix(BY_LABELS).split(",") if label}
        fitting = [one for one in machines.values() if wanted <= set(one.labels)]
        if not fitting:
            labels = sorted({label for one in machines.values() for label in one.labels})
            raise WrongMachine(
                f"no machine has the label {' and '.join(sorted(wanted))}; there are: {', '.join(labels) or 'none'}"
            )
        busy = busy_at(self._settings)
        busy.update(self._on_the_way.values())
        return sorted(fitting, key=lambda one: (one.is_away, busy[one.name], one.name))

    def _file(self, session_id: str) -> Path:
        return self._settings.sandboxes / session_id / _FILE


def busy_at(settings: Settings) -> Counter[str]:
    """How many sandboxes run at each machine, by its name."""
    running = (one for one in sandbox_record.all_in(settings.sandboxes) if one.backend == NAME and one.is_alive())
    return Counter(one.container_id.split(":")[1] for one in running)


def told(settings: Settings) -> list[Json]:
    """Each machine with its labels and how many sandboxes run there; none where the file cannot be read, which doctor says."""
    busy = busy_at(settings)
    with contextlib.suppress(WrongMachine):
        return [
            {"name": one.name, "target": one.shown_target, "labels": list(one.labels), "sandboxes": busy[one.name]}
            for one in known(settings).values()
        ]
    return []
