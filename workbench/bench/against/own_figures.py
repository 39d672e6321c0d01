"""Rows that each build measures of itself, with its own `workbench bench`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator

from workbench.bench.against.builds import Build
from workbench.bench.against.ratios import Ratio, Sizes
from workbench.bench.figure import NotMeasured
from workbench.contracts.values import Json


def own_figures(
    row: int, part: str, goals: dict[str, float], wanted: dict[str, tuple[int, float]] | None = None
) -> Callable[[Build, Build, Sizes], Iterator[Ratio]]:
    """A row that each build measures of itself, by `workbench bench`; the figures of `goals` by their names.

    Those of `wanted` are of a row of their own, and this build's are told beside what is wanted of them.
    """

    def measured(this: Build, that: Build, sizes: Sizes) -> Iterator[Ratio]:
        told: dict[str, dict[str, list[Json]]] = {this.name: {}, that.name: {}}
        for _ in range(2 if sizes.runs > 1 else 1):
            for build in (that, this):
                for figure in _own(build, part):
                    told[build.name].setdefault(figure["name"], []).append(figure)
        for name, goal in goals.items():
            ours, theirs = told[this.name].get(name), told[that.name].get(name)
            if ours and theirs:
                unit, at_least = str(ours[0]["unit"]), bool(ours[0]["at_least"])
                yield Ratio(row, name, _values(ours), _values(theirs), unit, goal, at_least)
        for name, (of_row, value) in (wanted or {}).items():
            if ours := told[this.name].get(name):
                yield Ratio(
                    of_row, name, _values(ours), (value,), str(ours[0]["unit"]), 1, note="beside what is wanted"
                )

    return measured


def _own(build: Build, part: str) -> list[Json]:
    done = subprocess.run(build.command("bench", part, "--json"), capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotMeasured(f"workbench bench {part} of {build.name} build: {done.stderr.strip()[-300:]}")
    told: Json = json.loads(done.stdout)
    found: list[Json] = told["figures"]
    # What needs a program that is not installed here comes last; all else is there.
    if not found and (missing := told["not_measured"].get(part)):
        raise NotMeasured(f"{build.name} build: {missing}")
    return found


def _values(figures: list[Json]) -> tuple[float, ...]:
    return tuple(float(one["value"]) for one in figures)
