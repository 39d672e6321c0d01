"""What all words share: the client, shortened ids, errors as one line, and the one door through which text leaves for a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, TextIO

from workbench import settings
from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.commands.suggestions import nearest
from workbench.contracts.build import OTHER_BUILD, is_other
from workbench.text import signs

if TYPE_CHECKING:
    import argparse

    from workbench.client.sync import Client

FAILED = 1
REFUSED = 2
NO_ENGINE = 3
WAITING = 4
OVER_BUDGET = 5
INTERRUPTED = 130

Json = dict[str, Any]

SHIPPED_ENVIRONMENTS: Final = frozenset({"browser", "data", "node", "python", "sealed"})
_CODES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}

_COLOUR: Final = f"\x1b[{secrets.token_hex(8)}:"
"""Begins a colour on its way to the door: nobody else's text can hold it, so that only our own colours get through."""
_COLOURS: Final = re.compile(rf"({re.escape(_COLOUR)}\d+m)")


class Wrong(Exception):
    """The command cannot do what was asked; the text says why and what to write instead."""


def guarded(act: Callable[[], int]) -> int:
    """Run a word; an expected failure is one line on standard error and its exit code."""
    try:
        return act()
    except (Wrong, ApiError, settings.SettingsError) as error:
        complain(str(error))
        if isinstance(error, ApiError) and _is_other_engine():
            complain(OTHER_BUILD)
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
    except OSError as failed:
        # A file that a person named; anything else is a surprise.
        if failed.filename is None:
            raise
        complain(f"{os.fsdecode(failed.filename)}: {failed.strerror}")
        return REFUSED


def client() -> Client:
    """The engine's client; the engine is started where it does not run."""
    # Late: the terminal app speaks to the engine in its own way, and is painted without this one.
    from workbench.client.sync import connect_or_start

    return connect_or_start(settings.load(), say)


def _is_other_engine() -> bool:
    """Whether an engine of another build runs; asked only once something has failed."""
    # Late: as in `client`.
    from workbench.client.sync import connect

    with contextlib.suppress(ApiError, EngineAway, OSError, ValueError, settings.SettingsError):
        engine = connect(settings.load())
        return engine is not None and is_other(engine.get(paths.STATUS).get("build"))
    return False


# ── the door ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def out(text: str = "", *, end: str = "\n") -> None:
    """Text for a person: what would steer the terminal, or hide, is named."""
    _write(sys.stdout, visible(text) + end)


def data(text: str) -> None:
    """Text as it is for a pipe, in UTF-8 whatever the locale; on a terminal as for a person."""
    _write_whole(sys.stdout, text)


def errors(text: str) -> None:
    """What a program told as its errors: as it is for a pipe, as for a person on a terminal."""
    _write_whole(sys.stderr, text)


def can_rewrite() -> bool:
    """Whether a line that was written can be written again."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def rewrite(text: str, colour: str) -> None:
    """Write the last line of a terminal again, which has no end yet."""
    shown = _cell(text)[: max(1, shutil.get_terminal_size().columns - 1)]
    _write(sys.stdout, f"\r\x1b[K{visible(paint(shown, colour))}")


def say(sentence: str) -> None:
    """Tell a person, beside the output."""
    _write(sys.stderr, visible(paint(sentence, "dim", sys.stderr)) + "\n")


def complain(sentence: str) -> None:
    _write(sys.stderr, visible(paint("workbench: ", "red", sys.stderr) + sentence) + "\n")


def ask(question: str) -> str:
    """What a person types behind a question, without blanks around it."""
    out(question, end="")
    try:
        return input().strip()
    except EOFError:
        raise Wrong("nobody answered: the input has ended") from None


def visible(text: str) -> str:
    """The text as a terminal may have it, with the colours of `paint`."""
    parts = _COLOURS.split(text)
    return "".join(
        f"\x1b[{part[len(_COLOUR) :]}" if place % 2 else signs.shown(part) for place, part in enumerate(parts)
    )


def paint(text: str, colour: str, stream: Any = None) -> str:
    """Coloured where the stream is a terminal that wants it; for `out`, `say` and `table`, which alone understand it."""
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return text
    return f"{_COLOUR}{_CODES[colour]}m{text}{_COLOUR}0m"


def told_surprise(kind: type[BaseException], surprise: BaseException, trace: TracebackType | None) -> None:
    """The traceback of a surprise; its message may be anybody's words. Answers of another build's engine are none."""
    if _is_other_engine():
        complain(f"{OTHER_BUILD} ({kind.__name__}: {surprise})")
        return
    _write(sys.stderr, visible("".join(traceback.format_exception(kind, surprise, trace))))


def write(stream: IO[str] | None, text: str) -> None:
    """Text for a person, to this stream."""
    _write(stream or sys.stderr, visible(text))


def _write_whole(stream: TextIO, text: str) -> None:
    """As it is where no terminal reads it."""
    if stream.isatty():
        _write(stream, visible(text))
        return
    stream.flush()
    stream.buffer.write(text.encode("utf-8", "surrogateescape"))
    stream.buffer.flush()


def _write(stream: IO[str], text: str) -> None:
    """To a stream that may not take every sign: what its encoding has not is escaped."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text)
    stream.flush()


