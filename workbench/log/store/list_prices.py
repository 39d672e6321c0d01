"""The list prices that questions count with: of each model in the log, from the program's own list."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.log.store.database import Connection
from workbench.pricing import tariff

Row = tuple[str | float | None, ...]


def price_anew(connection: Connection) -> None:
    """Write the prices of all models that the log has, where this program knows others than the one that wrote it."""
    stored = {str(row[0]): row for row in connection.execute("FROM kept.prices").fetchall()}
    changed = [model for model, row in stored.items() if row != _row(model)]
    if changed:
        connection.execute("BEGIN")
        connection.execute("DELETE FROM kept.prices WHERE model IN (SELECT unnest(?::VARCHAR[]))", [changed])
        add_prices(connection, changed)
        connection.execute("COMMIT")


def add_prices(connection: Connection, models: Iterable[str]) -> None:
    for model in sorted(models):
        connection.execute("INSERT INTO kept.prices VALUES (?, ?, ?, ?, ?, ?, ?, ?)", list(_row(model)))


def _row(model: str) -> Row:
    found = tariff(model)
    if found is None:
        return (model, *[None] * 7)
    price = found.price
    per_million = (price.input, price.output, price.cache_write_5m, price.cache_write_1h, price.cache_read)
    return (model, *map(float, per_million), found.long_prompt, found.fast)
