"""What the brain works with: the log, the models, the hands and all that the engine gives it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from workbench.brain.compaction import Room
from workbench.brain.outcomes.grader import GraderLimits
from workbench.brain.outcomes.grading import always_at_rest
from workbench.brain.retry import Retries
from workbench.brain.spending import Spending
from workbench.brain.standing import Standing
from workbench.brain.teams.delegation import Wake
from workbench.contracts.acp import AcpAgents, NoAcpAgents
from workbench.contracts.brain import Model, Sessions
from workbench.contracts.forks import Forks, NoForks
from workbench.contracts.hands import Hands
from workbench.contracts.log import Checkpoints, Facts, Inbox, NoCheckpoints, SessionLog, States
from workbench.contracts.permissions import Gate
from workbench.contracts.servers import Servers
from workbench.contracts.talking import NoTalk, Talk
from workbench.contracts.values import Clock, Session
from workbench.contracts.web import NoWeb, Web
from workbench.contracts.workflows import NoRuns, Runs


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a brain works with; the same of all its wakes."""

    inbox: Inbox
    log: SessionLog
    facts: Facts
    checkpoints: Checkpoints = field(default_factory=NoCheckpoints)
    states: States
    sessions: Sessions
    hands: Hands
    servers: Servers
    acp: AcpAgents = field(default_factory=NoAcpAgents)
    web: Web = field(default_factory=NoWeb)
    models: Callable[[str], Model]
    clock: Clock
    gate: Callable[[], Gate]
    """Asked before every judgement, so that a rule that a person writes counts from the next call on."""
    patience: Retries = field(default_factory=Retries)
    held: Callable[[Session], str | None] = lambda _: None
    """Why a session is to ask no model now, in words; None where it may."""
    room: Room = field(default_factory=Room)
    windows: Callable[[str], int | None] = lambda _: None
    """The context window in tokens of a model of a local server, as far as its server told it."""
    wake_thread: Wake = lambda *_: None
    """Has another thread looked at, to which something was sent."""
    runs: Runs = field(default_factory=NoRuns)
    talk: Talk = field(default_factory=NoTalk)
    forks: Forks = field(default_factory=NoForks)
    grader_limits: GraderLimits = field(default_factory=GraderLimits)
    is_at_rest: Callable[[str], Awaitable[bool]] = always_at_rest
    """Whether nothing besides threads and runs will wake the session's agent: only then its outcome is graded."""
    spending: Spending = field(init=False)
    standing: Standing = field(init=False)

    def __post_init__(self) -> None:
        spending = Spending(self.log, self.facts, self.sessions)
        object.__setattr__(self, "spending", spending)
        object.__setattr__(self, "standing", Standing(self.log, self.inbox, self.states, spending))
