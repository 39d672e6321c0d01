"""The sessions' states: each the fold of what was acknowledged."""

from __future__ import annotations

from collections.abc import AsyncIterator

from workbench.contracts.log import Concerns, every_state
from workbench.contracts.values import SessionState
from workbench.log.ledger import Ledger


class JournaledStates:
    """The states over a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def state(self, session_id: str) -> SessionState:
        return self._ledger.state(session_id)

    def states(self) -> list[SessionState]:
        return [self._ledger.state(session_id) for session_id in self._ledger.memtable.states]

    def changes(self, concerns: Concerns = every_state) -> AsyncIterator[SessionState]:
        return self._ledger.watch(concerns)
