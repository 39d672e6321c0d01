"""The stage of the pictures: every place with something in it, and the way there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from tests.tui.fake import NOW, FakeEngine, ago, app_over, blocked, call, result, reviewed, said, shows, state, until
from tests.tui.teams import team
from tests.tui.test_details import CostlyEngine
from tests.tui.test_memory import DreamtEngine
from tests.tui.test_runs import automated
from tests.tui.test_sql import AskedEngine
from tests.tui.test_templates import engine as templates_engine
from tests.tui.test_welcome import CHECKS
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.session import SessionScreen
from workbench.tui.state import comments
from workbench.tui.state.drafts import Drafts
from workbench.tui.state.machine import Machine
from workbench.tui.state.store import Store
from workbench.tui.state.view_state import ViewFile

Json = dict[str, Any]
Way = Callable[[Pilot[Any]], Awaitable[None]]
Step = tuple[tuple[str, ...], str]
"""Keys, and what stands on the screen when they are done."""

ANSWER = """The column is **missing**. I need one change:

1. add it to `orders`
2. fill it from the customer's address, which is what the invoices use already

```sql
ALTER TABLE orders ADD COLUMN region text;
```

| table | rows | after |
|---|---|---|
| orders | 1 204 | region |
"""
EDIT = {
    "file_path": "billing/tax.py",
    "old_string": "def tax(net, rate):\n    return round(net * rate)\n",
    "new_string": "def tax(net, rate):\n    cent = Decimal('0.01')\n    return (net * rate).quantize(cent)\n",
}
TAX = """from decimal import Decimal


def tax(net, rate):
    return round(net * rate)


RATES = {
    "de": 19,
    "fr": 20,
    "it": 22,
    "pl": 23,
}


def gross(net, rate):
    return net + tax(net, rate)
