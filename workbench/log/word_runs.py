"""The word index put in order: what was noted in order of arrival becomes sorted runs, in which a word is found at once."""

from __future__ import annotations

from typing import Final

from workbench.log.database import Connection, roll_back

RECORDS_BITS: Final = 10
"""A block is 1,024 records."""
RUN: Final = 128
"""Blocks of a run: sorting one takes half a second."""

_SORT: Final = """
INSERT INTO kept.word_runs
SELECT word, list(block) FROM (SELECT DISTINCT word, block FROM kept.words WHERE block < {until}) GROUP BY word ORDER BY word
"""


class WordRuns:
    """Knows how much is in order."""

    def __init__(self, connection: Connection, position: int) -> None:
        first = connection.execute("SELECT min(block) FROM kept.words").fetchone()
        self._first = first[0] if first and first[0] is not None else position >> RECORDS_BITS

    def behind(self, position: int) -> int:
        """How many runs are complete and not in order when the log has come to this position."""
        return max(0, (position >> RECORDS_BITS) - self._first) // RUN

    def sort(self, connection: Connection) -> None:
        """Put the oldest run in order."""
        until = self._first + RUN
        connection.execute("BEGIN")
        try:
            connection.execute(_SORT.format(until=until))
            connection.execute(f"DELETE FROM kept.words WHERE block < {until}")
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise
        self._first = until
