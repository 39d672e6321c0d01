"""Settings by one key each, plans and task lists in the app."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, Json, ago, app_over, blocked, call, looked_at, screen_text, shows, state, until
from workbench.client import plans
from workbench.contracts import modes, sandbox_notices
from workbench.tui.app import WorkbenchApp

Story = Callable[[Pilot[None], WorkbenchApp], Awaitable[None]]
TASKS = {"total": 7, "completed": 3, "current": "Fix the parser"}


def play(engine: FakeEngine, folder: Path, story: Story, *, session_id: str = "") -> None:
    async def whole() -> None:
        app = app_over(engine, folder, session_id=session_id)
        async with app.run_test(size=(140, 30), notifications=True) as pilot:
            await until(pilot, lambda: app.store.feed.live and app.screen.is_mounted)
            await story(pilot, app)

    asyncio.run(asyncio.wait_for(whole(), 60))


def environment(name: str, **packages: list[str]) -> Json:
    """An environment as the API lists it."""
    config = {"type": "cloud", "networking": {"type": "unrestricted"}, "packages": packages}
    usual: Json = {"id": f"env_{name}", "name": name, "description": None, "config": config, "metadata": {}}
    return usual | {"archived_at": None}


async def taken(pilot: Pilot[None], key: str, shown: str, typed: str) -> None:
    """One of a list's choices, found by its name."""
    await pilot.press(key)
    await shows(pilot, shown)
    await pilot.press(*typed)
    await until(pilot, lambda: pilot.app.screen.query("CommandList").first().option_count > 0)  # type: ignore[attr-defined]
    await pilot.press("enter")


def test_mode_model_effort_and_environment_of_a_session_are_one_key_each_and_stand_in_its_head(tmp_path: Path) -> None:
    engine = FakeEngine(
        state("sesn_a", mode="ask", effort="high", environment="default", tasks=TASKS), events={"sesn_a": []}
    )
    engine.answers["/v1/models"] = {"data": [{"id": "claude-haiku-5", "display_name": "Haiku"}]}
    engine.answers["/v1/environments"] = {"data": [environment("default"), environment("web", pip=["six", "attrs"])]}

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "offline  high  ask mode  in default  3/7 Fix the parser")
        await pilot.press(*"half a draft")
        await taken(pilot, "shift+tab", "until you have approved a plan", "plan")
        await until(pilot, lambda: len(engine.told) == 1)
        await taken(pilot, "alt+o", "claude-haiku-5", "haiku")
        await until(pilot, lambda: len(engine.told) == 2)
        await taken(pilot, "alt+y", "thinks longest", "low")
        await until(pilot, lambda: len(engine.told) == 3)
        await taken(pilot, "alt+i", "network: everything · with six, attrs", "web")
        await until(pilot, lambda: len(engine.told) == 4)
        await shows(pilot, "half a draft")
        app.screen.view.prompt.set("/environment nowhere")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await shows(pilot, "there is no environment nowhere; there are: default, web")

    play(engine, tmp_path, story, session_id="sesn_a")
    settings = "/workbench/v1/sessions/sesn_a/settings"
    assert engine.told == [
        ("/v1/sessions/sesn_a", {"metadata": {modes.KEY: "plan", modes.AFTER_PLAN_KEY: None}}),
        (settings, {"model": "claude-haiku-5"}),
        (settings, {"effort": "low"}),
        (settings, {"environment_id": "env_web"}),
    ]


def _ended(call_id: str, command: str, printed: str) -> list[Json]:
    result = {"type": "agent.tool_result", "tool_use_id": call_id, "is_error": True, "id": f"r{call_id}"}
    result |= {"content": [{"type": "text", "text": printed}], "processed_at": ago(50)}
    return [call(call_id, command), result]


def test_what_a_sandbox_lacks_is_said_above_the_prompt_and_brought_by_one_key_or_a_command(tmp_path: Path) -> None:
    lacks = _ended("a", "cmake .", "bash: line 1: cmake: command not found")
    lacks += _ended("b", "yarn", "bash: line 1: yarn: command not found")
    engine = FakeEngine(state("sesn_a", environment="default"), events={"sesn_a": lacks})
    engine.answers["/v1/environments"] = {"data": [environment("default"), environment("node")]}

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "yarn is not in this sandbox · Alt+J adds the environment node")
        await taken(pilot, "alt+j", "the Debian package cmake, for this session", "cmake")
        await until(pilot, lambda: len(engine.told) == 1)
        await taken(pilot, "alt+j", "cmake and later sessions of default", "later")
        await until(pilot, lambda: len(engine.told) == 2)
        await taken(pilot, "alt+j", "the environment node", "yarn")
        await until(pilot, lambda: len(engine.told) == 3)
        app.screen.view.prompt.set("/packages apt:tree pip:six")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: len(engine.told) == 4)
        app.screen.view.prompt.set("/packages tree")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await shows(pilot, "write MANAGER:PACKAGE")
        await shows(pilot, "/packages tree")

    play(engine, tmp_path, story, session_id="sesn_a")
    settings = "/workbench/v1/sessions/sesn_a/settings"
    assert engine.told == [
        (settings, {"packages": {"apt": ["cmake"]}, "scope": "session"}),
        (settings, {"packages": {"apt": ["cmake"]}, "scope": "environment"}),
        (settings, {"environment_id": "env_node"}),
        (settings, {"packages": {"apt": ["tree"], "pip": ["six"]}, "scope": "session"}),
    ]


