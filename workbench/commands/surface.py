"""What all words share: the client, shortened ids, colours on a terminal only, JSON for machines, errors as one line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from workbench import settings
from workbench.replies import ApiError, EngineAway

if TYPE_CHECKING:
    import argparse

    from workbench.client import Client

FAILED = 1
REFUSED = 2
NO_ENGINE = 3
WAITING = 4
OVER_BUDGET = 5
INTERRUPTED = 130

Json = dict[str, Any]

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


class Wrong(Exception):
    """The command cannot do what was asked; the text says why and what to write instead."""


def guarded(act: Callable[[], int]) -> int:
    """Run a word; an expected failure is one line on standard error and its exit code."""
    try:
        return act()
    except (Wrong, ApiError, settings.SettingsError) as error:
        complain(str(error))
        return REFUSED
    except EngineAway as error:
        complain(str(error))
        return NO_ENGINE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has gone: nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def client() -> Client:
    """The engine's client; the engine is started where it does not run."""
    # Late: the terminal app speaks to the engine in its own way, and is painted without this one.
    from workbench.client import connect_or_start

    return connect_or_start(settings.load(), say)


def say(sentence: str) -> None:
    """Tell a person, beside the output."""
    print(paint(sentence, "dim", sys.stderr), file=sys.stderr, flush=True)


def complain(sentence: str) -> None:
    print(paint("workbench: ", "red", sys.stderr) + sentence, file=sys.stderr, flush=True)


def paint(text: str, colour: str, stream: Any = None) -> str:
    """Coloured where the stream is a terminal that wants it."""
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=None if isinstance(value, list) else 2))


def short(identifier: str) -> str:
    """The end of an id, which is enough to name it."""
    return identifier[-6:]


def pick(candidates: Iterable[Json], named: str, what: str) -> Json:
    """The one thing with this id, end or beginning of an id, or name.

    Raises:
        Wrong: none or several fit.
    """
    things = list(candidates)
    for fits in (_is_exactly, _is_part_of_id):
        found = [thing for thing in things if fits(thing, named)]
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(thing["id"] for thing in found[:5])
            raise Wrong(f"{named!r} fits several {what}s: {listed}; write more of the id")
    raise Wrong(f"there is no {what} {named!r}; workbench {'ps' if what == 'session' else what + 's list'} shows them")


def _is_exactly(thing: Json, named: str) -> bool:
    return named in (thing["id"], thing.get("name"))


def _is_part_of_id(thing: Json, named: str) -> bool:
    identifier: str = thing["id"]
    return len(named) >= 3 and (identifier.endswith(named) or identifier.startswith(named))


def session(engine: Client, named: str) -> Json:
    """The session meant by an id or a part of it, archived ones too."""
    if named.startswith("sesn_") and len(named) > 20:
        return engine.get(f"/v1/sessions/{named}")
    every = engine.pages("/v1/sessions", [("include_archived", "true"), ("limit", "1000")])
    return pick(every, named, "session")


def on_each(sessions: Sequence[Json], act: Callable[[str], Json], done: str, *, as_json: bool) -> int:
    """Do one thing to each session, and say so."""
    answers = []
    for one in sessions:
        answers.append(act(one["id"]))
        if not as_json:
            print(f"{done} {one['id']}")
    if as_json:
        print_json(answers)
    return 0


def table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> str:
    """Columns as wide as their widest cell."""
    widths = [max(len(str(row[index])) for row in [heads, *rows]) for index in range(len(heads))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    head = "  ".join(cell.ljust(width) for cell, width in zip(heads, widths, strict=True)).rstrip()
    return "\n".join([paint(head, "dim"), *lines])
