"""The memtable: the tail that DuckDB does not have yet, the inbox, and every session's state."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.contracts.facts import INBOX_FLUSHED
from workbench.contracts.thread_facts import WORKFLOW_ANSWERED
from workbench.contracts.values import Document, Entry, Fact, SessionState
from workbench.light.copies import replace
from workbench.log.journal.records import Erased, Filed, Logged, Noted, Queued, Record, Unfiled, Unread
from workbench.log.store.noted_names import NotedNames
from workbench.log.store.state import fold, with_fact

MOST_RECENT = 1024
"""Documents kept at hand: the brain asks for its session's record at every step, 1.5 ms each in the store."""

COUNTED_AS_QUEUED = frozenset({"user.message", "user.define_outcome"})


@dataclass(frozen=True)
class Handover:
    """What goes to the store in one transaction."""

    records: tuple[Record, ...]
    states: tuple[SessionState, ...]


class Memtable:
    """Everything acknowledged and not yet carried over, and what follows from all that was acknowledged."""

    def __init__(
        self, states: Iterable[SessionState] = (), waiting: Iterable[Entry] = (), known: Iterable[str] = ()
    ) -> None:
        """`known` are the sessions that the store has a document of."""
        self.tail: deque[Record] = deque()
        self._tails: dict[str, deque[Record]] = {}
        self.states = {state.session_id: state for state in states}
        self.waiting: dict[str, dict[str, Entry]] = {}
        self.erased: set[str] = set()
        self.filings_seen = 0
        self.filings_of: Counter[str] = Counter()
        """How often documents of a kind were filed or removed."""
        self._recent: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._touched: set[str] = set()
        self._noted = NotedNames(known)
        for entry in waiting:
            self.waiting.setdefault(entry.session_id, {})[entry.event.id] = entry

    def apply(self, record: Record) -> None:
        """Take up one acknowledged record, in order of position."""
        if isinstance(record.happening, Erased):
            self._erase(record.happening.session_id)
        self._append(record)
        self._noted.take(record.happening)
        match record.happening:
            case Queued() | Logged():
                self._enter(record)
            case Filed(document):
                self._keep_at_hand(document)
            case Unfiled(kind, document_id):
                self._forget(kind, document_id)
            case Unread(session_id) if session_id is not None and record.seq is not None:
                # Its place stays its own.
                state = self.state(session_id)
                self.states[session_id] = replace(state, seq=max(state.seq, record.seq), position=record.position)
                self._touched.add(session_id)
            case Noted(fact) if fact.name == INBOX_FLUSHED.name and fact.session_id:
                for event_id in fact.body["event_ids"]:
                    self.waiting.get(fact.session_id, {}).pop(event_id, None)
                self._recount(fact.session_id)
            case Noted(fact) if fact.session_id is not None and record.position > self.state(fact.session_id).position:
                self._note(fact.session_id, fact, record.position)

    def _note(self, session_id: str, fact: Fact, position: int) -> None:
        """Take up a fact that changes a state. Its position stays that of the last entry, up to which people follow the log; only
        what is counted must not be taken up a second time after a restart."""
        known = self.state(session_id)
        after = with_fact(known, fact)
        if after is not known:
            is_counted = fact.name == WORKFLOW_ANSWERED.name
            self.states[session_id] = replace(after, position=position) if is_counted else after
            self._touched.add(session_id)

    def _erase(self, session_id: str) -> None:
        self.tail = deque(record for record in self.tail if record.session_id != session_id)
        self._tails.pop(session_id, None)
        self.states.pop(session_id, None)
        self.waiting.pop(session_id, None)
        self.erased.add(session_id)
        self._forget("session", session_id)

    def recent(self, kind: str, document_id: str) -> Document | None:
        """The newest version of a document that was filed or asked for lately."""
        return self._recent.get((kind, document_id))

    def remember(self, document: Document, *, filings_seen: int) -> None:
        """Keep at hand what the store gave as the newest version, unless something was filed since it was asked."""
        if self.filings_seen == filings_seen:
            self._put_at_hand(document)

    def _keep_at_hand(self, document: Document) -> None:
        self.filings_seen += 1
        self.filings_of[document.kind] += 1
        known = self.recent(document.kind, document.id)
        if known is None or known.version <= document.version:
            self._put_at_hand(document)

    def _put_at_hand(self, document: Document) -> None:
        self._recent[document.kind, document.id] = document
        self._recent.move_to_end((document.kind, document.id))
        if len(self._recent) > MOST_RECENT:
            self._recent.popitem(last=False)

    def _forget(self, kind: str, document_id: str) -> None:
        self.filings_seen += 1
        self.filings_of[kind] += 1
        self._recent.pop((kind, document_id), None)

    def _enter(self, record: Record) -> None:
        entry = record.entry
        assert entry is not None
        session_id = entry.session_id
        if entry.seq is None:
            self.waiting.setdefault(session_id, {})[entry.event.id] = entry
        else:
            self.waiting.get(session_id, {}).pop(entry.event.id, None)
        state = self.state(session_id)
        if entry.position > state.position:
            self.states[session_id] = fold(state, entry)
        self._recount(session_id)

    def _recount(self, session_id: str) -> None:
        waiting = self.waiting.get(session_id)
        queued = sum(entry.event.type in COUNTED_AS_QUEUED for entry in waiting.values()) if waiting else 0
        if queued != self.state(session_id).queued:
            self.states[session_id] = replace(self.state(session_id), queued=queued)
        self._touched.add(session_id)

    def state(self, session_id: str) -> SessionState:
        return self.states.get(session_id) or SessionState(session_id)

    def hand_over(self, most: int) -> Handover:
        """The oldest `most` records of the tail, and the states as they are now of the sessions touched since last time.

        A state may be ahead of the records; `apply` then does not fold those into it a second time after a restart.
        """
        records = tuple(record for record, _ in zip(self.tail, range(most), strict=False))
        states = tuple(self.states[session_id] for session_id in self._touched if session_id in self.states)
        self._touched = set()
        return Handover(records, states)

    def take_back(self, handover: Handover) -> None:
        """The store did not take it: the states belong to the next handover, as the records still do."""
        self._touched.update(state.session_id for state in handover.states)

    def trim(self, position: int) -> None:
        """Everything up to `position` is in the store."""
        while self.tail and self.tail[0].position <= position:
            session_id = self.tail.popleft().session_id
            # What a session has in the tail leaves it in the same order.
            if session_id is not None and (own := self._tails.get(session_id)):
                own.popleft()
                if not own:
                    del self._tails[session_id]

    def _append(self, record: Record) -> None:
        self.tail.append(record)
        if (session_id := record.session_id) is not None:
            self._tails.setdefault(session_id, deque()).append(record)

    def tail_of(self, session_id: str) -> list[Record]:
        """The session's entries that may not be in the store yet."""
        return [record for record in self._tails.get(session_id, ()) if isinstance(record.happening, Queued | Logged)]

    def facts_of(self, session_id: str) -> list[Record]:
        """The session's facts that may not be in the store yet."""
        return [record for record in self._tails.get(session_id, ()) if isinstance(record.happening, Noted)]

    def has_no_facts(self, session_id: str, names: Iterable[str]) -> bool:
        """Whether the session is known to have none of these facts, in the store or here: it began with this memtable."""
        noted = self._noted.of(session_id)
        return noted is not None and noted.isdisjoint(names)

    def sessions_with(self, name: str) -> set[str]:
        """The sessions with a fact of this name that may not be in the store yet."""
        return {
            session_id
            for session_id, tail in self._tails.items()
            if any(isinstance(one.happening, Noted) and one.happening.fact.name == name for one in tail)
        }

    def filings(self) -> list[Record]:
        """The tail's changes of documents."""
        return [record for record in self.tail if isinstance(record.happening, Filed | Unfiled | Erased)]
