"""Two builds side by side: the ratio of their medians judges, a curve has its exponent, and what cannot be measured is said."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from workbench import start
from workbench.bench.against import builds
from workbench.bench.against.own_figures import own_figures
from workbench.bench.against.ratios import LEAST, Ratio, by_turns
from workbench.bench.against.rows import ROWS
from workbench.bench.figure import NotMeasured, within
from workbench.bench.model import model_apart
from workbench.bench.scale import Curve
from workbench.commands import bench


def test_a_ratio_is_of_the_medians_and_may_be_wanted_small_or_great() -> None:
    less = Ratio(1, "fork", (1.0, 2.0, 90.0), (10.0, 11.0, 12.0), "ms", 0.2)
    assert (round(less.ratio, 3), less.reached) == (0.182, True)
    more = Ratio(8, "events", (30.0,), (20.0,), "/s", 1.8, at_least=True)
    assert (more.ratio, more.reached) == (1.5, False)
    assert less.cells()[:5] == ["✓", "1", "fork", "0.18×", "≤ 0.2×"]


def test_the_builds_are_asked_by_turns_and_none_is_always_first() -> None:
    asked: list[str] = []
    one, other = (builds.Served(builds.Build(name, Path(), Path()), Path(), {}) for name in ("this", "that"))

    def sample(served: builds.Served) -> float:
        asked.append(served.build.name)
        return float(len(asked))

    assert by_turns(sample, one, other, 2) == ((2.0, 3.0), (1.0, 4.0))
    assert asked == ["that", "this", "this", "that"]


@pytest.mark.parametrize(
    ("taken", "exponent"), [((5.0, 5.0, 5.0), 0.0), ((1.0, 10.0, 100.0), 1.0), ((1.0, 2.0, 4.0), 0.30)]
)
def test_the_exponent_says_how_cost_grows(taken: tuple[float, ...], exponent: float) -> None:
    curve = Curve("a page", (10, 100, 1000), taken)
    assert round(curve.exponent, 2) == exponent
    assert len(list(curve.plot())) == 3


def test_what_is_no_installed_checkout_and_what_is_no_row_is_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotMeasured, match="is no checkout of the workbench"):
        builds.build_at(tmp_path)
    (tmp_path / "workbench").mkdir()
    (tmp_path / "workbench" / "start.py").touch()
    with pytest.raises(NotMeasured, match="is not installed: "):
        builds.build_at(tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.chdir(tmp_path)
    that = builds.build_at(Path())
    assert (that.root, that.python) == (tmp_path, tmp_path / ".venv" / "bin" / "python")
    options = argparse.Namespace(part=["nothing"], against=str(tmp_path), json=False, smallest=True)
    assert bench.run(options) == 2
    assert "there is no 'nothing' to measure" in capsys.readouterr().err


@pytest.mark.parametrize(("calls", "named"), [(1, ["bash"]), (8, ["read"] * 8)])
def test_the_model_of_the_bench_calls_as_often_in_one_answer_as_it_is_told(calls: int, named: list[str]) -> None:
    request = {"model": "bench", "max_tokens": 1, "tools": [{}], "messages": [{"role": "user", "content": "go"}]}
    with (
        model_apart(calls=calls) as url,
        urllib.request.urlopen(f"{url}/v1/messages", json.dumps(request).encode()) as told,
    ):
        events = [json.loads(line[6:]) for line in told if line.startswith(b"data: ")]
    begun = [one["content_block"] for one in events if one["type"] == "content_block_start"]
    assert [one["name"] for one in begun] == named
    assert len({one["id"] for one in begun}) == calls
    assert [one["index"] for one in events if one["type"] == "content_block_stop"] == list(range(calls))


def test_memory_and_processor_time_are_those_of_an_engine_and_its_vault() -> None:
    with builds.served(builds.this_build()) as one:
        engine, vault = one._processes()
        assert engine == one.engine_pid()
        assert vault in builds._children(engine)
        assert one.memory_mib() > builds._rss_kib(engine) / 1024 > 10
        one.settle()
        assert one.cpu_s() > 0


def test_figures_that_a_build_has_are_taken_also_where_the_last_are_missing(tmp_path: Path) -> None:
    told = {
        "figures": [{"name": "first paint", "value": 2.0, "unit": "s", "at_least": False}],
        "not_measured": {"tui": "no rival"},
    }
    for name in ("this", "that"):
        (tmp_path / name / "workbench").mkdir(parents=True)
        (tmp_path / name / "workbench" / "start.py").write_text(f"print({json.dumps(told)!r})")
    this, that = (builds.Build(name, tmp_path / name, Path(sys.executable)) for name in ("this", "that"))
    found = list(own_figures(12, "tui", {"first paint": 0.65, "idle": 0.3})(this, that, LEAST))
    assert [(one.row, one.what, one.this, one.that) for one in found] == [(12, "first paint", (2.0,), (2.0,))]
    told["figures"] = []
    for name in ("this", "that"):
        (tmp_path / name / "workbench" / "start.py").write_text(f"print({json.dumps(told)!r})")
    with pytest.raises(NotMeasured, match="no rival"):
        list(own_figures(12, "tui", {"first paint": 0.65})(this, that, LEAST))


def test_what_may_wait_for_ever_is_given_up() -> None:
    with pytest.raises(NotMeasured, match=r"a delta took more than 0\.05 s"), within(0.05, "a delta"):
        time.sleep(60)
    with pytest.raises(NotMeasured, match="the outer"), within(0.05, "the outer"), within(60, "the inner"):
        time.sleep(60)
    before = signal.getitimer(signal.ITIMER_REAL)[0]
    with within(0.5, "nothing"):
        pass
    assert (signal.getitimer(signal.ITIMER_REAL)[0] > 0) == (before > 0)


@pytest.mark.long
def test_a_long_session_of_two_engines_is_woken_and_asked_for_a_page() -> None:
    here = builds.this_build()
    that = builds.Build("that", start.ROOT, here.python)
    found = list(ROWS["long"](here, that, LEAST))
    assert [(one.row, len(one.this), len(one.that)) for one in found] == [
        *[(6, 1, 1), (7, 1, 1)] * 3,
        (6, 1, 1),
        (6, 1, 1),
        (7, 1, 1),
    ]
    assert all(value > 0 for one in found for value in (*one.this, *one.that))


def test_the_apps_of_two_builds_are_asked_for_letters_while_panes_stream_and_rows_change() -> None:
    here = builds.this_build()
    found = list(ROWS["tui"](here, builds.Build("that", start.ROOT, here.python), LEAST))
    assert [(one.row, one.what.partition(",")[0]) for one in found] == [
        (12, name) for name in ("first paint", "key to paint", "processor", "key to paint", "processor")
    ]
    # Of a processor a moment's rest takes less than the kernel counts.
    assert all(value > 0 for one in found[:-1] for value in (*one.this, *one.that))
