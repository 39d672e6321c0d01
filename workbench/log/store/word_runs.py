"""The word index put in order: what was noted in order of arrival becomes runs, in which a word has one row with all its places."""

from __future__ import annotations

from typing import Final

from workbench.log.store.database import Connection, roll_back

RUN_BITS: Final = 17
"""A run is 131,072 records, as the search says too: putting one in order takes a second."""

_SORT: Final = """
INSERT INTO kept.word_runs
SELECT word, {run}, count(*), list(position) FROM kept.words WHERE position < {until} GROUP BY word ORDER BY word
"""


class WordRuns:
    """Knows how much is in order."""

    def __init__(self, connection: Connection, position: int) -> None:
        first = connection.execute("SELECT min(position) FROM kept.words").fetchone()
        self._next = (position if first is None or first[0] is None else first[0]) >> RUN_BITS

    def behind(self, position: int) -> int:
        """How many runs are complete and not in order when the log has come to this position."""
        return max(0, (position >> RUN_BITS) - self._next)

    def sort(self, connection: Connection) -> None:
        """Put the oldest run in order."""
        until = (self._next + 1) << RUN_BITS
        connection.execute("BEGIN")
        try:
            connection.execute(_SORT.format(run=self._next, until=until))
            connection.execute(f"DELETE FROM kept.words WHERE position < {until}")
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise
        self._next += 1