"""
ROUNDED = TAX.replace(
    "    return round(net * rate)\n", "    cent = Decimal('0.01')\n    return (net * rate).quantize(cent)\n"
).replace("def gross(net, rate):", "def gross(net: Decimal, rate: Decimal) -> Decimal:")
COMMENT = {
    "path": "billing/tax.py",
    "is_old": False,
    "first": 5,
    "last": 5,
    "quoted": ["+    cent = Decimal('0.01')"],
    "text": "Name it CENT, above the function.",
}


_FILE = ("id", "filename", "size_bytes", "created_at", "kind", "place")
_OUTPUTS = "/mnt/session/outputs"
FILES = [
    ("file_1", "timings.png", 48_211, ago(40), "output", f"{_OUTPUTS}/plots/timings.png"),
    ("file_2", "flaky.md", 57, ago(95), "output", f"{_OUTPUTS}/flaky.md"),
    ("file_3", "checkout.har", 3_400_000, ago(190), "upload", "/mnt/session/uploads/checkout.har"),
]


def household(kind: type[FakeEngine] = FakeEngine) -> FakeEngine:
    """Two that ask, one at work, one with an answer that nobody read, one that failed, one at rest."""
    asking = [
        said("u1", "Add a region to every order.", by="user"),
        call("c0", "ls migrations", evaluated_permission="allow"),
        result("c0", "001.sql\n002.sql"),
        said("m1", ANSWER),
        call("c1", "psql -c 'ALTER TABLE orders ADD COLUMN region text'"),
    ]
    editing = [said("u3", "Round to the cent.", by="user"), call("c2", "", name="edit", input=EDIT)]
    busy = [
        said("u2", "Why is the cart flaky?", by="user"),
        call("c3", "pytest -x tests/checkout", evaluated_permission="allow"),
        result("c3", "1 failed, 3 passed", is_error=True),
        said("m2", "The retry hides a race in `Cart.flush()`: it is called before the lock is taken."),
    ]
    web, billing = {"project": "/home/anna/web"}, {"project": "/home/anna/billing"}
    failed = {"stop_reason": {"type": "retries_exhausted"}, "last_error": "401 invalid x-api-key"}
    done = {"rested_at": ago(120), "last_text": "Done: 6 files, tests green.", "context_tokens": 41_000, "tags": ["ui"]}
    engine = kind(
        blocked("sesn_migrate-db", "c1", created_at=ago(100), last_event_at=ago(360), context_tokens=83_000),
        blocked("sesn_tax-rounding", "c2", created_at=ago(150), last_event_at=ago(180), **billing),
        state(
            "sesn_flaky-tests",
            status="running",
            created_at=ago(200),
            last_text="The retry hides a race",
            queued=1,
            activity="bash pytest -x tests/checkout",
            last_event_type="span.model_request_end",
            last_event_at=ago(12),
        ),
        state("sesn_dark-mode", **done, **web),
        state("sesn_bundle-size", last_event_at=ago(4000), created_at=ago(9000), **failed, **web),
        state("sesn_docs", last_event_at=ago(90_000), created_at=ago(100_000), rested_at=ago(90_000), **web),
        events={"sesn_migrate-db": asking, "sesn_tax-rounding": editing, "sesn_flaky-tests": busy},
    )
    files = [
        reviewed("billing/tax.py", TAX, ROUNDED, conflict=True),
        reviewed("logo.png", "", "", whole="binary"),
        reviewed("tests/test_tax.py", "", "def test_cents():\n    assert tax(1, 2)\n", kind="added", mode_before=None),
    ]
    review = {"files": files, "ignored": 412, "left_out": []}
    own = "/workbench/v1/sessions/sesn_flaky-tests"
    engine.answers = {
        f"{own}/hunks": review,
        f"{own}/files": {"data": [dict(zip(_FILE, one, strict=True)) for one in FILES]},
    }
    engine.contents = {
        "/workbench/v1/files/file_2/content": b"| test | runs | failed |\n|---|---|---|\n| cart | 200 | 3 |\n"
    }
    return engine


def found_by_agents() -> FakeEngine:
    """Changes that agents have reviewed."""
    claim = {
        "file": "billing/tax.py",
        "line": 6,
        "severity": "high",
        "title": "quantize without a rounding mode: cents are lost",
        "scenario": "net 0.125 at 100 %: the invoice says 0.12, the ledger 0.13",
        "verdict": "confirmed",
        "reason": "The default context rounds half to even.",
    }
    doubtful = claim | {"line": 18, "severity": "low", "title": "rate may be a float", "verdict": "unverified"}
    phases = [{"name": "find", "status": "done"}, {"name": "verify", "status": "done"}]
    run = {"phases": phases, "agents": 4, "done": 4, "result": {"type": "completed"}}
    engine = household()
    found = [claim, doubtful, claim | {"title": "old", "verdict": "refuted"}]
    review = {"session_id": "sesn_review", "run": run, "findings": found}
    engine.answers["/workbench/v1/sessions/sesn_flaky-tests/review"] = review
    return engine


def sixteen() -> FakeEngine:
    names = [f"sesn_task-{number:02}" for number in range(1, 17)]
    words = [said(f"m{number}", f"Reading module {number}, then **one** change.") for number in range(1, 17)]
    states = [state(name, status="running", created_at=ago(place)) for place, name in enumerate(names)]
    return FakeEngine(*states, events={name: [word] for name, word in zip(names, words, strict=True)})


@dataclass(frozen=True)
class Scene:
    """A place: the engine behind it, the steps to it, and what the app is opened with."""

    steps: tuple[Step, ...]
    engine: Callable[[], FakeEngine] = household
    view: str = '{"welcomed": true}'
    opened_with: Mapping[str, Any] = field(default_factory=dict)
    then: Callable[[FakeEngine], None] = lambda engine: None
    """What happens when one is there."""
    dresses_anew: bool = False
    """Whether each look needs an app of its own, because a dialog keeps the look in which it was opened."""
    last: str = ""
    """What it leads to on the screen."""

    def app(self, folder: Path, choices: Preferences, kind: type[WorkbenchApp] = WorkbenchApp) -> WorkbenchApp:
        (folder / "view.json").write_text(self.view, encoding="utf-8")
        return app_over(self.engine(), folder, choices, kind=kind, **self.opened_with)

    async def play(self, pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, WorkbenchApp)
        for keys, there in self.steps:
            await pilot.press(*keys)
            await shows(pilot, there)
        if isinstance(app.screen, SessionScreen) and not app.screen.view.prompt.text:
            await until(pilot, lambda: app.screen.view.card.has_focus or not app.screen.view.card.display)  # type: ignore[attr-defined]
        engine = app.store.engine
        assert isinstance(engine, FakeEngine)
        self.then(engine)
        await shows(pilot, self.last)
        await pilot.pause()


class FirstRun(Scene):
    """Nobody was here before, and the machine lacks something."""

    def app(self, folder: Path, choices: Preferences, kind: type[WorkbenchApp] = WorkbenchApp) -> WorkbenchApp:
        machine = Machine(ensure=lambda say: None, begin=lambda task: "", checks=lambda: CHECKS)
        store = Store(FakeEngine(), Drafts(folder / "drafts"), ViewFile(folder / "view.json"), machine, lambda: NOW)
        return kind(store, choices, animated=False, welcomes=True)


class CommentedReview(Scene):
    """Somebody has begun to review."""

    def app(self, folder: Path, choices: Preferences, kind: type[WorkbenchApp] = WorkbenchApp) -> WorkbenchApp:
        app = super().app(folder, choices, kind)
        app.store.drafts.comment("sesn_flaky-tests", comments.read([COMMENT]))
        view_file = app.store.view_file
        view_file.put(replace(view_file.view, viewed=(("sesn_flaky-tests", "logo.png", "digest of logo.png"),)))
        return app


def _asks(engine: FakeEngine) -> None:
    engine.happen("sesn_flaky-tests", call("c9", "rm -rf build && make"))
    engine.tell(blocked("sesn_flaky-tests", "c9", last_event_at=ago(20)))


_THERE = "psql"
_PANES = '{"welcomed": true, "panes": [%s], "layout": "%d"}'


def _panes(*names: str, columns: int) -> str:
    return _PANES % (", ".join(f'"sesn_{name}"' for name in names), columns)


SCENES: dict[str, Scene] = {
    "board": Scene((((), _THERE),)),
    "board_in_folder": Scene((((), _THERE),), view='{"welcomed": true, "folder": "/home/anna/billing"}'),
    "board_empty": Scene((((), "Type a task"),), engine=FakeEngine),
    "board_filtered": Scene((((), _THERE), (("tab", "slash", *"p:web"), "dark-mode"))),
    "peek": Scene((((), _THERE), (("tab", "space"), "asked because"))),
    "session": Scene((((), _THERE), (("enter",), "asked because"))),
    "session_working": Scene((((), _THERE), (("down", "enter"), "Cart.flush"), (("x", "tab"), "after this turn"))),
    "session_asks_over_a_draft": Scene(
        (((), "to flaky-tests"), (("t", "r", "y"), "try")),
        opened_with={"session_id": "sesn_flaky-tests"},
        then=_asks,
        last="make",
    ),
    "agents_board": Scene((((), "rm -rf build · 1 of 3"),), engine=team),
    "agents_tree": Scene((((), "rm -rf build · 1 of 3"), (("enter",), "wants to use bash"), ((), "1.12")), engine=team),
    "agents_thread": Scene(
        (
            ((), "rm -rf build · 1 of 3"),
            (("enter",), "wants to use bash"),
            (("right",), "There is an old"),
            ((), "0.31"),
        ),
        engine=team,
    ),
    "agents_run": Scene(
        (((), "rm -rf build · 1 of 3"), (("down", "enter"), "Look at every"), (("alt+q",), "2 failed")), engine=team
    ),
    "details": Scene(
        (((), _THERE), (("down", "enter"), "Cart.flush"), (("alt+e",), "agent said"), (("up", "enter"), '"r_c3"'))
    ),
    "files": Scene(
        (
            ((), _THERE),
            (("down", "enter"), "Cart.flush"),
            (("alt+k",), "timings.png"),
            (("down", "enter"), "| cart"),
        )
    ),
    "cost": Scene(
        (((), _THERE), (("down", "enter"), "Cart.flush"), (("alt+c",), "tokens in")),
        engine=lambda: household(CostlyEngine),
    ),
    "review": CommentedReview((((), _THERE), (("down", "enter"), "Cart.flush"), (("alt+d",), "Decimal"))),
    "review_findings": Scene(
        (
            ((), _THERE),
            (("down", "enter"), "Cart.flush"),
            (("alt+d",), "Decimal"),
            (("i",), "cents are lost"),
        ),
        engine=found_by_agents,
    ),
    "panes_1": Scene((((), _THERE), (("f3",), "Cart.flush")), view=_panes("flaky-tests", columns=1)),
    "panes_4": Scene(
        (((), _THERE), (("f3",), "Cart.flush")),
        view=_panes("flaky-tests", "migrate-db", "tax-rounding", "docs", columns=2),
    ),
    "panes_16": Scene(
        (((), "task-16"), (("f3",), "module")),
        engine=sixteen,
        view=_panes(*(f"task-{number:02}" for number in range(1, 17)), columns=4),
    ),
    "inbox": Scene((((), _THERE), (("f4", "j", "j"), "tax.py"))),
    "memory_review": Scene(
        (((), "quarrel"), (("f6",), "dream of team notes"), (("enter", "down"), "just ship")), engine=DreamtEngine
    ),
    "sql": Scene(
        (
            ((), "one"),
            (("f7",), "Ctrl+J"),
            ((*"from tool_calls", "ctrl+j"), "2 rows, capped at 2"),
            (("tab", "right", "right", "space"), '"command": "make"'),
        ),
        engine=AskedEngine,
    ),
    "templates": Scene((((), "Type a task"), (("f5",), "careful")), engine=templates_engine),
    "runs": Scene((((), "nightly"), (("f10",), "machine slept"), (("down",), "must be a folder")), engine=automated),
    "system": Scene((((), _THERE), (("f8",), "up 2m"))),
    "help": Scene((((), _THERE), (("f1",), "here"))),
    "palette": Scene((((), _THERE), (("ctrl+p",), "an action"), ((*"mig",), "/home/anna/billing")), dresses_anew=True),
    "welcome": FirstRun((((), "demo"), ((), "subuid"))),
}