# ── JSON, ids, tables ─────────────────────────────────────────────────────────────────────────────────────────────────


def json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for machines")


def print_json(value: Any) -> None:
    _json(value, indent=None if isinstance(value, list) else 2)


def print_json_line(value: Any) -> None:
    """One of many values, each in a line."""
    _json(value, indent=None)


def _json(value: Any, indent: int | None) -> None:
    is_ascii = not (getattr(sys.stdout, "encoding", None) or "utf-8").lower().startswith("utf")
    _write(sys.stdout, signs.escaped_json(json.dumps(value, ensure_ascii=is_ascii, indent=indent)) + "\n")


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
    if what == "environment" and named in SHIPPED_ENVIRONMENTS:
        raise Wrong(f"the environment {named!r} comes along: workbench environments apply --shipped makes it")
    near = nearest(named, [one for thing in things for one in (thing["id"], thing.get("name") or "")])
    words = {"session": "ps", "thread": "threads", "deployment": "deploy list", "trigger": "trigger list"}
    where = words.get(what, what + "s list")
    raise Wrong(f"there is no {what} {named!r}{near or f'; workbench {where} shows them'}")


def _is_exactly(thing: Json, named: str) -> bool:
    return named in (thing["id"], thing.get("name"))


def _is_part_of_id(thing: Json, named: str) -> bool:
    identifier: str = thing["id"]
    return len(named) >= 3 and (identifier.endswith(named) or identifier.startswith(named))


def session(engine: Client, named: str) -> Json:
    """The session meant by an id or a part of it, archived ones too."""
    if named.startswith("sesn_") and len(named) > 20:
        return engine.get(paths.session(named))
    every = engine.pages(paths.SESSIONS, [("include_archived", "true"), ("limit", "1000")])
    return pick(every, named, "session")


def on_each(sessions: Sequence[Json], act: Callable[[str], Json], done: str, *, as_json: bool) -> int:
    """Do one thing to each session, and say so."""
    answers = []
    for one in sessions:
        answers.append(act(one["id"]))
        if not as_json:
            out(f"{done} {one['id']}")
    if as_json:
        print_json(answers)
    return 0


def table(rows: Sequence[Sequence[str]], heads: Sequence[str], *, fits: bool = False) -> str:
    """Columns as wide as their widest cell, for `out`; a cell is one line, whatever stands in it.

    One that `fits` is cut at the right of a terminal, where its rows would be broken; of cells without colours.
    """
    cells = [[_cell(cell) for cell in row] for row in [heads, *rows]]
    widths = [max(_width(row[index]) for row in cells) for index in range(len(heads))]
    head, *lines = (
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    if fits and sys.stdout.isatty():
        head, *lines = (_cut(row, shutil.get_terminal_size().columns) for row in (head, *lines))
    return "\n".join([paint(head, "dim"), *lines])


def _cut(row: str, width: int) -> str:
    return row if len(row) <= width else f"{row[: width - 1]}…"


def _cell(text: str) -> str:
    parts = _COLOURS.split(str(text))
    shown = (part if place % 2 else signs.shown(part) for place, part in enumerate(parts))
    return "".join(shown).replace("\n", " ").replace("\t", " ")


def _width(cell: str) -> int:
    return len(_COLOURS.sub("", cell))
