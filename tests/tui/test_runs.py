"""The Runs screen: what starts by itself, why one is paused or failed, and the keys that start, pause and open."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.tui.fake import FakeEngine, ago, app_over, screen_text, shows, state, until
from workbench.client import paths
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.session import SessionScreen

Json = dict[str, Any]


def deployment(name: str, **fields: Any) -> Json:
    schedule = {"type": "cron", "expression": "30 2 * * *", "timezone": "Europe/Berlin", "last_run_at": None}
    usual: Json = {
        "id": f"depl_{name}",
        "name": name,
        "status": "active",
        "paused_reason": None,
        "archived_at": None,
        "schedule": schedule | {"upcoming_runs_at": ["2026-11-21T01:30:00Z", "2026-11-22T01:30:00Z"]},
        "workbench": {"paused_words": "", "last_run": None},
    }
    return usual | fields


def run(name: str, session_id: str | None, at: str, **fields: Any) -> Json:
    usual = {"id": f"drun_{at}", "deployment_id": f"depl_{name}", "session_id": session_id, "error": None}
    return {**usual, "created_at": at, "trigger_context": {"type": "schedule", "scheduled_at": at}, **fields}


def delivery(trigger: str, session_id: str | None, title: str, **fields: Any) -> Json:
    usual = {"id": "tdlv_1", "trigger_id": f"trig_{trigger}", "received_at": ago(600), "title": title, "words": ""}
    return {**usual, "state": "started" if session_id else "refused", "session_id": session_id, **fields}


def automated() -> FakeEngine:
    engine = FakeEngine(state("sesn_nightly-1", title="nightly"), state("sesn_edits-1", title="check · edits"))
    good, bad = (
        run("nightly", "sesn_nightly-1", ago(34_200)),
        run("nightly", None, ago(120_600), missed="the machine slept"),
    )
    error = {
        "type": "session_resource_not_found_error",
        "message": "/home/anna/gone must be a folder that you can read",
    }
    failed = run("weekly", None, ago(86_400), error=error)
    words = {"paused_words": error["message"], "last_run": failed}
    reason = {"type": "error", "error": {"type": error["type"]}}
    trigger: Json = {
        "id": "trig_edits",
        "name": "edits",
        "deployment_id": "depl_nightly",
        "source": {"type": "files", "folder": "/srv/shop", "only": ["*.py"]},
        "paused_reason": None,
        "status": "active",
        "trouble": "",
        "last_delivery": delivery("edits", "sesn_edits-1", "3 changed files"),
    }
    hook = trigger | {
        **{"id": "trig_pulls", "name": "pulls", "source": {"type": "webhook", "shape": "github", "events": ["push"]}},
        "last_delivery": delivery("pulls", None, "webhook", words="the signature is wrong"),
    }
    engine.answers = {
        paths.EVERY_DEPLOYMENT: {
            "data": [
                deployment("nightly", workbench={"paused_words": "", "last_run": good}),
                deployment("weekly", status="paused", paused_reason=reason, workbench=words),
            ]
        },
        paths.EVERY_DEPLOYMENT_RUN: {"data": [good, failed, bad]},
        paths.TRIGGERS: {"data": [trigger, hook]},
        paths.TRIGGER_DELIVERIES: {"data": [trigger["last_delivery"], hook["last_delivery"]]},
    }
    return engine


def test_runs_and_reasons_are_shown_and_keys_start_pause_and_open(tmp_path: Path) -> None:
    engine = automated()

    async def story(app: WorkbenchApp, pilot: Pilot[None]) -> None:
        await shows(pilot, "nightly")
        await pilot.press("f10")
        await shows(pilot, "the machine slept")
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "› Thu 19 Nov" in screen_text(app))
        await pilot.press("left_square_bracket", "r")
        await until(pilot, lambda: (f"{paths.DEPLOYMENTS}/depl_nightly/run", {}) in engine.told)
        await pilot.press("p", "down")
        await shows(pilot, "/home/anna/gone must be a folder that you can read")
        await pilot.press("p", "down", "down")
        await shows(pilot, "refused: the signature is wrong")
        await pilot.press("p", "up")
        await shows(pilot, "› ")
        await pilot.press("r")
        await until(pilot, lambda: len(engine.told) == 5)
        assert [path for path, _ in engine.told] == [
            f"{paths.DEPLOYMENTS}/depl_nightly/run",
            f"{paths.DEPLOYMENTS}/depl_nightly/pause",
            f"{paths.DEPLOYMENTS}/depl_weekly/unpause",
            f"{paths.TRIGGERS}/trig_pulls/pause",
            f"{paths.TRIGGERS}/trig_edits/test",
        ]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SessionScreen))
        assert "check · edits" in screen_text(app)

    async def whole() -> None:
        app = app_over(engine, tmp_path)
        async with app.run_test(size=(120, 32)) as pilot:
            await story(app, pilot)

    asyncio.run(asyncio.wait_for(whole(), 30))


def test_a_place_where_nothing_starts_by_itself_says_how(tmp_path: Path) -> None:
    async def whole() -> None:
        app = app_over(FakeEngine(), tmp_path)
        async with app.run_test(size=(120, 32)) as pilot:
            await pilot.press("f10")
            await shows(pilot, "workbench deploy apply -f FILE.yaml")

    asyncio.run(asyncio.wait_for(whole(), 30))
