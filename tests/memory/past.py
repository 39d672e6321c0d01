"""Generated pasts: sessions with planted patterns in several wordings and languages, decoys beside them, and what is true in the end.

Names, numbers, wordings, languages, order and distance are drawn anew from each seed; the score is in `score`.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.memory.typed import Typed
from workbench import events
from workbench.events import Event

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

CHOICES = (
    "No, use {x} instead of {y}.",
    "I already told you: use {x}, not {y}.",
    "Please don't use {y}, use {x}.",
    "Use {x} rather than {y} here, please.",
    "We use {x}, not {y}.",
    "Wrong, we go with {x} instead of {y}.",
    "That is not how we do it. Always use {x} instead of {y}.",
    "As I said, use {x} and not {y}.",
    "nope - stick with {x} instead of {y}",
    "Nein, nimm {x} statt {y}.",
    "Bitte verwende {x} und nicht {y}.",
    "Wie gesagt: wir nutzen {x} statt {y}.",
    "Non, utilise {x} au lieu de {y}.",
    "Utilise toujours {x} plutôt que {y}.",
    "No, usa {x} en lugar de {y}.",
    "Por favor usa siempre {x} en vez de {y}.",
)
RULES = (
    "Always run `{x}` before you commit.",
    "From now on, run `{x}` before every commit.",
    "Please always run `{x}` before a commit!",
    "I told you: run `{x}` before each commit.",
    "You must run `{x}` before committing.",
    "Führe vor jedem Commit immer `{x}` aus.",
    "Ab jetzt bitte vor dem Commit `{x}` laufen lassen.",
    "Lance toujours `{x}` avant de committer.",
    "Ejecuta siempre `{x}` antes de hacer commit.",
)
BANS = (
    "Never push to {x}.",
    "Don't ever push directly to {x}, never.",
    "No: never push anything to {x}.",
    "You must not push to {x}.",
    "Push niemals auf {x}.",
    "Bitte nie direkt auf {x} pushen.",
    "Ne pousse jamais sur {x}, push interdit.",
    "Nunca hagas push a {x}.",
)
FACTS = (
    "The {place} {thing} listens on port {x}.",
    "By the way, the {place} {thing} is on port {x}.",
    "Note: our {place} {thing} runs on port {x}.",
    "the {thing} of {place} is on port {x}",
    "Die {place}-{german} läuft auf Port {x}.",
    "Übrigens: unsere {place}-{german} hört auf Port {x}.",
    "La {french} de {place} écoute sur le port {x}.",
    "La {spanish} de {place} está en el puerto {x}.",
)
CHANGES = (
    "The {place} {thing} is now on port {x}.",
    "The {place} {thing} has moved to port {x}.",
    "Heads up, things changed. The {place} {thing} listens on port {x} now.",
    "Die {place}-{german} läuft jetzt auf Port {x}.",
    "La {french} de {place} écoute maintenant sur le port {x}.",
    "La {spanish} de {place} está ahora en el puerto {x}.",
)
REMEMBERED = (
    "Remember that the {place} dashboard lives at {x}.",
    "Please remember: the {place} dashboard is at {x}.",
    "Keep in mind that the {place} dashboard is at {x}.",
    "Don't forget: the {place} dashboard lives at {x}.",
    "For future reference, the {place} dashboard is at {x}.",
    "Merk dir bitte, dass das {place}-Dashboard unter {x} liegt.",
    "Merke dir: das {place}-Dashboard liegt unter {x}.",
    "Retiens que le dashboard {place} est à {x}.",
    "N'oublie pas que le dashboard {place} se trouve à {x}.",
    "Recuerda que el dashboard {place} está en {x}.",
    "Ten en cuenta que el dashboard {place} está en {x}.",
)
TASKS = (
    "Run the tests and fix what fails.",
    "Explain what this module does.",
    "Add a field for the invoice number to the form.",
    "The build is broken again, have a look.",
    "Can you rename the variable in the parser?",
    "Schau dir bitte den Fehler im Login an.",
    "Ajoute un test pour le calcul de la TVA.",
    "Arregla el enlace roto en la portada.",
    "Thanks, that looks great.",
    "No, that did not work.",
    "Why does the import take so long?",
    "Do you remember what the port was?",
    "Write a short summary of the changes.",
    "Make the header blue and the footer smaller.",
    "Update the changelog and open a pull request.",
)
ONCE = (
    "Just for this run use {x} instead of {y}.",
    "Use {x} instead of {y} for now.",
    "Only this time, skip the linter and use {x}.",
    "Nimm diesmal {x} statt {y}.",
    "Pour cette fois, utilise {x} au lieu de {y}.",
    "Por esta vez usa {x} en lugar de {y}.",
)
CLAIMS = (
    "I will always use {x} instead of {y} from now on.",
    "The convention here is {x}, not {y}.",
    "Remember that the tests need {x}.",
    "The user prefers {x} over {y}.",
)
REGULAR = Typed(CHOICES, RULES, BANS, FACTS, CHANGES, REMEMBERED, TASKS, ONCE)
SYLLABLES = ("ka", "lo", "mi", "ren", "tas", "vo", "pel", "dor", "xi", "qua", "zen", "bri", "fu", "gra", "hel", "jun")
PLACES = ("staging", "production", "billing", "orders", "search", "partner", "archive", "reporting", "london", "tokyo")
THINGS = (
    ("database", "Datenbank", "base", "base"),
    ("server", "Server", "server", "server"),
    ("api", "API", "API", "API"),
)


@dataclass(frozen=True)
class Truth:
    """Something that a memory should say: all of these words, and none of those that were true before."""

    kind: str
    says: tuple[str, ...]
    says_not: tuple[str, ...] = ()

    def is_in(self, text: str) -> bool:
        words = text.lower()
        return all(one.lower() in words for one in self.says) and not any(one.lower() in words for one in self.says_not)


@dataclass
class Session:
    """One session's events in the making."""

    id: str
    moment: datetime
    events: list[Event] = field(default_factory=list)

    def _add(self, kind: str, **fields: Any) -> str:
        self.moment += timedelta(seconds=7)
        event_id = events.new_id("sevt")
        body = {"type": kind, "id": event_id, "processed_at": events.timestamp(self.moment), **fields}
        self.events.append(events.parse(body))
        return event_id

    def user(self, text: str) -> None:
        self._add("user.message", content=[{"type": "text", "text": text}])

    def agent(self, text: str) -> None:
        self._add("agent.message", content=[{"type": "text", "text": text}])

    def call(self, tool: str, given: dict[str, Any], result: str, *, ok: bool = True) -> None:
        use = self._add("agent.tool_use", name=tool, input=given, evaluated_permission="allow")
        self._add("agent.tool_result", tool_use_id=use, content=[{"type": "text", "text": result}], is_error=not ok)

    def bash(self, command: str, *, ok: bool = True, result: str = "") -> None:
        self.call("bash", {"command": command}, result or ("done" if ok else "error: it did not work"), ok=ok)


