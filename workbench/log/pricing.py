"""The list prices that questions count with: of each model in the log, from the program's own list."""

from __future__ import annotations

from collections.abc import Iterable

from workbench.log.database import Connection
from workbench.prices import tariff


def price_anew(connection: Connection) -> set[str]:
    """Write the prices of all models that the log has: this program may know others than the one that wrote it. Gives the models."""
    models = {model for (model,) in connection.execute("SELECT model FROM kept.prices").fetchall()}
    connection.execute("BEGIN")
    connection.execute("DELETE FROM kept.prices")
    add_prices(connection, models)
    connection.execute("COMMIT")
    return models


def add_prices(connection: Connection, models: Iterable[str]) -> None:
    for model in sorted(models):
        row: list[object] = [None] * 7
        if (found := tariff(model)) is not None:
            price = found.price
            per_million = (price.input, price.output, price.cache_write_5m, price.cache_write_1h, price.cache_read)
            row = [*map(float, per_million), found.long_prompt, found.fast]
        connection.execute("INSERT INTO kept.prices VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [model, *row])
