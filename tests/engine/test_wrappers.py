"""Every wrapper around the hands keeps the promises of the hands: one suite over all that the package has."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from collections.abc import Callable, Coroutine
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, get_type_hints

import pytest

from tests.brain.stage import SESSION_ID, session
from tests.trivial.folders import TrivialFolders
from tests.trivial.hands import ScriptedHands
from tests.trivial.log import TrivialLog
from tests.trivial.shared_folders import TrivialSharedFolders
from tests.trivial.skill_folders import TrivialSkillFolders
from tests.trivial.vault import TrivialVault
from workbench import events
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts
from workbench.contracts.shared_folders import SharedFolders
from workbench.contracts.skills import SkillFolders
from workbench.contracts.values import Call, Clock, Heard, Json, Outcome, Session, text_outcome, unheard
from workbench.contracts.vault import Vault
from workbench.engine import wrappers
from workbench.engine.memory import MemoryAccess
from workbench.engine.memory_mounts import Mounts
from workbench.engine.pictures import Pictures
from workbench.engine.session_progress import SessionProgress
from workbench.engine.wrappers.background import Followed
from workbench.engine.wrappers.base import WrappedHands
from workbench.engine.wrappers.cloned import Looking, Tell
from workbench.extraction.worker_process import WorkerProcesses

WAIT_S = 20.0

for module in pkgutil.iter_modules(wrappers.__path__, f"{wrappers.__name__}."):
    importlib.import_module(module.name)

WRAPPERS = sorted(WrappedHands.__subclasses__(), key=lambda one: one.__name__)
PLAIN = session()
STORE: Json = {
    "type": "memory_store",
    "memory_store_id": "memstore_gone",
    "mount_path": "/mnt/memory/notes",
    "access": "read_write",
}
REPOSITORY: Json = {
    "id": "sesrsc_1",
    "url": "https://git.example/one.git",
    "mount_path": "/workspace/one",
    "checkout": None,
    "workbench": None,
}
FILE: Json = {"type": "file", "mount_path": "/mnt/session/uploads/a.csv", "workbench": {"sha256": "0" * 64}}
SKILL: Json = {"name": "greeting", "description": "Says hello.", "sha256": "0" * 64, "origin": "custom"}
GIVEN = session(vault_ids=("vlt_1",), memories=(STORE,), repositories=(REPOSITORY,), files=(FILE,), skills=(SKILL,))
"""A session for which every wrapper has something to do."""


class NoWatches:
    """Follows nothing."""

    def begin(self, session_id: str, name: str) -> None:
        pass

    def pause(self, session_id: str, name: str) -> None:
        pass


class NoSkills:
    """Looks for nothing."""

    def look(self, session: Session, repository: Json) -> None:
        pass

    def end(self, session_id: str) -> None:
        pass


@dataclass
class RecordedHands:
    """Scripted hands that write down in which order they were asked what."""

    inner: ScriptedHands = field(default_factory=ScriptedHands)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def provision(self, session: Session) -> Outcome:
        self.asked.append(("provision", session.id))
        return await self.inner.provision(session)

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        self.asked.append(("execute", call.id))
        return await self.inner.execute(session, call, heard)

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        self.asked.append(("recover", call.id))
        return await self.inner.recover(session, call, heard)

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        self.asked.append(("inspect", call.id))
        return await self.inner.inspect(session, call)

    async def acknowledge(self, session: Session, call_id: str) -> None:
        self.asked.append(("acknowledge", call_id))
        await self.inner.acknowledge(session, call_id)

    async def release(self, session_id: str) -> None:
        self.asked.append(("release", session_id))
        await self.inner.release(session_id)

    def of(self, *call_ids: str) -> list[tuple[str, str]]:
        """What was asked about these calls; a wrapper may have made calls of its own besides."""
        return [one for one in self.asked if one[1] in call_ids]


def wrapped(kind: type[WrappedHands], hands: Hands) -> WrappedHands:
    """The wrapper around these hands, with the trivial implementation of everything else that it names."""
    log = TrivialLog()

    async def tell(session_id: str, error: Json) -> None:
        raise AssertionError(error)

    memory = MemoryAccess(log, log, events.now)
    known: dict[Any, Any] = {
        Hands: hands,
        Vault: TrivialVault(),
        Facts: log,
        Clock: events.now,
        Followed: NoWatches(),
        Tell: tell,
        Looking: NoSkills(),
        SessionProgress: SessionProgress(log, events.now),
        Mounts: Mounts(memory.memories, TrivialFolders()),
        SharedFolders: TrivialSharedFolders(),
        SkillFolders: TrivialSkillFolders(),
        Pictures: Pictures(WorkerProcesses()),
    }
    hints = get_type_hints(kind)
    needed = [one for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    return kind(**{one.name: known[hints[one.name]] for one in needed})


Story = Callable[[WrappedHands, RecordedHands], Coroutine[Any, Any, None]]


@pytest.fixture(params=WRAPPERS, ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> type[WrappedHands]:
    return request.param  # type: ignore[no-any-return]


def play(kind: type[WrappedHands], story: Story, inner: ScriptedHands | None = None) -> None:
    async def whole() -> None:
        hands = RecordedHands(inner or ScriptedHands())
        await asyncio.wait_for(story(wrapped(kind, hands), hands), WAIT_S)

    asyncio.run(whole())


def call(call_id: str, name: str = "bash") -> Call:
    return Call(call_id, name, {"command": "true"})


def test_the_package_has_wrappers_and_none_is_derived_from_another() -> None:
    assert len(WRAPPERS) >= 3
    assert all(one.__bases__ == (WrappedHands,) and not one.__subclasses__() for one in WRAPPERS)


def test_everything_is_passed_on_in_order_and_what_comes_back_is_given(kind: type[WrappedHands]) -> None:
    async def story(hands: WrappedHands, inside: RecordedHands) -> None:
        inside.inner.kept["3"] = text_outcome("kept")
        assert await hands.provision(PLAIN) == text_outcome(f"ready: {SESSION_ID}")
        assert await hands.execute(PLAIN, call("1")) == text_outcome("bash ran")
        assert await hands.recover(PLAIN, call("2")) is None
        assert await hands.recover(PLAIN, call("3")) == text_outcome("kept")
        await hands.acknowledge(PLAIN, "1")
        await hands.release(SESSION_ID)
        await hands.release("sesn_unknown")
        assert inside.asked == [
            ("provision", SESSION_ID),
            ("execute", "1"),
            ("recover", "2"),
            ("recover", "3"),
            ("acknowledge", "1"),
            ("release", SESSION_ID),
            ("release", "sesn_unknown"),
        ]

    play(kind, story)


def test_a_call_of_a_session_that_has_everything_runs_once_under_its_id(kind: type[WrappedHands]) -> None:
    async def story(hands: WrappedHands, inside: RecordedHands) -> None:
        await hands.provision(GIVEN)
        for call_id in ("1", "2"):
            outcome = await hands.execute(GIVEN, call(call_id))
            assert outcome.content[0] == {"type": "text", "text": "bash ran"}
            await hands.acknowledge(GIVEN, call_id)
        await hands.release(SESSION_ID)
        assert inside.of("1", "2") == [
            ("execute", "1"),
            ("acknowledge", "1"),
            ("execute", "2"),
            ("acknowledge", "2"),
        ]
        assert inside.asked[-1] == ("release", SESSION_ID)

    play(kind, story)


def test_calls_of_a_wrapper_itself_have_ids_of_their_own_and_are_acknowledged(kind: type[WrappedHands]) -> None:
    async def story(hands: WrappedHands, inside: RecordedHands) -> None:
        await hands.execute(GIVEN, call("1"))
        own = [call_id for what, call_id in inside.asked if what == "execute" and call_id != "1"]
        assert inside.inner.acknowledged == own
        assert len(set(own)) == len(own)

    play(kind, story)


def test_a_result_is_recovered_without_running_the_call_again(kind: type[WrappedHands]) -> None:
    async def story(hands: WrappedHands, inside: RecordedHands) -> None:
        inside.inner.kept["1"] = text_outcome("kept", is_error=True)
        assert await hands.recover(GIVEN, call("1")) == text_outcome("kept", is_error=True)
        assert await hands.recover(GIVEN, call("2")) is None
        assert inside.inner.executed == []

    play(kind, story)


def test_a_failure_stays_one_and_a_missing_sandbox_is_told(kind: type[WrappedHands]) -> None:
    failed = text_outcome("no Podman; run `workbench doctor`", is_error=True)

    async def story(hands: WrappedHands, inside: RecordedHands) -> None:
        assert await hands.execute(PLAIN, call("1")) == failed

    play(kind, story, ScriptedHands(gives=lambda _: failed))


def test_cancelling_a_call_ends_it_inside_and_nothing_else_is_raised(kind: type[WrappedHands]) -> None:
    async def story(hands: WrappedHands, inside: RecordedHands) -> None:
        running = asyncio.ensure_future(hands.execute(GIVEN, call("1", "slow")))
        async with inside.inner.running:
            await inside.inner.running.wait_for(lambda: "1" in inside.inner.executed)
        running.cancel()
        assert isinstance((await asyncio.gather(running, return_exceptions=True))[0], asyncio.CancelledError)
        assert inside.inner.cancelled == ["1"]
        await hands.acknowledge(GIVEN, "1")
        await hands.release(SESSION_ID)
        assert inside.of("1") == [("execute", "1"), ("acknowledge", "1")]

    play(kind, story, ScriptedHands(gates={"slow": asyncio.Event()}))


def test_sessions_do_not_wait_for_one_another(kind: type[WrappedHands]) -> None:
    async def story(hands: WrappedHands, inside: RecordedHands) -> None:
        running = asyncio.ensure_future(hands.execute(GIVEN, call("1", "slow")))
        async with inside.inner.running:
            await inside.inner.running.wait_for(lambda: "1" in inside.inner.executed)
        other = replace(GIVEN, id="sesn_02other", repositories=())
        assert (await hands.execute(other, call("2"))).content[0] == {"type": "text", "text": "bash ran"}
        inside.inner.gates["slow"].set()
        assert (await running).content[0] == {"type": "text", "text": "slow ran"}

    play(kind, story, ScriptedHands(gates={"slow": asyncio.Event()}))


def test_all_wrappers_together_keep_the_same_promises() -> None:
    async def story() -> None:
        inside = RecordedHands()
        hands: Hands = inside
        for one in WRAPPERS:
            hands = wrapped(one, hands)
        assert (await hands.execute(GIVEN, call("1"))).content[0] == {"type": "text", "text": "bash ran"}
        await hands.acknowledge(GIVEN, "1")
        await hands.release(SESSION_ID)
        assert inside.of("1", SESSION_ID) == [("execute", "1"), ("acknowledge", "1"), ("release", SESSION_ID)]

    asyncio.run(asyncio.wait_for(story(), WAIT_S))