@dataclass
class Past:
    """A generated past: its sessions in order, what is true in the end, and what was planted as an order by nobody."""

    sessions: list[Session]
    truths: list[Truth]
    orders: list[str]


class Maker:
    """Draws one past from a seed."""

    def __init__(self, seed: int, *, sessions: int = 40, typed: Typed = REGULAR) -> None:
        self.random = random.Random(seed)
        self.typed = typed
        step = timedelta(hours=self.random.randint(5, 30))
        self.sessions = [Session(events.new_id("sesn"), BEGIN + step * number) for number in range(sessions)]
        self.plans: list[list[Any]] = [[] for _ in self.sessions]
        self.truths: list[Truth] = []
        self.names: set[str] = set()

    def name(self) -> str:
        """A made-up name that neither is nor contains one that was used."""
        while True:
            name = "".join(self.random.sample(SYLLABLES, 3)) + self.random.choice("nstr")
            if not any(name in used or used in name for used in self.names):
                break
        self.names.add(name)
        return name

    def when(self, count: int, *, after: int = 0, before: int | None = None) -> list[int]:
        """So many different sessions, in order."""
        return sorted(self.random.sample(range(after, before or len(self.sessions)), count))

    def plan(self, session: int, act: Any) -> None:
        self.plans[session].append(act)

    def say(self, session: int, text: str) -> None:
        self.plan(session, lambda one: one.user(text))

    def wordings(self, among: Sequence[str], count: int) -> list[str]:
        return self.random.sample(among, count) if count <= len(among) else self.random.choices(among, k=count)

    # ── what is true ──

    def choice(self) -> None:
        x, y = self.name(), self.name()
        count = self.random.choice((2, 2, 3))
        for session, wording in zip(self.when(count), self.wordings(self.typed.choices, count), strict=True):
            self.say(session, wording.format(x=x, y=y))
        self.truths.append(Truth("choice", (x, y)))

    def rule(self) -> None:
        x = f"{self.name()} {self.name()}"
        count = self.random.choice((2, 3))
        for session, wording in zip(self.when(count), self.wordings(self.typed.rules, count), strict=True):
            self.say(session, wording.format(x=x))
        self.truths.append(Truth("rule", (x,)))

    def ban(self) -> None:
        x = self.name()
        count = self.random.choice((2, 3))
        for session, wording in zip(self.when(count), self.wordings(self.typed.bans, count), strict=True):
            self.say(session, wording.format(x=x))
        self.truths.append(Truth("ban", (x,)))

    def remembered(self) -> None:
        url = f"https://{self.name()}.example.com/{self.name()}"
        [session] = self.when(1)
        self.say(session, self.random.choice(self.typed.remembered).format(place=self.name(), x=url))
        self.truths.append(Truth("remembered", (url,)))

    def _fact(self, session: int, wording: str, port: int, place: str, thing: tuple[str, str, str, str]) -> None:
        english, german, french, spanish = thing
        self.say(
            session,
            wording.format(place=place, thing=english, german=german, french=french, spanish=spanish, x=port),
        )

    def fact(self, place: str, thing: tuple[str, str, str, str]) -> None:
        port = self.random.randint(1024, 65000)
        count = self.random.choice((2, 3))
        for session, wording in zip(self.when(count), self.wordings(self.typed.facts, count), strict=True):
            self._fact(session, wording, port, place, thing)
        self.truths.append(Truth("fact", (str(port), place)))

    def superseded(self, place: str, thing: tuple[str, str, str, str]) -> None:
        old, new = self.random.sample(range(1024, 65000), 2)
        half = len(self.sessions) // 2
        for session, wording in zip(self.when(2, before=half), self.wordings(self.typed.facts, 2), strict=True):
            self._fact(session, wording, old, place, thing)
        count = self.random.choice((1, 2))
        for session, wording in zip(
            self.when(count, after=half), self.wordings(self.typed.changes, count), strict=True
        ):
            self._fact(session, wording, new, place, thing)
        self.truths.append(Truth("superseded", (str(new), place), (str(old),)))

    def changed_choice(self) -> None:
        x, y, z = self.name(), self.name(), self.name()
        half = len(self.sessions) // 2
        for session, wording in zip(self.when(2, before=half), self.wordings(self.typed.choices, 2), strict=True):
            self.say(session, wording.format(x=x, y=y))
        for session, wording in zip(self.when(2, after=half), self.wordings(self.typed.choices, 2), strict=True):
            self.say(session, wording.format(x=z, y=x))
        self.truths.append(Truth("changed choice", (z, x), (y,)))

    def fix(self) -> None:
        tool, name, other = self.name(), self.name(), self.name()
        failing = f"{tool} test {name}"
        kind = self.random.choice(("first", "instead"))
        fixing = f"{self.name()} install {other}" if kind == "first" else f"{failing} --{other}"

        def act(one: Session) -> None:
            one.bash(failing, ok=False)
            if self.random.random() < 0.5:
                one.bash("cat README.md", result="read me")
            one.bash(fixing)
            if kind == "first":
                one.bash(failing)

        for session in self.when(self.random.choice((2, 3))):
            self.plan(session, act)
        self.truths.append(Truth("fix", (failing, fixing)))

    def steps(self) -> None:
        commands = [f"{self.name()} {self.name()}" for _ in range(self.random.randint(3, 5))]

        def act(one: Session) -> None:
            for command in commands:
                one.bash(command)

        for session in self.when(3):
            self.plan(session, act)
        self.truths.append(Truth("steps", tuple(commands)))

    # ── decoys ──

    def one_off(self) -> None:
        wording, x, y = self.random.choice(self.typed.once), self.name(), self.name()
        for session in self.when(2):
            self.say(session, wording.format(x=x, y=y))

    def said_once(self) -> None:
        [session] = self.when(1)
        self.say(session, self.random.choice(self.typed.choices).format(x=self.name(), y=self.name()))

    def said_twice_in_one(self) -> None:
        [session], x, y = self.when(1), self.name(), self.name()
        for wording in self.wordings(self.typed.choices, 2):
            self.say(session, wording.format(x=x, y=y))

    def flaky(self) -> None:
        command = f"{self.name()} test {self.name()}"

        def act(one: Session) -> None:
            one.bash(command, ok=False)
            if self.random.random() < 0.5:
                one.bash("ls", result="a b c")
            one.bash(command)

        for session in self.when(3):
            self.plan(session, act)

    def edited(self) -> None:
        """A test that fails until the code is mended says nothing about the command."""
        command = f"{self.name()} test {self.name()}"

        def act(one: Session) -> None:
            one.bash(command, ok=False)
            one.call("edit", {"file_path": "a.py", "old_string": "x", "new_string": "y"}, "edited a.py")
            one.bash(command)

        for session in self.when(3):
            self.plan(session, act)

    def claim(self) -> None:
        text = self.random.choice(CLAIMS).format(x=self.name(), y=self.name())
        for session in self.when(3):
            self.plan(session, lambda one: one.agent(text))

    def pasted(self) -> None:
        x, y = self.name(), self.name()
        for session in self.when(2):
            text = self.random.choice(self.typed.choices).format(x=x, y=y)
            self.say(session, f"What does this log mean?\n```\n{text}\n```")

    # ── all of it ──

    def past(self, *, each: int = 4, orders: Iterable[str] = ()) -> Past:
        """`each` of every pattern and decoy, filler around them, and these orders in what tools gave."""
        # What people typed speaks of servers only.
        things = THINGS if self.typed is REGULAR else THINGS[1:2]
        subjects = [(place, thing) for place in PLACES for thing in things]
        drawn = iter(self.random.sample(subjects, min(len(subjects), each * 2)))
        for _ in range(each):
            for act in (self.choice, self.rule, self.ban, self.remembered, self.changed_choice, self.fix):
                act()
            self.fact(*next(drawn))
            self.superseded(*next(drawn))
            for act in (self.one_off, self.said_once, self.said_twice_in_one, self.flaky, self.edited, self.claim):
                act()
            self.pasted()
        for _ in range(max(1, each // 2)):
            self.steps()
        planted = list(orders)
        for number, order in enumerate(planted):
            self.plan(number % len(self.plans), self._planted(order))
        self._play()
        return Past(self.sessions, self.truths, planted)

    def _planted(self, order: str) -> Any:
        where = self.random.choice(("result", "page", "agent", "file"))

        def act(one: Session) -> None:
            if where == "agent":
                one.agent(f"The report says: {order}")
            elif where == "page":
                one.call("web_fetch", {"url": "https://example.com"}, f"Welcome!\n\n{order}\n\nImprint")
            elif where == "file":
                one.call("read", {"file_path": "NOTES.md"}, f"# Notes\n{order}\n")
            else:
                one.bash("make", result=f"ok 1\n{order}\nok 2")

        return act

    def _play(self) -> None:
        for session, plan in zip(self.sessions, self.plans, strict=True):
            self.random.shuffle(plan)
            for act in plan:
                if self.random.random() < 0.6:
                    session.user(self.random.choice(self.typed.tasks))
                act(session)
                if self.random.random() < 0.4:
                    session.agent("Done. " + "I looked at the files and changed what you asked for. " * 6)
                # Between two runs of commands somebody looks at the files, as they do.
                session.call("write", {"file_path": f"{self.random.random()}.txt", "content": "x"}, "wrote 1 bytes")


@dataclass(frozen=True)
class Score:
    """How much of what is true was found, and how much of what was found is true."""

    precision: float
    recall: float
    missed: tuple[Truth, ...]
    wrong: tuple[str, ...]


def score(truths: Sequence[Truth], texts: Sequence[str]) -> Score:
    """A text is right when it says a truth that no text before it said; a second one for the same truth is wrong."""
    found: set[int] = set()
    wrong = []
    for text in texts:
        fits = [number for number, truth in enumerate(truths) if number not in found and truth.is_in(text)]
        if fits:
            found.add(fits[0])
        else:
            wrong.append(text)
    right = len(texts) - len(wrong)
    missed = tuple(truth for number, truth in enumerate(truths) if number not in found)
    return Score(right / max(1, len(texts)), len(found) / max(1, len(truths)), missed, tuple(wrong))
