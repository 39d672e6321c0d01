"""Whose budget stops a session, how much of it is spent, and raising it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from workbench.client import paths
from workbench.client.app import Engine

Json = dict[str, Any]

GROUP_KEY: Final = "workbench.group"


@dataclass(frozen=True)
class BudgetLimit:
    """A budget in cents, and the request that changes it."""

    whose: str
    path: str
    spent: int
    cents: int | None

    @property
    def text(self) -> str:
        of = f" of ${self.cents / 100:.2f}" if self.cents is not None else ""
        return f"{self.whose}: ${self.spent / 100:.2f}{of} spent"

    @property
    def suggested(self) -> str:
        """Twice of what is spent or allowed; none where money is not what is short, as with a model without a price."""
        if self.cents is None or self.spent < self.cents:
            return "none"
        return f"{2 * max(self.spent, self.cents) / 100:.2f}"


async def budget_limit(engine: Engine, session_id: str) -> BudgetLimit:
    """The budget that stops this session: its own, unless that of its group is the one that is used up."""
    path = paths.session(session_id)
    session = await engine.get(path)
    spent = int(float(session["usage"]["list_cost"]["amount"]))
    own = BudgetLimit("this session", path, spent, _cents(session.get("budget")))
    name = (session.get("metadata") or {}).get(GROUP_KEY)
    if not name or (own.cents is not None and own.spent >= own.cents):
        return own
    groups = await engine.get(paths.GROUPS)
    for group in groups["data"]:
        if group["name"] == name and group["budget"]:
            spent = int(float(group["spent"]["amount"]))
            return BudgetLimit(f"the group {name}", f"{paths.GROUPS}/{name}", spent, _cents(group["budget"]))
    return own


async def change(engine: Engine, session_id: str, budget: Json | None) -> Json:
    """Give what stops the session another budget."""
    return await engine.post((await budget_limit(engine, session_id)).path, {"budget": budget})


def _cents(budget: Json | None) -> int | None:
    return int(budget["max_list_cost"]["amount"]) if budget else None