def test_a_new_sandbox_lacks_nothing_and_says_so_in_the_transcript(tmp_path: Path) -> None:
    said = sandbox_notices.PACKED.format(name="cmake (apt)")
    notice = {"type": "system.message", "id": "n", "processed_at": ago(40), "content": [{"type": "text", "text": said}]}
    events = [*_ended("a", "cmake .", "bash: line 1: cmake: command not found"), notice]
    engine = FakeEngine(state("sesn_a", environment="default"), events={"sesn_a": events})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "⚙ a new sandbox, with cmake (apt)")
        assert "is not in this sandbox" not in screen_text(app)
        app.screen.view.prompt.set("/packages")  # type: ignore[attr-defined]
        await pilot.press("enter")
        await shows(pilot, "/packages MANAGER:NAME adds one to its image")

    play(engine, tmp_path, story, session_id="sesn_a")


def test_new_tasks_have_the_mode_that_the_line_above_the_box_names(tmp_path: Path) -> None:
    engine = FakeEngine(events={})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await taken(pilot, "shift+tab", "until you have approved a plan", "plan")
        await shows(pilot, "plan mode")
        await pilot.press(*"look", "enter")
        await until(pilot, lambda: bool(engine.begun))

    play(engine, tmp_path, story)
    assert [(task.text, task.mode) for task in engine.begun] == [("look", "plan")]


def test_the_row_of_a_session_at_work_says_how_far_its_task_list_is(tmp_path: Path) -> None:
    busy = state("sesn_a", status="running", activity="bash make", last_event_type="agent.tool_use", tasks=TASKS)
    engine = FakeEngine(busy, events={"sesn_a": []})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "3/7 bash make · 1m")

    play(engine, tmp_path, story)


def test_a_plan_is_shown_whole_and_a_changed_one_is_approved_in_its_place(tmp_path: Path) -> None:
    plan = call("c", "", name="propose_plan", input={"plan": "1. Read it.\n2. Change it."})
    engine = FakeEngine(blocked("sesn_a", "c", mode="plan"), events={"sesn_a": [plan]})
    engine.answers["/v1/sessions/sesn_a"] = {"metadata": {modes.KEY: "plan", modes.AFTER_PLAN_KEY: "ask"}}

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "coder proposes a plan")
        await shows(pilot, "2. Change it.")
        card = app.screen.view.card  # type: ignore[attr-defined]
        await until(pilot, lambda: app.screen.focused is card)
        await looked_at(pilot, card)
        await pilot.press("e")
        await shows(pilot, "Enter approves this version of the plan")
        await pilot.press(*" Twice.", "enter")
        await until(pilot, lambda: bool(engine.posted))

    play(engine, tmp_path, story, session_id="sesn_a")
    assert engine.told == [("/v1/sessions/sesn_a", {"metadata": {modes.KEY: "ask", modes.AFTER_PLAN_KEY: None}})]
    assert engine.posted == [("sesn_a", plans.changed("c", "1. Read it.\n2. Change it. Twice."))]


def test_a_changed_plan_and_a_task_list_are_read_back_in_the_transcript(tmp_path: Path) -> None:
    plan = call("c", "", name="propose_plan", input={"plan": "1. Read it."})
    answer = plans.changed("c", "1. Write it.") | {"id": "d", "processed_at": ago(59)}
    listed = [{"title": "Read", "status": "completed"}, {"title": "Write", "status": "in_progress"}]
    tasks = call("t", "", name="update_tasks", input={"tasks": listed})
    engine = FakeEngine(state("sesn_a"), events={"sesn_a": [plan, answer, tasks]})

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "propose_plan  1. Read it.  edited by you")
        await shows(pilot, "update_tasks  1/2 Write")
        await pilot.press("ctrl+o")
        await shows(pilot, "✔ Read")
        assert "● Write" in screen_text(app)

    play(engine, tmp_path, story, session_id="sesn_a")
