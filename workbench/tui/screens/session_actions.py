"""Requests of a person about sessions, by their ids: behind the keys of the lists and the commands of the prompt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Protocol

from workbench.client import background, budgets, paths
from workbench.tui.state.budgets import BudgetLimit, budget_limit, change
from workbench.tui.state.store import Store

TAGS_KEY: Final = "workbench.tags"
Then = Callable[[Any], None]


class Act(Protocol):
    """Does something at the engine, and says on the screen what it refuses."""

    def __call__(self, doing: Awaitable[Any], then: Then | None = None) -> None: ...


class SessionActions:
    """What can be done with sessions wherever they are shown."""

    def __init__(self, store: Store, act: Act) -> None:
        self._store = store
        self._act = act

    def rename(self, session_ids: Iterable[str], text: str) -> None:
        """Give a title; an empty one takes it away."""
        self._update(session_ids, {"title": " ".join(text.split()) or None})

    def tag(self, session_ids: Iterable[str], text: str) -> None:
        """Give tags, with blanks between them; none take them away."""
        self._update(session_ids, {"metadata": {TAGS_KEY: " ".join(text.split()) or None}})

    def _update(self, session_ids: Iterable[str], body: dict[str, Any]) -> None:
        for session_id in session_ids:
            self._act(self._store.engine.post(paths.session(session_id), body))

    def fork(self, session_ids: Iterable[str], then: Then | None = None) -> None:
        """Begin a second session from each; `then` has the new one."""
        for session_id in session_ids:
            self._act(self._store.engine.post(paths.own(session_id, "fork"), {}), then)

    def rewind(self, session_id: str, then: Callable[[Any], None]) -> None:
        """Put the files back to before the last turn."""
        self._act(self._store.engine.post(paths.own(session_id, "rewind"), {}), then)

    def find_background(self, session_id: str, then: Callable[[list[dict[str, Any]]], None]) -> None:
        """Look up the commands that run in a session's background."""
        found = self._store.engine.get(paths.own(session_id, "background"))
        self._act(found, lambda page: then(background.running(page["data"])))

    def set_goal(self, session_id: str, text: str) -> None:
        """Have it work until this is reached: a task, and the rubric by which it is graded."""
        rubric = {"type": "text", "content": text}
        event = {"type": "user.define_outcome", "description": text, "rubric": rubric}
        self._act(self._store.engine.post(paths.events(session_id), {"events": [event]}))

    def archive(self, session_ids: Iterable[str]) -> None:
        """End sessions for good; their history stays."""
        for session_id in session_ids:
            self._act(self._store.engine.post(f"{paths.session(session_id)}/archive", {}))

    def interrupt(self, session_ids: Iterable[str]) -> None:
        """Stop what sessions do now."""
        for session_id in session_ids:
            self._act(self._store.interrupt(session_id))

    def find_budget(self, session_id: str, then: Callable[[BudgetLimit], None]) -> None:
        """Look up the budget that stops a session."""
        self._act(budget_limit(self._store.engine, session_id), then)

    def set_budget(self, limit: BudgetLimit | str, dollars: str, then: Then) -> None:
        """Change a budget that was looked up, or the one that stops the session of this id.

        Raises:
            ValueError: it is no amount; the text says what to write.
        """
        budget = budgets.budget(dollars.strip())
        if isinstance(limit, str):
            self._act(change(self._store.engine, limit, budget), then)
        else:
            self._act(self._store.engine.post(limit.path, {"budget": budget}), then)
