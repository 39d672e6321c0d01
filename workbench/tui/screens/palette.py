"""The palette: everything that can be done here now, every screen and every session, found by typing a part of its name."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import cast

from rich.text import Text
from textual import work
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Matcher, Provider
from textual.css.query import NoMatches
from textual.markup import escape
from textual.screen import Screen
from textual.widgets import Input

from workbench.tui.app_protocol import AppProtocol
from workbench.tui.config.keys import UNBOUND
from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.rows import in_order
from workbench.tui.widgets.hints import key_name


@dataclass(frozen=True)
class _Choice:
    named: str
    explained: str
    action: str = ""
    session_id: str = ""


class Everything(Provider):
    """What the palette finds."""

    def _preferences(self) -> Iterable[_Choice]:
        said: set[str] = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.id and binding.id not in said:
                said.add(binding.id)
                key = "" if binding.key == UNBOUND else key_name(binding.key)
                yield _Choice(f"{binding.description} ({binding.id})", key, action=binding.id)
        if isinstance(self.screen, BaseScreen):
            for row in in_order(self.screen.store.rows):
                yield _Choice(row.name, f"{row.mark.word} · {row.agent} · {row.project}", session_id=row.session_id)

    async def discover(self) -> Hits:
        for choice in self._preferences():
            yield DiscoveryHit(Text(choice.named), partial(self._take, choice), choice.named, escape(choice.explained))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for choice in self._preferences():
            score = matcher.match(f"{choice.named} {choice.explained}")
            if score > 0:
                shown, explained = _marked(choice.named, matcher), escape(choice.explained)
                yield Hit(score, shown, partial(self._take, choice), choice.named, explained)

    async def _take(self, choice: _Choice) -> None:
        if choice.session_id:
            cast("AppProtocol", self.app).open_session(choice.session_id)
            return
        await run_by_id(self.screen, choice.action)


def _marked(name: str, matcher: Matcher) -> Text:
    """A name with the letters that were typed marked; as text, because Textual reads a name as markup."""
    text = Text(name)
    _, offsets = matcher.fuzzy_search.match(matcher.query, name)
    for offset in offsets:
        text.stylize("bold underline", offset, offset + 1)
    return text


async def run_by_id(screen: Screen[object], action_id: str) -> None:
    """Do what the key of this action would do."""
    for active in screen.active_bindings.values():
        if active.binding.id == action_id:
            await screen.app.run_action(active.binding.action, active.node)
            return


class Palette(CommandPalette):
    """With a cursor that stands still: a blinking one writes two kilobytes a second."""

    def on_mount(self) -> None:
        # None, where it was left before it was there.
        for field in self.query(Input):
            field.cursor_blink = False

    def _action_command_list(self, action: str) -> None:
        # Until what was found is laid out, Textual knows no line of it to page from.
        with contextlib.suppress(LookupError):
            super()._action_command_list(action)

    @work(exclusive=True, group=CommandPalette._GATHER_COMMANDS_GROUP)
    async def _gather_commands(self, search_value: str) -> None:
        # It may have been left before it was there, or while it looks: then there is no list to fill.
        with contextlib.suppress(NoMatches):
            await CommandPalette._gather_commands.__wrapped__(self, search_value)  # type: ignore[attr-defined]


def choose(what: str, choices: Mapping[str, str], then: Callable[[str], None]) -> Palette:
    """A list of choices, each with what it means, found by typing a part of it; `then` has the name that was taken."""

    class Choices(Provider):
        async def discover(self) -> Hits:
            for name, said in choices.items():
                yield DiscoveryHit(Text(name), partial(then, name), name, escape(said))

        async def search(self, query: str) -> Hits:
            matcher = self.matcher(query)
            for name, said in choices.items():
                if (score := matcher.match(f"{name} {said}")) > 0:
                    yield Hit(score, _marked(name, matcher), partial(then, name), name, escape(said))

    return Palette(providers=[Choices], placeholder=what)


def palette() -> Palette:
    return Palette(providers=[Everything], placeholder="an action, a screen or a session")
