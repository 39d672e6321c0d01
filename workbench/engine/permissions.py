"""Permissions as clients reach them: the rules that a person keeps, and why a waiting call asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench import events
from workbench.brain.teams.thread_sessions import making_of, seen_by
from workbench.catalog.agents import Agents
from workbench.catalog.errors import Refused, not_found
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.log import Log
from workbench.contracts.values import Json
from workbench.permissions.explanations import explained
from workbench.permissions.rulebook import Rulebook, always_of
from workbench.settings import SettingsError


@dataclass(frozen=True)
class Permissions:
    """`rulebook` is the person's own file of rules."""

    rulebook: Rulebook
    records: SessionRecords
    agents: Agents
    log: Log

    def rules(self) -> Json:
        """Everything that was allowed for good, the file, its lists, and what is wrong with it."""
        data = [one.wire() for one in self.rulebook.standing()]
        lists = self.rulebook.own_entries()
        return {"data": data, "file": str(self.rulebook.own), "trouble": self.rulebook.trouble or None, **lists}

    async def add(
        self, allow: Sequence[str] | None, exact: Json | None, session: str | None, agent: str | None
    ) -> Json:
        """Write a rule into the file, for one session or agent where one is named.

        Raises:
            Refused: it is no rule, the file cannot be used, or there is no such session or agent.
        """
        # A rule that no session could use would be kept and forgotten.
        if session is not None:
            await self.records.document(session)
        if agent is not None:
            await self.agents.get(agent)
        try:
            rule = always_of(allow, exact, session, agent)
            return self.rulebook.add(rule, events.now().date()).wire() | {"file": str(self.rulebook.own)}
        except SettingsError as refused:
            raise Refused(str(refused)) from None

    def restrict(self, ask: Sequence[str], deny: Sequence[str]) -> Json:
        """Write entries that ask or deny into the file; tells those that are new.

        Raises:
            Refused: one is no rule, or the file cannot be used.
        """
        try:
            return self.rulebook.restrict({"ask": ask, "deny": deny}) | {"file": str(self.rulebook.own)}
        except SettingsError as refused:
            raise Refused(str(refused)) from None

    def remove(self, rule_id: str) -> Json:
        """Take a rule out of the file.

        Raises:
            Refused: 404, or the file cannot be used.
        """
        try:
            removed = self.rulebook.remove(rule_id)
        except SettingsError as refused:
            raise Refused(str(refused)) from None
        if removed is None:
            raise not_found("rule", rule_id)
        return removed.wire()

    async def explained(self, session_id: str, call_id: str) -> Json:
        """Why a call asks, its risks, where it would run, and the rules that would let it run.

        `agent` has id and name of the agent that makes it, which is a child thread's own; the id is None of one that was defined
        when it was started, and that no rule can name.

        Raises:
            Refused: 404.
        """
        document = await self.records.document(session_id)
        entries = await self.log.sessions.read(session_id, newest_first=True)
        found = next((entry.event for entry in entries if entry.event.id == call_id), None)
        if found is None or found.type not in ("agent.tool_use", "agent.mcp_tool_use"):
            raise not_found("call", call_id)
        call, session = events.dump(found), session_of(document.body)
        thread_id = call.get("session_thread_id") or session.thread_id
        session = seen_by(session, thread_id, await making_of(session_id, thread_id, self.log.facts))
        told = explained(session, call, self.rulebook.current())
        agent = {"id": session.agent.get("id"), "name": session.agent["name"]}
        return {"agent": agent, "why": told.why, "risks": told.risks, "where": told.where, "offers": told.offers}
