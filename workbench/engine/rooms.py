"""Rooms as the engine gets them: the hands', the vault's and the brain's side, each as one value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from workbench.brain.compaction import Room
from workbench.brain.retry import Retries
from workbench.catalog.own_backend import BackendRefusal, only_default
from workbench.catalog.vaults import Vaults
from workbench.contracts.acp import AcpAgents, NoAcpAgents
from workbench.contracts.brain import Models
from workbench.contracts.contents import Contents
from workbench.contracts.extraction import Extractor
from workbench.contracts.files import Files, HunkFiles
from workbench.contracts.hands import Hands
from workbench.contracts.instructions import ReadInstructions, nothing_read
from workbench.contracts.memory import MemoryFolders
from workbench.contracts.repositories import Repositories
from workbench.contracts.servers import Servers
from workbench.contracts.shared_folders import SharedFolders
from workbench.contracts.skills import NoSources, SkillFolders, SkillSources
from workbench.contracts.transfers import Transfers
from workbench.contracts.values import Json, Session
from workbench.contracts.vault import Vault
from workbench.contracts.web import WaysOut
from workbench.engine.network import SessionNetwork
from workbench.extraction.worker_process import WorkerProcesses
from workbench.permissions.rulebook import Rulebook

KeepPackages = Callable[[Session, Json], Awaitable[int]]
"""Ends the session's sandbox and keeps what was fetched there for its MCP server; how many bytes."""


async def nothing_kept(session: Session, server: Json) -> int:
    return 0


@dataclass(frozen=True)
class HandsSide:
    """Where tools run: the hands, the files of sessions and their hunks, the folders of memory stores, MCP servers and their packages, contents of files, the folders that sandboxes share with their user, the folders of skills, files in and out of sandboxes, instructions and skills of projects, what reads PDFs and pictures, and agents of others."""

    hands: Hands
    files: Files
    hunks: HunkFiles
    folders: MemoryFolders
    servers: Servers
    repositories: Repositories
    contents: Contents
    shared: SharedFolders
    skill_folders: SkillFolders
    transfers: Transfers
    backend_refusal: BackendRefusal = only_default
    instructions: ReadInstructions = nothing_read
    skill_sources: SkillSources = field(default_factory=NoSources)
    keep_packages: KeepPackages = nothing_kept
    extractor: Extractor = field(default_factory=WorkerProcesses)
    acp: AcpAgents = field(default_factory=NoAcpAgents)


@dataclass(frozen=True)
class VaultSide:
    """Secrets, the vaults and credentials that name them, and the network where they may be used."""

    vault: Vault
    vaults: Vaults
    network: SessionNetwork


@dataclass(frozen=True)
class WebSide:
    """Ways out into the web, what reads its pages, and the SearXNG that the settings name."""

    ways: WaysOut
    extractor: Extractor
    searxng: str | None = None


@dataclass(frozen=True)
class BrainSide:
    """Models, permission rules, and how much of a model's context window a conversation may fill."""

    models: Models
    rulebook: Rulebook
    room: Room = field(default_factory=Room)
    patience: Retries = field(default_factory=Retries)
    held: Callable[[], str | None] = lambda: None
