"""Engine: everything that clients can do, wired from the rooms, one attribute a noun."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import TracebackType

from workbench import events
from workbench.brain.loop import Brain
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.session_lists import SessionLists
from workbench.catalog.sessions import SessionRecords
from workbench.catalog.skills import Skills
from workbench.catalog.tokens import Tokens
from workbench.contracts.instructions import ReadInstructions
from workbench.contracts.log import Log
from workbench.contracts.values import Clock
from workbench.contracts.vault import Vault
from workbench.engine.agent_templates import AgentTemplates
from workbench.engine.attachments import ReadingModel
from workbench.engine.automation.answer_links import AnswerLinks
from workbench.engine.automation.assembled import deployments_of, documents_of, triggers_of, webhooks_of
from workbench.engine.automation.limits import SpendLimits
from workbench.engine.automation.stuck import StuckSessions
from workbench.engine.background import BackgroundCommands
from workbench.engine.document_names import DocumentNames
from workbench.engine.dreams.assembled import dreams
from workbench.engine.engine_state import EngineState
from workbench.engine.event_writer import EventWriter
from workbench.engine.failed_sessions import FailedSessions
from workbench.engine.feed import SessionFeed
from workbench.engine.files import StoredFiles
from workbench.engine.followers import SessionFollowers
from workbench.engine.grading_forks import forks_of
from workbench.engine.hosted.assembled import hosted_of
from workbench.engine.imports import Imports
from workbench.engine.live_tools import LiveTools
from workbench.engine.memory import MemoryAccess
from workbench.engine.memory_mounts import Mounts
from workbench.engine.models import ModelCatalog
from workbench.engine.outputs import SessionOutputs
from workbench.engine.own_writes import OwnWrites
from workbench.engine.permissions import Permissions
from workbench.engine.pictures import Pictures
from workbench.engine.plugins import Plugins
from workbench.engine.read_marks import ReadMarks
from workbench.engine.recap import Recap
from workbench.engine.replays import Replays
from workbench.engine.repository_skills import RepositorySkills
from workbench.engine.resources import SessionResources
from workbench.engine.rooms import BrainSide, HandsSide, VaultSide, WebSide
from workbench.engine.session_progress import SessionProgress
from workbench.engine.session_servers import SessionServers
from workbench.engine.session_settings import SessionSettings
from workbench.engine.sessions import SessionLifecycle
from workbench.engine.sides import (
    changes_of,
    counted_files,
    recounts_of,
    session_skills_of,
    ways_in_of,
    web_of,
    with_programs_inside,
)
from workbench.engine.skill_trust import SkillTrust
from workbench.engine.skills import StoredSkills
from workbench.engine.tasks import SessionTasks
from workbench.engine.teams.reviews import Reviews
from workbench.engine.teams.talking import Talking
from workbench.engine.teams.threads import SessionThreads
from workbench.engine.teams.workflows import WorkflowRuns
from workbench.engine.uploads import SessionUploads
from workbench.engine.watches import Watches
from workbench.engine.work.assembled import work_queue_of, works_of
from workbench.engine.work.permits import WorkPermits
from workbench.engine.workspaces import Workspaces
from workbench.engine.wrappers.background import BackgroundHands
from workbench.engine.wrappers.by_workers import ByWorkers
from workbench.engine.wrappers.checkpointed import CheckpointedLog
from workbench.engine.wrappers.cloned import ClonedHands
from workbench.engine.wrappers.collected import CollectedLog
from workbench.engine.wrappers.mounted import MountedHands
from workbench.engine.wrappers.placed import PlacedHands
from workbench.engine.wrappers.readable import ReadableHands
from workbench.engine.wrappers.redacted import RedactedHands
from workbench.permissions.gate import RuledGate
from workbench.permissions.talk_rules import lets_talk
from workbench.workflows.processes import ProgramProcesses


class Engine:
    """Use as an async context manager: entering goes on with what was at work, leaving ends every task."""

    def __init__(
        self,
        *,
        log: Log,
        hands: HandsSide,
        vault: VaultSide,
        brain: BrainSide,
        state: EngineState,
        web: WebSide | None = None,
        clock: Clock = events.now,
    ) -> None:
        self.log, self.clock, self.state = log, clock, state
        self._writer = EventWriter(log.sessions, clock)
        self._configure(hands, vault, brain, web)
        self._hands = self._wrapped(hands, vault.vault)
        self._outputs = SessionOutputs(files=self.files, folders=hands.shared, writer=self._writer)
        self._web = web_of(log.sessions, web, vault.vault, brain)
        self._tasks = self._session_tasks(brain)
        self.threads = SessionThreads(log=log, writer=self._writer, records=self.records, tasks=self._tasks)
        self._listen()
        self.uploads = SessionUploads(
            files=self.files, records=self.records, writer=self._writer, changing=self._tasks.changing
        )
        self.session_skills = session_skills_of(
            log.documents, self.skills, hands.skill_sources, self.skill_trust, self.plugins
        )
        self.resources = self._resources(vault, hands.instructions)
        self.sessions = self._sessions()
        self.servers = SessionServers(self.records, self._hands, log, clock)
        self._take_changes()
        self.background = BackgroundCommands(log.facts, self._hands.hands, self.records)
        self.console, self.sandbox_access = ways_in_of(log, self._hands, self.records, clock)
        self.imports = Imports(log.documents, log.sessions, clock)
        self.replays = Replays(log=log, records=self.records, agents=self.agents)
        self.live_tools = LiveTools(log=log, sessions=self.sessions, hands=self._hands.hands)
        self._begin_by_itself(vault, brain)

    def _begin_by_itself(self, vault: VaultSide, brain: BrainSide) -> None:
        """Dreams, deployments and triggers."""
        log, clock = self.log, self.clock
        self.dreaming, self.schedule = dreams(
            log, self._writer, self.memory, brain.models, self.sessions.archive, clock
        )
        self.deployments = deployments_of(
            log, self._documents, self.agents, self.environments, self.sessions, self._tasks.changing
        )
        self.stuck = StuckSessions(log, self._writer, self.sessions.send, clock, self.hosted.has)
        self.answer_links = AnswerLinks(log, self.sessions.send, clock)
        self.triggers = triggers_of(self.deployments, self.sessions, self.workspaces.writes, vault.vault, clock)

    def _session_tasks(self, brain: BrainSide) -> SessionTasks:
        programs = ProgramProcesses()
        self.workflows = WorkflowRuns(self.log, self.records, self._writer, programs, wake=self._wake, end=self._end)
        thinking = self._brain(brain)
        failed = FailedSessions(self.log, self._writer, self.records, thinking)
        return SessionTasks(thinking, give_up=failed.stop, is_elsewhere=self.hosted.has)

    async def __aenter__(self) -> Engine:
        await self.files.begin()
        await self._forks.remove_left()
        await self.work.open()
        await self.hosted.mirror.open()
        await self._tasks.__aenter__()
        self._tasks.recover(self.log.states, self.log.inbox)
        await self._documents.recover()
        await self.workflows.__aenter__()
        await self.watches.__aenter__()
        await self.dreaming.__aenter__()
        self.dreaming.beside(self.schedule.run())
        outward = [self.webhooks.follow(), self.webhooks.deliver(), self._talking.keep(), self.hosted.mirror.keep()]
        outward += [self.stuck.keep(), self.reviews.keep(), recounts_of(self.workspaces).keep()]
        inward = works_of(self.work, self.log, self.clock, self._changing, self._wake)
        for work in (self.deployments.keep(), *outward, *inward, self.limits.keep(), *self.triggers.works()):
            self.dreaming.beside(work)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.dreaming.__aexit__(kind, error, trace)
        await self.repository_skills.close()
        await self.watches.__aexit__(kind, error, trace)
        await self.workflows.__aexit__(kind, error, trace)
        await self._tasks.__aexit__(kind, error, trace)

    def halt(self) -> None:
        """End every session's task where it stands; the next engine goes on from the log."""
        self.watches.halt()
        self.workflows.halt()
        self._tasks.halt()

    def _wake(self, session_id: str, thread_id: str | None = None) -> None:
        self._tasks.wake(session_id, thread_id)

    def _end(self, session_id: str, thread_id: str) -> None:
        self._tasks.end(session_id, thread_id)

    def _changing(self, session_id: str) -> asyncio.Lock:
        return self._tasks.changing(session_id)

    # ── wiring ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _configure(self, hands: HandsSide, vault: VaultSide, brain: BrainSide, web: WebSide | None) -> None:
        """What clients make and sessions begin with, and what makes pictures fit for models."""
        self._pictures = Pictures(hands.extractor)
        log, clock = self.log, self.clock
        self.tokens, self.limits = Tokens(log.documents, clock), SpendLimits(log=log, clock=clock)
        self.webhooks = webhooks_of(log, vault.vault, web, clock)
        self.work = work_queue_of(log, clock)
        self.hosted = hosted_of(log, web, clock, self._changing, lambda: self.feed, lambda: self.sessions.delete)
        documents = self._documents = documents_of(log, self.webhooks, clock)
        self.agents = Agents(documents, clock)
        self.environments = Environments(documents, clock)
        self.vaults = vault.vaults
        self.memory = MemoryAccess(documents, log.memories, clock)
        self.files = StoredFiles(log.documents, hands.contents, clock)
        self.skills = StoredSkills(Skills(log.documents, clock), self.files)
        self.agent_templates = AgentTemplates(self.agents, self.environments, self.skills)
        self.plugins = Plugins(log.documents, self.skills, clock)
        self.skill_trust = SkillTrust(log.documents, hands.skill_sources, clock)
        self.models = ModelCatalog(brain.models, brain.room)
        self.records = SessionRecords(
            log.documents,
            log.states,
            self.agents,
            self.environments,
            clock,
            hands.backend_refusal,
            lets_talk=lambda agent_id: lets_talk(brain.rulebook.current(), agent_id),
        )
        self.session_lists = SessionLists(log.documents, log.states, clock)
        self.permissions = Permissions(brain.rulebook, self.records, self.agents, log)
        self.work_permits = WorkPermits(self.work, self.tokens, log.documents)

    def _take_changes(self) -> None:
        """What sessions change in a project, on its way there."""
        self.workspaces = self._workspaces()
        self.commits, self.hunks = changes_of(self.workspaces)
        self.reviews = Reviews(self.workspaces, self.workflows, self.sessions.archive)
        self.settings = SessionSettings(
            records=self.records,
            environments=self.environments,
            writer=self._writer,
            tasks=self._tasks,
            hands=self._hands,
            refuse_unchangeable=self.workspaces.refuse_unchangeable,
            warnings=self.resources.warnings,
        )

    def _listen(self) -> None:
        """What clients hear of sessions."""
        self.feed = SessionFeed(self.log.documents, self.log.states)
        self.names = DocumentNames(self.log.documents)
        self.followers = SessionFollowers(self.log.sessions)
        self.read_marks = ReadMarks(log=self.log, records=self.records, feed=self.feed, changing=self._tasks.changing)
        self.recap = Recap(self.feed, self.log.documents, self.log.questions)

    def _wrapped(self, side: HandsSide, vault: Vault) -> HandsSide:
        """The hands' side with what is done around every call; secrets are taken out first, of what a model can read."""
        self.progress = SessionProgress(self.log.sessions, self.clock)
        redacted = RedactedHands(ReadableHands(side.hands, self._pictures), vault)
        log, clock, tell = self.log, self.clock, self._writer.write_error
        self.repository_skills = RepositorySkills(
            log, self.records, side.skill_sources, clock, lambda: self._hands.hands, self._wake, self._changing
        )
        cloned = ClonedHands(redacted, log.facts, clock, tell, self.progress, self.repository_skills)
        placed = PlacedHands(cloned, side.shared, side.skill_folders, self._writer.write_error)
        mounted = MountedHands(placed, Mounts(self.memory.memories, side.folders))
        self._forks = forks_of(side, redacted, Mounts(self.memory.memories, side.folders), vault)
        self.watches = Watches(log, mounted, self.records, wake=self._wake, changing=self._changing, clock=self.clock)
        self._talking = Talking(self.log, self.records, self.clock, self._wake, self._changing)
        background = BackgroundHands(mounted, self.log.facts, self.clock, self.watches)
        side = replace(side, hands=ByWorkers(background), files=counted_files(side, log, clock))
        return with_programs_inside(side, self._pictures, mounted, vault)

    def _brain(self, side: BrainSide) -> Brain:
        return Brain(
            inbox=self.log.inbox,
            log=CheckpointedLog(CollectedLog(self.log.sessions, self._outputs), self._hands.files, self.records),
            facts=self.log.facts,
            checkpoints=self.log.checkpoints,
            states=self.log.states,
            sessions=self.records,
            hands=self._hands.hands,
            servers=self._hands.servers,
            acp=self._hands.acp,
            web=self._web,
            models=lambda model_id: ReadingModel(side.models.model(model_id), self.files, self._pictures),
            clock=self.clock,
            room=side.room,
            windows=side.models.window,
            gate=lambda: RuledGate(side.rulebook.current()),
            forks=self._forks,
            is_at_rest=self._is_at_rest,
            wake_thread=self._wake,
            runs=self.workflows,
            talk=self._talking,
            patience=side.patience,
            held=lambda session: side.held() or self.limits.held(session),
        )

    async def _is_at_rest(self, session_id: str) -> bool:
        """Whether nothing works for a session that will wake its agent."""
        return not await self.watches.is_watching(session_id)

    def _resources(self, vault: VaultSide, instructions: ReadInstructions) -> SessionResources:
        return SessionResources(
            documents=self.log.documents,
            records=self.records,
            environments=self.environments,
            vault=vault,
            clock=self.clock,
            changing=self._tasks.changing,
            instructions=instructions,
            uploads=self.uploads,
            skills=self.session_skills,
        )

    def _sessions(self) -> SessionLifecycle:
        return SessionLifecycle(
            log=self.log,
            writer=self._writer,
            records=self.records,
            resources=self.resources,
            hands=self._hands,
            tasks=self._tasks,
            feed=self.feed,
            followers=self.followers,
            files=self.files,
            outputs=self._outputs,
            watches=self.watches,
            threads=self.threads,
            workflows=self.workflows,
            webhooks=self.webhooks,
            repository_skills=self.repository_skills,
            work=self.work,
        )

    def _workspaces(self) -> Workspaces:
        return Workspaces(
            log=self.log,
            writer=self._writer,
            hands=self._hands,
            records=self.records,
            uploads=self.uploads,
            skills=self.session_skills,
            changing=self._tasks.changing,
            writes=OwnWrites(),
        )
