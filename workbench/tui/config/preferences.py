"""What a person chose for the app: `app.toml` in the configuration folder, read at the start; a bad line is said and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

PROFILES: Final = ("direct", "tmux", "vim", "claude")
COLOURS: Final = ("dark", "light", "blind", "contrast", "ansi", "none")
MARKS: Final = ("shapes", "ascii")
_WORDS: Final = {"profile": PROFILES, "colours": COLOURS, "marks": MARKS}
_SWITCHES: Final = ("mouse",)
_NOTICES: Final = ("blocked", "failed", "done")


@dataclass(frozen=True)
class Preferences:
    """How the app looks, which keys it has and what it tells; `wrong` says which lines of the file could not be used."""

    profile: str = "direct"
    colours: str = ""
    """Empty: dark, or what the terminal can show."""
    marks: str = ""
    mouse: bool = True
    notices: Mapping[str, bool] = field(default_factory=lambda: {"blocked": True, "failed": True, "done": True})
    keys: Mapping[str, str] = field(default_factory=dict)
    """An action's id → its keys, separated by commas; `none` takes them away."""
    wrong: tuple[str, ...] = ()


def begun(file: Path, choices: Preferences) -> str:
    """Write somebody's first choices; a file that is there already is its owner's, and left alone."""
    if file.exists():
        return f"{file} is there already; write profile = and colours = into it"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    colours = choices.colours or "dark"
    file.write_text(f'profile = "{choices.profile}"\ncolours = "{colours}"\n', encoding="utf-8")
    return f"kept in {file}"


def read(file: Path) -> Preferences:
    """The choices in a file; without one, those that nobody made."""
    if not file.exists():
        return Preferences()
    # Late: without a file, the app is painted without the parser.
    import tomllib

    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return Preferences(wrong=(f"{file}: {error}; nothing of it is used",))
    return _taken(Preferences(), file, content)


def _taken(choices: Preferences, file: Path, content: Mapping[str, Any]) -> Preferences:
    wrong: list[str] = []
    fitting: dict[str, Any] = {}
    for name, value in content.items():
        if name in _WORDS and value in _WORDS[name]:
            fitting[name] = value
        elif name in _WORDS:
            wrong.append(f"{file}: {name} is one of {', '.join(_WORDS[name])}, not {value!r}")
        elif name in _SWITCHES and isinstance(value, bool):
            fitting[name] = value
        elif name == "notices" and isinstance(value, dict):
            fitting[name] = {**choices.notices, **_switches(file, value, wrong)}
        elif name == "keys" and isinstance(value, dict):
            fitting[name] = _keys(file, value, wrong)
        else:
            known = ", ".join((*_WORDS, *_SWITCHES, "[notices]", "[keys]"))
            wrong.append(f"{file}: {name} = {value!r} cannot be used; known are {known}")
    return replace(choices, **fitting, wrong=tuple(wrong))


def _switches(file: Path, given: Mapping[str, Any], wrong: list[str]) -> dict[str, bool]:
    fitting = {name: value for name, value in given.items() if name in _NOTICES and isinstance(value, bool)}
    wrong += [
        f"{file}: [notices] takes {', '.join(_NOTICES)} = true or false, not {name} = {given[name]!r}"
        for name in given.keys() - fitting.keys()
    ]
    return fitting


def _keys(file: Path, given: Mapping[str, Any], wrong: list[str]) -> dict[str, str]:
    # An id has a dot in it, which TOML reads as a table unless it is quoted: both are meant the same.
    flat: dict[str, Any] = {}
    for name, value in given.items():
        inner = {f"{name}.{end}": keys for end, keys in value.items()} if isinstance(value, dict) else {name: value}
        flat |= inner
    fitting = {name: value for name, value in flat.items() if isinstance(value, str) and value.strip()}
    wrong += [
        f'{file}: [keys] {name} must be keys in quotes, as in "{name}" = "ctrl+x", or "none"'
        for name in flat.keys() - fitting.keys()
    ]
    return fitting
