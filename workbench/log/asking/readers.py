"""The gate through which other threads read the database, so that it can be closed under them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from workbench.contracts.log import LogUnusable
from workbench.log.store.database import Connection

STOP_S = 10.0


class Readers:
    """The cursors that are out at this moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._out: set[Connection] = set()
        self._changed = Condition()
        self._is_stopped = False

    @contextmanager
    def cursor(self) -> Iterator[Connection]:
        """A cursor of one's own, closed at the end.

        Raises:
            LogUnusable: the database is being closed or rebuilt.
        """
        with self._changed:
            if self._is_stopped:
                raise LogUnusable("The database is being closed or rebuilt; ask again in a moment.")
            cursor = self._connection.cursor()
            self._out.add(cursor)
        try:
            yield cursor
        finally:
            cursor.close()
            with self._changed:
                self._out.discard(cursor)
                self._changed.notify_all()

    def stop(self) -> None:
        """Refuse new readers, interrupt those inside, and wait until they have left.

        Raises:
            LogUnusable: somebody did not leave in time.
        """
        with self._changed:
            self._is_stopped = True
            for cursor in self._out:
                cursor.interrupt()
            if not self._changed.wait_for(lambda: not self._out, STOP_S):
                raise LogUnusable(
                    "A query does not end, so that the database cannot be closed; start the engine again."
                )
