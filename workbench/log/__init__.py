"""What happened: a journal in front, DuckDB behind it, one writer; inbox, logs, followers, documents and people's SQL."""

from workbench.log.journal.appender import NotWritten
from workbench.log.opening import Log, Tuning, open_log, rebuild
from workbench.log.sessions import SessionErased

__all__ = ["Log", "NotWritten", "SessionErased", "Tuning", "open_log", "rebuild"]
