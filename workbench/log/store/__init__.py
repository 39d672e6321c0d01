"""The DuckDB store behind the journal, and the part of it that is still in memory."""
